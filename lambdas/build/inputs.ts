import { createHash } from 'node:crypto';
import { hourMs, windowsBefore } from './arrival-hours.ts';
import type { Touch } from './records.ts';

/** 16 hex digits of the SHA-256 of a text or of a value's JSON. */
export function shortHash(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * Version of what a partition of `events` is made from, in two parts joined by a dot: the rows of its own day by arrival
 * hour, and the rows of all days in the hours of its dedup window. The first part grows with every event of the day. The
 * second part changes with every event of the app, and matters only where a row arrived in an earlier hour than a
 * repetition of it that was built before (docs/adr/0011-dedup-over-days.md): looked at once a night.
 */
export function eventsInputs(
  touchesOfDay: readonly Touch[],
  rowsByHour: readonly HourRows[],
  dedupWindowDays: number,
): string {
  const own = touchesOfDay
    .map(({ hour, rows }) => `${hour}=${rows}`)
    .sort()
    .join(' ');
  const hours = touchesOfDay.map(({ hour }) => hour);
  const window = windowsBefore(hours, dedupWindowDays * 24)
    .flatMap(({ from, to }) => hoursWithin(rowsByHour, from, to))
    .map(({ hour, rows }) => `${hour}=${rows}`)
    .join(' ');
  return `${shortHash(own)}.${shortHash(window)}`;
}

/** Rows of an app in one arrival hour, on whatever days they fall. */
export interface HourRows {
  readonly hour: string;
  readonly rows: number;
}

/** Rows of an app by arrival hour, in order. */
export function rowsByHour(touches: readonly Touch[]): HourRows[] {
  const rows = new Map<string, number>();
  for (const touch of touches) rows.set(touch.hour, (rows.get(touch.hour) ?? 0) + touch.rows);
  return [...rows]
    .map(([hour, count]) => ({ hour, rows: count }))
    .sort((a, b) => (a.hour < b.hour ? -1 : 1));
}

/** Whether two versions of inputs name the same inputs; of the dedup window only where `withWindow` is set. */
export function isSameInputs(a: string, b: string, withWindow: boolean): boolean {
  if (withWindow) return a === b;
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
