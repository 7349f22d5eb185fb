import { offsetAt, readTime } from '../../core/time-range.ts';

/** How a column of times is written. */
export const TIMESTAMP_FORMATS = ['iso', 'epoch_s', 'epoch_ms'] as const;
export type TimestampFormat = (typeof TIMESTAMP_FORMATS)[number];

const DAY_MS = 86_400_000;

/**
 * Makes a reader of times: a cell's value in, epoch ms out, NaN where it cannot be read. Times of Parquet columns
 * (Date) need no format. Units and zones are never guessed.
 * @param tz Zone of ISO times that have no offset.
 */
export function timeReader(
  format: TimestampFormat,
  tz: string | undefined,
): (value: unknown) => number {
  const local = tz === undefined ? undefined : localReader(tz);
  return (value) => {
    if (value instanceof Date) return value.getTime();
    if (format !== 'iso') return epoch(value, format === 'epoch_s' ? 1000 : 1);
    if (typeof value !== 'string') return Number.NaN;
    const instant = readTime(value, undefined);
    return Number.isNaN(instant) && local !== undefined ? local(value) : instant;
  };
}

function epoch(value: unknown, factor: number): number {
  const isNumeric =
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    (typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value));
  return isNumeric ? Math.round(Number(value) * factor) : Number.NaN;
}

/** Reads local times. Remembers the offset of each day that has one: asking Intl for every row takes longer than the rest. */
function localReader(tz: string): (text: string) => number {
  const offsets = new Map<number, number | null>();
  return (text) => {
    const wallClock = readTime(text, 'UTC');
    const day = Math.floor(wallClock / DAY_MS);
    let offset = offsets.get(day);
    if (offset === undefined) {
      const [before, after] = [
        offsetAt(tz, (day - 1) * DAY_MS || 0),
        offsetAt(tz, (day + 2) * DAY_MS || 0),
      ];
      offset = before === after ? before : null;
      offsets.set(day, offset);
    }
    return offset === null ? readTime(text, tz) : wallClock - offset;
  };
}
