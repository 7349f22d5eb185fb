import type { EventTotal, TotalsAnswer } from '../../core/api.ts';
import type { App } from '../../core/config.ts';
import { compileFunnel } from '../../core/funnel-definition.ts';
import { readTotals, type TotalsQuestion, totalsSql } from '../../core/sql/totals.ts';
import { statementText } from '../runtime/statements.ts';
import type { AskedQuestion } from './asked-question.ts';
import type { Cell } from './csv.ts';
import { findFunnel } from './find-funnel.ts';
import { InvalidParameterError, type Parameters } from './parameters.ts';
import { type QuestionScope, SCOPE_PARAMETERS } from './scope.ts';

/** Parameters of the totals question. */
export const TOTALS_PARAMETERS = [...SCOPE_PARAMETERS, 'events', 'funnel', 'count'] as const;

/** @throws InvalidParameterError */
export function askTotals(parameters: Parameters, scope: QuestionScope): AskedQuestion {
  const { app, range, tz, filters, breakdown, includeBots } = scope;
  const count = parameters.oneOf('count', ['events', 'people']);
  const funnel = parameters.text('funnel');
  const named = parameters.list('events');
  if (funnel !== undefined && named.length > 0) {
    throw new InvalidParameterError('events', 'events and funnel are both given: one is allowed');
  }
  const events = funnel === undefined ? named : stepEvents(app, funnel);
  const question: TotalsQuestion = {
    app: app.id,
    range,
    tz,
    events,
    count,
    filters,
    breakdown,
    dimensions: app.dimensions,
    includeBots,
  };
  const definition = {
    events: events.length === 0 ? 'all' : events,
    ...(funnel === undefined ? {} : { funnel }),
    count,
    filters,
    breakdown,
    include_bots: includeBots,
  };
  return {
    question: 'totals',
    scope,
    at: () => ({ definition, statement: totalsSql(statementText('questions/totals'), question) }),
    read: (rows) => readTotals(rows, question),
    table: (answer) => table(answer as TotalsAnswer, breakdown),
  };
}

/** Names of the events of a funnel's steps, in order, each once. Their filters are no part of a total. */
function stepEvents(app: App, name: string): readonly string[] {
  const { steps } = compileFunnel(findFunnel(app, name, 'funnel'), `funnel ${name}`);
  const events = steps.flatMap((step) => step.events);
  const names = events.filter((event) => event !== null);
  if (names.length < events.length) {
    throw new InvalidParameterError(
      'funnel',
      `the funnel ${name} has a step for any event, totals need names: give them as events`,
    );
  }
  return [...new Set(names)];
}

function table({ groups }: TotalsAnswer, dimensions: readonly string[]) {
  const cells = ({ event, count, share, drop_off }: EventTotal): Cell[] => [
    event,
    count,
    share,
    drop_off,
  ];
  const header = [...dimensions, 'event', 'count', 'share', 'drop_off'];
  const rows = groups.flatMap(({ values, events }) =>
    events.map((total) => [...dimensions.map((name) => values[name] ?? null), ...cells(total)]),
  );
  return { header, rows };
}
