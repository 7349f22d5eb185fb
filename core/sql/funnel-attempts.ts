import { InvalidFunnelError } from '../funnel-definition.ts';
import { anyScope } from './funnel-any.ts';
import { bestScope, chainScope, hasShortcut, levelsScope } from './funnel-chain.ts';
import { algorithm, chainKeys, type FunnelContext, numbered } from './funnel-context.ts';
import { isExclusion, stepNumbers } from './funnel-steps.ts';
import { tiesScope } from './funnel-ties.ts';
import { type Sql, sqlIdentifier, sqlInteger } from './quote.ts';
import { render, type Scope } from './template.ts';

/** Which attempts a statement makes. */
export interface AttemptSpan {
  /** Attempts start in [from, to), epoch ms. */
  readonly from: number;
  readonly to: number;
  /**
   * `all` of them; each person's `best`, where it can be found without the others, else all; or only how deep it is (`levels`),
   * with the depth told instead of times: where `hasShortcut`. `counts`: how many people came to each step, where moreover one
   * chain a person runs and no window is open.
   */
  readonly wanted: 'all' | 'best' | 'levels' | 'counts';
  /** Epoch ms up to when the data is settled: starts whose window is still open then are wanted beside the best. */
  readonly settledUntil: number | null;
  /** Bots and people in one statement: then they are kept apart. */
  readonly includesBots: boolean;
}

const TEMPLATES = {
  chain: 'facts/funnel_attempts',
  best: 'facts/funnel_attempts_best',
  levels: 'facts/funnel_attempts_levels',
  counts: 'facts/funnel_attempts_levels',
  ties: 'facts/funnel_attempts_ties',
  any: 'facts/funnel_attempts_any',
} as const;

/**
 * SELECT of attempts from the rows of funnel_steps, given as a SELECT.
 * @throws InvalidFunnelError where the statement would be longer than Athena takes (262,144 bytes).
 */
export function attemptsSql(
  context: FunnelContext,
  steps: Sql,
  span: AttemptSpan,
  dimensions: readonly string[],
): Sql {
  const { funnel } = context;
  const shortcut = span.wanted !== 'all' && hasShortcut(funnel);
  const kind = shortcut ? span.wanted : algorithm(funnel);
  const shared: Scope = {
    steps,
    keys: chainKeys(funnel, span.includesBots),
    dimensions: dimensions.map((name) => ({ name: sqlIdentifier(name, dimensions) })),
    exclusions: funnel.exclusions.map((_, i) => ({
      is: isExclusion(i + 1),
      name: numbered('excluded_', i + 1, '_at'),
      time: numbered('excluded_', i + 1, '_at'),
    })),
    from: sqlInteger(span.from),
    to: sqlInteger(span.to),
    window_ms: sqlInteger(funnel.window_ms),
    reached: stepNumbers(funnel)
      .slice(1)
      .map((m) => ({ m: sqlInteger(m), name: numbered('reached_', m, '_at') })),
  };
  const settledUntil = span.settledUntil ?? Number.MAX_SAFE_INTEGER;
  const specific = {
    chain: () => chainScope(funnel, dimensions),
    best: () => bestScope(funnel, settledUntil),
    levels: () => levelsScope(funnel, { ...span, settledUntil }, false),
    counts: () => levelsScope(funnel, { ...span, settledUntil }, true),
    ties: () => tiesScope(funnel),
    any: () => anyScope(funnel),
  }[kind]();
  const statement = render(context.text(TEMPLATES[kind]), { ...shared, ...specific });
  if (Buffer.byteLength(statement) > MAX_STATEMENT_BYTES) {
    throw new InvalidFunnelError(
      `funnel ${funnel.name}: the statement would have ${Buffer.byteLength(statement)} bytes, allowed: ${MAX_STATEMENT_BYTES}; use fewer steps or filters, make steps disjoint or set shared_events`,
    );
  }
  return statement;
}

/** Athena takes 262,144 bytes; the question around it needs some. */
const MAX_STATEMENT_BYTES = 230_000;
