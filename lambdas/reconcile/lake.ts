import { hourOf } from '../../core/arrival-hours.ts';
import type { HourCounts } from '../../core/reconciliation.ts';
import type { Sql } from '../../core/sql/quote.ts';
import {
  type AppToCount,
  dayOfHour,
  daysBefore,
  type HoursToCount,
  reconciledEventsSql,
  reconciledLettersSql,
} from '../../core/sql/reconciliation.ts';
import type { StatementResult } from '../runtime/athena.ts';
import { statementText } from '../runtime/statements.ts';

/** What the lake holds of an app's hour. */
export type LakeCounts = Pick<
  HourCounts,
  'stored' | 'duplicate' | 'unbuilt' | 'delivered_twice' | 'refused' | 'undelivered' | 'redriven'
>;

/** The lake holds nothing of it. */
export const NO_LAKE_COUNTS: LakeCounts = {
  stored: 0,
  duplicate: 0,
  unbuilt: 0,
  delivered_twice: 0,
  refused: 0,
  undelivered: 0,
  redriven: 0,
};

/** Counts by `keyOf` app and hour. */
export type LakeHours = ReadonlyMap<string, LakeCounts>;

/** Key of an app's hour among the counts. */
export function keyOf(app: string, hour: string): string {
  return `${app} ${hour}`;
}

type Run = (statement: Sql) => Promise<StatementResult>;

/**
 * Counts what the tables hold of some hours of receipt.
 * @param isSettled whether an hour's events must all be in `events`: where one is not found, it is looked for on the days of the
 * dedup window too, as a repeat's first may have happened on another day.
 */
export async function countLake(
  counted: HoursToCount,
  dedupWindowDays: number,
  isSettled: (app: string, hour: string) => boolean,
  run: Run,
): Promise<LakeHours> {
  const letters = rowsByHour(
    await run(reconciledLettersSql(statementText('reconciliation/dead_letters'), counted)),
  );
  const events = async (lookBackDays: number) => {
    const apps = counted.apps.map((app) => withDays(app, counted.hours, lookBackDays));
    const statement = statementText('reconciliation/events');
    return rowsByHour(await run(reconciledEventsSql(statement, { ...counted, apps })));
  };
  let found = await events(1);
  const isOpenQuestion = [...found].some(
    ([key, { unbuilt = 0 }]) => unbuilt > 0 && isSettled(...(key.split(' ') as [string, string])),
  );
  if (isOpenQuestion && dedupWindowDays > 1) found = await events(dedupWindowDays);
  const keys = new Set([...letters.keys(), ...found.keys()]);
  return new Map(
    [...keys].map((key) => [key, { ...NO_LAKE_COUNTS, ...letters.get(key), ...found.get(key) }]),
  );
}

/** Events without a time of their own happened when they were received: those days are always among them. */
function withDays(app: AppToCount, hours: readonly string[], lookBackDays: number): AppToCount {
  const days = [...app.eventDates, ...hours.map(dayOfHour)];
  return { ...app, eventDates: daysBefore(days, lookBackDays) };
}

function rowsByHour({ rows }: StatementResult): Map<string, Record<string, number>> {
  return new Map(
    rows.map(({ app_id, hour_start, ...counts }) => [
      keyOf(String(app_id), hourOf(Number(hour_start))),
      Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, Number(value)])),
    ]),
  );
}
