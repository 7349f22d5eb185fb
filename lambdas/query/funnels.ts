import type { FunnelDefinition } from '../../core/funnel.ts';
import type { FunnelAnswer, FunnelQuestion } from '../../core/funnel-answer.ts';
import { type CompiledFunnel, compileFunnel } from '../../core/funnel-definition.ts';
import { funnelKey } from '../../core/registry.ts';
import { type FunnelContext, funnelSelect, readFunnelAnswer } from '../../core/sql/funnels.ts';
import { statementText } from '../runtime/statements.ts';
import type { AskedQuestion } from './asked-question.ts';
import type { Cell } from './csv.ts';
import { findFunnel } from './find-funnel.ts';
import { InvalidParameterError, type Parameters } from './parameters.ts';
import { type QuestionScope, SCOPE_PARAMETERS } from './scope.ts';

/** Parameters of the funnels question. `definition` stands in the body only. */
export const FUNNEL_PARAMETERS = [...SCOPE_PARAMETERS, 'name', 'definition', 'times'] as const;

/** Name of a definition from the body that gives none. */
const UNNAMED = 'ad_hoc';

/** @throws InvalidParameterError, InvalidFunnelError */
export function askFunnel(parameters: Parameters, scope: QuestionScope): AskedQuestion {
  const { app, range, tz, filters, breakdown, includeBots } = scope;
  const { funnel, factsKey } = chosenFunnel(parameters, scope);
  const times = parameters.oneOf('times', ['true', 'false']) === 'true';
  const context: FunnelContext = {
    text: statementText,
    appId: app.id,
    dimensions: app.dimensions,
    funnel,
  };
  const question: FunnelQuestion = {
    range,
    timeZone: tz,
    breakdown,
    filters,
    includeBots,
    source: 'events',
    settledUntil: null,
    times,
  };
  // What is settled beyond the last window's end changes nothing, and would make another statement of the same question.
  const lastEnd = range.to + funnel.window_ms;
  return {
    question: 'funnels',
    scope,
    at: ({ settled_until, built_funnels }) => {
      const source =
        factsKey !== undefined && built_funnels[funnel.name] === factsKey ? 'facts' : 'events';
      const settledUntil = settled_until === null ? null : Math.min(settled_until, lastEnd);
      return {
        definition: {
          ...describe(funnel),
          source,
          filters,
          breakdown,
          breakdown_attribution: 'step 1',
          include_bots: includeBots,
          times,
        },
        statement: funnelSelect(context, { ...question, source, settledUntil }),
      };
    },
    read: (rows) => readFunnelAnswer(rows, context, question),
    table: (answer) => table(answer as FunnelAnswer, breakdown),
  };
}

/** @returns `factsKey`: what the registry must hold of the funnel, so that its facts answer. Until then, and for a definition of the body, events do. */
function chosenFunnel(
  parameters: Parameters,
  { app }: QuestionScope,
): { funnel: CompiledFunnel; factsKey?: string } {
  const name = parameters.text('name');
  const { definition } = parameters;
  if (name !== undefined && definition !== undefined) {
    throw new InvalidParameterError('name', 'name and definition are both given: one is allowed');
  }
  if (definition !== undefined) {
    const named =
      typeof definition === 'object' && definition !== null && !Array.isArray(definition)
        ? { name: UNNAMED, ...definition }
        : definition;
    return { funnel: compileFunnel(named as FunnelDefinition, 'definition') };
  }
  if (name === undefined) {
    const known = app.funnels.map((funnel) => funnel.name);
    throw new InvalidParameterError(
      'name',
      `name is missing: it names a funnel (${known.join(', ') || 'the app has none'}); a POST may hold a definition instead`,
    );
  }
  const found = findFunnel(app, name, 'name');
  return {
    funnel: compileFunnel(found, `funnel ${name}`),
    factsKey: funnelKey(found, app.dimensions),
  };
}

/** The definition without what only the statements need. */
function describe(funnel: CompiledFunnel): object {
  const { matches: _matches, components: _components, overlapping: _overlapping, ...rest } = funnel;
  return { ...rest, steps: funnel.steps.map(({ match: _match, ...step }) => step) };
}

const STEP_COLUMNS = [
  'step',
  'label',
  'people',
  'provisional',
  'share_of_first',
  'share_of_previous',
  'drop_off',
  'median_seconds_from_previous',
  'mean_seconds_from_previous',
  'median_seconds_from_start',
  'mean_seconds_from_start',
  'small_sample',
] as const;

function table({ groups }: FunnelAnswer, dimensions: readonly string[]) {
  const rows = groups.flatMap(({ values, steps }) =>
    steps.map((step): Cell[] => [
      ...dimensions.map((name) => values[name] ?? null),
      ...STEP_COLUMNS.map((column) => step[column]),
    ]),
  );
  return { header: [...dimensions, ...STEP_COLUMNS], rows };
}
