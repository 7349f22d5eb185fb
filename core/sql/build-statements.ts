import type { Config } from '../config.ts';
import { compileFunnel, InvalidFunnelError } from '../funnel-definition.ts';
import type { FunnelContext, StatementText } from './funnel-context.ts';
import {
  funnelAttemptsSelect,
  funnelMonthsSelect,
  funnelStepsSelect,
  hasMonths,
} from './funnels.ts';

/** Most bytes of a build's statement: Step Functions carries at most 256 KiB from state to state, Athena takes 256 KiB of text. */
export const MAX_BUILD_STATEMENT = 200_000;
/** Room for CREATE TABLE AS around the SELECT, with the names of buckets and tables. */
const AROUND_SELECT = 2_000;
/** A day that stands for all, the first of its month: all days' statements are of one length. */
const ANY_DAY = '2000-01-01';

/**
 * Funnels of the config whose facts could not be built, because a statement would be too long: no build would end well
 * with them, of other funnels neither.
 * @returns one line a problem: where, how long, what is allowed. Empty where all can be built.
 */
export function tooLongToBuild(config: Pick<Config, 'apps'>, text: StatementText): string[] {
  return config.apps.flatMap(({ id: appId, dimensions, funnels }, a) =>
    funnels.flatMap((definition, f) => {
      const path = `apps[${a}].funnels[${f}]`;
      const funnel = compileFunnel(definition, path);
      const problem = problemOf({ text, appId, dimensions, funnel });
      return problem === undefined ? [] : [`${path}: ${problem}`];
    }),
  );
}

function problemOf(context: FunnelContext): string | undefined {
  try {
    const statements = [
      funnelStepsSelect(context, ANY_DAY),
      funnelAttemptsSelect(context, ANY_DAY),
      ...(hasMonths(context.funnel) ? [funnelMonthsSelect(context, ANY_DAY)] : []),
    ];
    const longest = Math.max(...statements.map((statement) => Buffer.byteLength(statement)));
    const allowed = MAX_BUILD_STATEMENT - AROUND_SELECT;
    if (longest <= allowed) return undefined;
    return `a statement that builds its facts would have ${longest} bytes, allowed: ${allowed}; use fewer steps or filters, make steps disjoint or set shared_events`;
  } catch (error) {
    if (error instanceof InvalidFunnelError) return error.message;
    throw error;
  }
}
