import { STEPS } from './config.ts';

/** One group's counts: visits of each step whatever came before, and people who came that far in order. */
interface GroupCounts {
  readonly month: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly visits: readonly number[];
  readonly inOrder: readonly number[];
}
type Row = Readonly<Record<string, unknown>>;

const MINUTE_MS = 60_000;

/** Calls of a made population that has the published counts of the ecommerce data set, all of a month on its tenth day. */
export function* ecommerceCalls(results: Row): Generator<object> {
  for (const row of results.by_device_sex_month as Row[]) {
    const counts = Object.values(row.counts as Record<string, number>);
    const properties = { device: row.device as string, sex: row.sex as string };
    const month = Number((row.month as string).slice(5));
    yield* groupCalls('ecommerce', { month, properties, visits: counts, inOrder: counts });
  }
}

/**
 * Calls of a made population that has the published counts of the six-step data set in both readings: some people visit a
 * step without having visited all before it.
 */
export function* systemDesignCalls(results: Row): Generator<object> {
  const visits = (results.visits_per_step_independent as Row).by_month_sex_channel as Row[];
  const inOrder = (results.closed_sequential_funnel as Row).by_month_sex_channel as Row[];
  for (const [i, row] of visits.entries()) {
    yield* groupCalls('system_design', {
      month: row.month as number,
      properties: { sex: row.sex as string, channel: row.channel as string },
      visits: stepCounts(row),
      inOrder: stepCounts(inOrder[i]!),
    });
  }
}

/**
 * Person i of a group visits step k where i is below the step's in-order count. The visits beyond it are made by the people
 * right after the in-order count of the step before: they lack that step, so they never come further in order.
 */
function* groupCalls(dataSet: keyof typeof STEPS, group: GroupCounts): Generator<object> {
  const { month, properties, visits, inOrder } = group;
  const noon = Date.UTC(2015, month - 1, 10, 12);
  const name = [dataSet, month, ...Object.values(properties)].join('-');
  for (const [k, event] of STEPS[dataSet].entries()) {
    const extra = visits[k]! - inOrder[k]!;
    const from = k === 0 ? 0 : inOrder[k - 1]!;
    if (from + extra > visits[0]!)
      throw new Error(`group ${name} has too few people for step ${k + 1}`);
    for (const [start, count] of [
      [0, inOrder[k]!],
      [from, extra],
    ] as const) {
      for (let i = start; i < start + count; i += 1) {
        const timestamp = new Date(noon + k * MINUTE_MS + (i % 1000)).toISOString();
        const userId = `${name}-${i}`;
        yield { type: 'track', event, userId, timestamp, messageId: `${userId}-${k}`, properties };
      }
    }
  }
}

function stepCounts(row: Row): number[] {
  return Object.keys(row)
    .filter((key) => /^step\d$/.test(key))
    .sort()
    .map((key) => row[key] as number);
}
