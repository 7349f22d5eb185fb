import type { Range } from '../api.ts';
import type { Period } from '../funnel-answer.ts';
import { localMonthStarts, offsetSpans } from '../funnel-periods.ts';
import { type Sql, sql, sqlInteger, sqlJoin } from './quote.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/**
 * Start of the period in which a time lies, from integers alone, because engines differ in time zones. Hours: epoch ms;
 * days, weeks and months: local epoch ms, whose UTC fields show the local date.
 */
export function periodSql(time: Sql, period: Period, timeZone: string, range: Range): Sql {
  const offset = offsetSql(time, timeZone, range);
  const local = sql`(${time} + ${offset})`;
  switch (period) {
    case 'hour':
      return sql`${local} - ${modulo(local, HOUR_MS)} - ${offset}`;
    case 'day':
      return sql`${local} - ${modulo(local, DAY_MS)}`;
    case 'week':
      return sql`${local} - ${modulo(sql`(${local} - ${sqlInteger(FIRST_MONDAY_MS)})`, 7 * DAY_MS)}`;
    case 'month': {
      const starts = localMonthStarts(timeZone, range).map(sqlInteger);
      const cases = starts
        .toReversed()
        .map((start) => sql`WHEN ${local} >= ${start} THEN ${start}`);
      return sql`CASE ${sqlJoin(cases, ' ')} END`;
    }
  }
}

function offsetSql(time: Sql, timeZone: string, range: Range): Sql {
  const spans = offsetSpans(timeZone, range);
  const [first, ...later] = spans;
  if (first === undefined || later.length === 0) return sqlInteger(first?.offset_ms ?? 0);
  const cases = later
    .toReversed()
    .map(
      (span) => sql`WHEN ${time} >= ${sqlInteger(span.from)} THEN ${sqlInteger(span.offset_ms)}`,
    );
  return sql`CASE ${sqlJoin(cases, ' ')} ELSE ${sqlInteger(first.offset_ms)} END`;
}

/** Remainder that is never negative: mod takes the sign of the dividend in both engines. */
function modulo(value: Sql, divisor: number): Sql {
  const by = sqlInteger(divisor);
  return sql`mod(mod(${value}, ${by}) + ${by}, ${by})`;
}
