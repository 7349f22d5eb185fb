import type { Range, TimeBucket } from '../api.ts';
import { dateInZone, isoInZone, offsetSpans, startOfDate } from '../time-range.ts';
import { type Sql, sql, sqlInteger, sqlJoin } from './quote.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** 1970-01-01 was a Thursday: weeks start on Monday, three days before. */
const MONDAY_SHIFT_MS = 3 * DAY_MS;

/**
 * SQL of the stretch of time, in a zone, that an instant (epoch ms) of the range lies in: a bigint that `bucketLabel`
 * reads. The zone's offsets come in as numbers, so that engines with other time zone tables give the same answer.
 */
export function bucketExpression(bucket: TimeBucket, instant: Sql, range: Range, tz: string): Sql {
  const spans = offsetSpans(tz, range);
  const local = sql`(${instant} + ${cases(
    instant,
    spans.map(({ until, offsetMs }) => ({ until, value: offsetMs })),
  )})`;
  switch (bucket) {
    case 'hour':
      // In UTC: where the clock goes back, two hours of one day have the same name.
      return sql`(${instant} - mod(${local}, ${sqlInteger(HOUR_MS)}))`;
    case 'day':
      return sql`(${local} - mod(${local}, ${sqlInteger(DAY_MS)}))`;
    case 'week':
      return sql`(${local} - mod(${local} + ${sqlInteger(MONDAY_SHIFT_MS)}, ${sqlInteger(WEEK_MS)}))`;
    case 'month':
      return cases(instant, months(range, tz));
  }
}

/** How an answer names a bucket: 2026-03-29T02:00:00+01:00, 2026-03-29, 2026-03-23 (the Monday) or 2026-03. */
export function bucketLabel(bucket: TimeBucket, value: number, tz: string): string {
  if (bucket === 'hour') return isoInZone(tz, value).replace('.000', '');
  const date = new Date(value).toISOString();
  return bucket === 'month' ? date.slice(0, 7) : date.slice(0, 10);
}

/** Calendar months of the range: where each ends, and its local start as if it were UTC. */
function months(range: Range, tz: string): { until: number; value: number }[] {
  const found: { until: number; value: number }[] = [];
  let until = range.from;
  while (until < range.to) {
    const value = Date.parse(`${dateInZone(tz, until).slice(0, 7)}-01T00:00:00.000Z`);
    const start = new Date(value);
    const next = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1);
    until = startOfDate(tz, new Date(next).toISOString().slice(0, 10));
    found.push({ until, value });
  }
  return found;
}

/** The value of the first span that ends after the instant. */
function cases(instant: Sql, spans: readonly { until: number; value: number }[]): Sql {
  const last = sqlInteger(spans.at(-1)!.value);
  if (spans.length === 1) return last;
  const branches = spans
    .slice(0, -1)
    .map(
      ({ until, value }) => sql`WHEN ${instant} < ${sqlInteger(until)} THEN ${sqlInteger(value)}`,
    );
  return sql`CASE ${sqlJoin(branches, ' ')} ELSE ${last} END`;
}
