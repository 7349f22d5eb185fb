import { PREFIX } from './layout.ts';
import { type Sql, sql, sqlJoin, sqlString } from './sql/quote.ts';

/** Hours of arrival from `from` to `to`, both included, as 2026-11-21T19. */
export interface HourRange {
  readonly from: string;
  readonly to: string;
}

const HOUR_MS = 3_600_000;
const KEY = new RegExp(`^${PREFIX.raw}dt=(\\d{4}-\\d{2}-\\d{2})/hour=(\\d{2})/[^/]+$`);

/** The arrival hour that an object of raw_events lies under, as 2026-11-21T19; undefined for other objects. */
export function hourOfKey(key: string): string | undefined {
  const match = KEY.exec(key);
  if (match === null) return undefined;
  const hour = `${match[1]}T${match[2]}`;
  return Number.isNaN(hourMs(hour)) ? undefined : hour;
}

/** Start of an arrival hour, epoch ms. */
export function hourMs(hour: string): number {
  return Date.parse(`${hour}:00:00Z`);
}

/** The arrival hour that holds a time (epoch ms). */
export function hourOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 13);
}

/** UTC day that holds a time (epoch ms), YYYY-MM-DD. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The day n days after (before, where negative) a day. */
export function addDays(day: string, n: number): string {
  return dayOf(Date.parse(day) + n * 24 * HOUR_MS);
}

/** Ranges that hold the hours and the given number of hours before each, merged and in order. */
export function windowsBefore(hours: readonly string[], hoursBefore: number): HourRange[] {
  return mergeRanges(hours.map((hour) => ({ from: addHours(hour, -hoursBefore), to: hour })));
}

/** The hour n hours after (before, where negative) an hour. */
export function addHours(hour: string, n: number): string {
  return hourOf(hourMs(hour) + n * HOUR_MS);
}

/** The same hours in as few ranges as hold them, in order. */
export function mergeRanges(ranges: readonly HourRange[]): HourRange[] {
  const merged: { from: string; to: string }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = merged.at(-1);
    if (last === undefined || from > addHours(last.to, 1)) merged.push({ from, to });
    else if (to > last.to) last.to = to;
  }
  return merged;
}

/** Each range from the first to the last of the given hours within it; ranges that hold none of them are left out. */
export function clipRanges(ranges: readonly HourRange[], hours: readonly string[]): HourRange[] {
  const sorted = [...hours].sort();
  return ranges.flatMap((range) => {
    const within = sorted.filter((hour) => hour >= range.from && hour <= range.to);
    const [from, to] = [within[0], within.at(-1)];
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
}

/**
 * Predicate on the partition columns of raw_events that holds for the hours of the ranges. The days stand there as a list
 * too, because a list of values prunes a projected partition column whatever the rest of the predicate looks like.
 * @throws Error for no range: a statement without a partition predicate would read all of raw_events.
 */
export function hoursPredicate(ranges: readonly HourRange[]): Sql {
  if (ranges.length === 0) throw new Error('no arrival hour is given, at least one is needed');
  const days = [...new Set(ranges.flatMap(daysOf))].map(sqlString);
  const within = ranges.map(rangePredicate);
  return sql`(dt IN (${sqlJoin(days, ', ')}) AND (${sqlJoin(within, ' OR ')}))`;
}

function daysOf({ from, to }: HourRange): string[] {
  const days: string[] = [];
  for (let day = from.slice(0, 10); day <= to.slice(0, 10); day = addDays(day, 1)) days.push(day);
  return days;
}

function rangePredicate({ from, to }: HourRange): Sql {
  const [fromDay, toDay] = [from, to].map((hour) => sqlString(hour.slice(0, 10))) as [Sql, Sql];
  const [fromHour, toHour] = [from, to].map((hour) => sqlString(hour.slice(11))) as [Sql, Sql];
  if (fromDay === toDay)
    return sql`(dt = ${fromDay} AND hour >= ${fromHour} AND hour <= ${toHour})`;
  return sql`((dt > ${fromDay} AND dt < ${toDay}) OR (dt = ${fromDay} AND hour >= ${fromHour}) OR (dt = ${toDay} AND hour <= ${toHour}))`;
}
