import type { Range } from './api.ts';

/** Longest range of a question. */
export const MAX_RANGE_DAYS = 5 * 366;
/** Days, today among them, that a question without `from` asks about. */
export const DEFAULT_RANGE_DAYS = 30;

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** 1970-01-01 to 9999-12-31: what the lake's day partitions can name. */
const MAX_INSTANT = 253_402_300_799_999;

/** A range, time or time zone that cannot be read. `parameter` names which. */
export class InvalidRangeError extends Error {
  override readonly name = 'InvalidRangeError';
  readonly parameter: 'from' | 'to' | 'tz';

  constructor(parameter: 'from' | 'to' | 'tz', message: string) {
    super(message);
    this.parameter = parameter;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * The canonical spelling of an IANA time zone, so that equal questions have equal keys.
 * @throws InvalidRangeError for anything else, offsets as +01:00 too: they have no daylight saving time.
 */
export function timeZone(name: string): string {
  if (/^[A-Za-z]/.test(name) && name.length <= 60) {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new InvalidRangeError(
    'tz',
    `tz must be an IANA time zone, as Europe/Berlin or UTC, got ${JSON.stringify(name)}`,
  );
}

/** Distance of a zone's wall clock from UTC at an instant, in ms: positive in the east. */
export function offsetAt(tz: string, instant: number): number {
  let format = formats.get(tz);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: tz,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(tz, format);
  }
  const second = Math.floor(instant / SECOND_MS) * SECOND_MS;
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(second)) part[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second: s = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, s) - second;
}

/**
 * The instant at which a zone's wall clock shows a time, given as if it were UTC's. A time that occurs twice is its first
 * occurrence; a time that the clock jumps over is read with the distance before the jump, so one hour later.
 */
export function instantOfWallClock(tz: string, wallClock: number): number {
  const before = offsetAt(tz, wallClock - DAY_MS);
  const after = offsetAt(tz, wallClock + DAY_MS);
  const candidates = [wallClock - before, wallClock - after].sort((a, b) => a - b);
  const found = candidates.find((instant) => instant + offsetAt(tz, instant) === wallClock);
  return found ?? wallClock - before;
}

/** Date of an instant in a zone, YYYY-MM-DD. */
function dateInZone(tz: string, instant: number): string {
  return new Date(instant + offsetAt(tz, instant)).toISOString().slice(0, 10);
}

/** ISO 8601 with the zone's distance from UTC at that instant: 2026-03-29T00:00:00.000+01:00. */
export function isoInZone(tz: string, instant: number): string {
  const offset = offsetAt(tz, instant);
  const local = new Date(instant + offset).toISOString().slice(0, -1);
  if (offset === 0) return `${local}Z`;
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** First and last UTC day of a half-open range, YYYY-MM-DD: the day partitions that can hold it. */
export function utcDays(range: Range): { readonly first: string; readonly last: string } {
  const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10);
  return { first: day(range.from), last: day(range.to - 1) };
}

/** A space may stand for the offset's plus: that is what an unescaped + in a query string turns into. */
const TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?(Z|[+\- ]\d{2}:?\d{2})?)?$/;

/**
 * Reads a date (its start in the zone), a local date-time in the zone, or a date-time with Z or an offset. Seconds and
 * milliseconds may be left out. Returns epoch ms; NaN for everything else, days that do not exist among them, and for a
 * time without an offset where no zone is given.
 */
export function readTime(text: string, tz: string | undefined): number {
  const match = TIME.exec(text.trim());
  if (match === null) return Number.NaN;
  const wallClock = wallClockOf(match);
  const offset = match[8];
  if (Number.isNaN(wallClock)) return wallClock;
  if (offset !== undefined) return wallClock - (offset === 'Z' ? 0 : offsetMsOf(offset));
  return tz === undefined ? Number.NaN : instantOfWallClock(tz, wallClock);
}

/**
 * Reads a time of a question, as `readTime` does.
 * @throws InvalidRangeError for what cannot be read and for years outside of 1970 to 9999.
 */
export function parseTime(parameter: 'from' | 'to', text: string, tz: string): number {
  const instant = readTime(text, tz);
  if (!(instant >= 0 && instant <= MAX_INSTANT)) {
    throw new InvalidRangeError(
      parameter,
      `${parameter} must be a date (2026-03-29), a local date-time (2026-03-29T12:30) or one with an offset ` +
        `(2026-03-29T12:30:00Z), from 1970 to 9999, got ${JSON.stringify(text)}`,
    );
  }
  return instant;
}

function wallClockOf(match: RegExpExecArray): number {
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const ms = Number((match[7] ?? '').padEnd(3, '0'));
  const utc = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!, ms);
  const exists =
    new Date(utc).toISOString().slice(0, 10) === match[0].trim().slice(0, 10) &&
    hour! < 24 &&
    minute! < 60 &&
    second! < 60;
  return exists ? utc : Number.NaN;
}

function offsetMsOf(offset: string): number {
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  if (hours > 18 || minutes > 59) return Number.NaN;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/**
 * Reads a question's half-open range. Without `to`: up to the end of today; without `from`: the 30 days before `to`.
 * @param tz canonical, from `timeZone`.
 * @param now epoch ms.
 * @throws InvalidRangeError naming the parameter.
 */
export function parseRange(
  from: string | undefined,
  to: string | undefined,
  tz: string,
  now: number,
): Range {
  const end = to === undefined ? addDays(tz, now, 1) : parseTime('to', to, tz);
  const start =
    from === undefined ? addDays(tz, end - 1, 1 - DEFAULT_RANGE_DAYS) : parseTime('from', from, tz);
  if (!(start < end)) {
    throw new InvalidRangeError(
      'from',
      `from must lie before to, got from ${isoInZone(tz, start)} and to ${isoInZone(tz, end)}`,
    );
  }
  if (end - start > MAX_RANGE_DAYS * DAY_MS) {
    throw new InvalidRangeError(
      'from',
      `a range may span ${MAX_RANGE_DAYS} days (five years), got ${Math.ceil((end - start) / DAY_MS)} days`,
    );
  }
  return { from: start, to: end };
}

/** Start of the zone's day that lies some days after an instant's day. */
function addDays(tz: string, instant: number, days: number): number {
  const date = Date.parse(`${dateInZone(tz, instant)}T00:00:00.000Z`) + days * DAY_MS;
  return instantOfWallClock(tz, date);
}
