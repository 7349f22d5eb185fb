import { createHash } from 'node:crypto';
import { type HourRange, hourMs, windowsBefore } from '../../core/arrival-hours.ts';
import { comparedForIdentities } from './identity-hours.ts';
import type { Touch } from './records.ts';

/** 16 hex digits of the SHA-256 of a text or of a value's JSON. */
export function shortHash(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * Version of what a partition of `events` is made from, in three parts joined by dots. The first: the rows of its own day by
 * arrival hour, which grow with every event of the day. The second: the rows of all days in the hours of its dedup window,
 * which change with every event of the app, and matter only where a row arrived in an earlier hour than a repetition of it
 * that was built before (docs/adr/0011-dedup-over-days.md). The third: the rows that say whose a device is, by arrival hour
 * (docs/adr/0013-whose-event-it-is.md). The second and the third are looked at once a night.
 */
export function eventsInputs(
  eventDate: string,
  touchesOfDay: readonly Touch[],
  rowsByHour: readonly HourRows[],
  dedupWindowDays: number,
): string {
  const within = (ranges: readonly HourRange[]): HourRows[] =>
    ranges.flatMap(({ from, to }) => hoursWithin(rowsByHour, from, to));
  const own = touchesOfDay
    .map(({ hour, rows }) => `${hour}=${rows}`)
    .sort()
    .join(' ');
  const hours = touchesOfDay.map(({ hour }) => hour);
  const window = within(windowsBefore(hours, dedupWindowDays * 24))
    .map(({ hour, rows }) => `${hour}=${rows}`)
    .join(' ');
  const identities = within(comparedForIdentities(eventDate, hours, dedupWindowDays))
    .filter((hour) => hour.identities > 0)
    .map((hour) => `${hour.hour}=${hour.identities}`)
    .join(' ');
  return [own, window, identities].map(shortHash).join('.');
}

/** Rows of an app in one arrival hour, on whatever days they fall. */
export interface HourRows {
  readonly hour: string;
  readonly rows: number;
  /** Of these, rows that name a device and a user. */
  readonly identities: number;
}

/** Rows of an app by arrival hour, in order. */
export function rowsByHour(touches: readonly Touch[]): HourRows[] {
  const sums = new Map<string, HourRows>();
  for (const { hour, rows, identities = 0 } of touches) {
    const sum = sums.get(hour);
    sums.set(hour, {
      hour,
      rows: (sum?.rows ?? 0) + rows,
      identities: (sum?.identities ?? 0) + identities,
    });
  }
  return [...sums.values()].sort((a, b) => (a.hour < b.hour ? -1 : 1));
}

/** Whether two versions of inputs name the same inputs; what lies around its own rows counts only where `withAll` is set. */
export function isSameInputs(a: string, b: string, withAll: boolean): boolean {
  if (withAll) return a === b;
  return a.split('.')[0] === b.split('.')[0];
}

function hoursWithin(sorted: readonly HourRows[], from: string, to: string): readonly HourRows[] {
  return sorted.slice(firstAtOrAfter(sorted, hourMs(from)), firstAtOrAfter(sorted, hourMs(to) + 1));
}

function firstAtOrAfter(sorted: readonly HourRows[], ms: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (hourMs(sorted[middle]!.hour) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
