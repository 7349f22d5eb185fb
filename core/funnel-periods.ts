import type { Range } from './api.ts';
import type { Period } from './funnel-answer.ts';
import { offsetAt } from './time-range.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A stretch of time with one offset from UTC. */
export interface OffsetSpan {
  /** Epoch ms; the span goes on to the next one's start. */
  readonly from: number;
  readonly offset_ms: number;
}

/** Offsets of a time zone in a range, in order. @throws RangeError for an unknown time zone. */
export function offsetSpans(timeZone: string, range: Range): OffsetSpan[] {
  const spans: OffsetSpan[] = [{ from: range.from, offset_ms: offsetAt(timeZone, range.from) }];
  for (let day = range.from; day < range.to; day += DAY_MS) {
    const end = Math.min(day + DAY_MS, range.to);
    if (offsetAt(timeZone, end) === spans.at(-1)!.offset_ms) continue;
    let before = day;
    let after = end;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(timeZone, middle) === spans.at(-1)!.offset_ms) before = middle;
      else after = middle;
    }
    if (after < range.to) spans.push({ from: after, offset_ms: offsetAt(timeZone, after) });
  }
  return spans;
}

/**
 * Starts of the months that touch a range, as local epoch ms (UTC fields show the local date).
 * @throws RangeError for an unknown time zone.
 */
export function localMonthStarts(timeZone: string, range: Range): number[] {
  const first = new Date(range.from + offsetAt(timeZone, range.from));
  const end = range.to + offsetAt(timeZone, range.to);
  const starts: number[] = [];
  for (let i = 0; ; i++) {
    const start = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + i, 1);
    if (start >= end && i > 0) return starts;
    starts.push(start);
  }
}

/** A period's name in answers: 2026-03-29 for days, weeks (its Monday) and months (its first), 2026-03-29T02:00+02:00 for hours. */
export function periodLabel(period: Period, value: number, timeZone: string): string {
  if (period !== 'hour') return new Date(value).toISOString().slice(0, 10);
  const offset = offsetAt(timeZone, value);
  const minutes = Math.abs(offset) / 60_000;
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  const sign = offset < 0 ? '-' : '+';
  const local = new Date(value + offset).toISOString().slice(0, 16);
  return `${local}${sign}${two(minutes / 60)}:${two(minutes % 60)}`;
}
