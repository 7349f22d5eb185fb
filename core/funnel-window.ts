import { shownValue } from './shown-value.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Longest conversion window: 100 years. */
export const MAX_WINDOW_MS = 36_525 * 86_400_000;

/**
 * A conversion window in ms: a number of ms, 30s, 30m, 1h, 14d, 2w, or an ISO 8601 duration of weeks, days, hours, minutes
 * and seconds, as P7D or PT1H30M. Months and years have no fixed length and are refused.
 * @throws RangeError
 */
export function parseWindow(value: unknown): number {
  const ms = typeof value === 'string' ? parseText(value) : value;
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || ms < 0 || ms > MAX_WINDOW_MS) {
    throw new RangeError(
      `got ${shownValue(value)}, allowed: 30m, 1h, 14d, P7D or milliseconds, at most 36525 days`,
    );
  }
  return ms;
}

function parseText(value: string): number | undefined {
  const short = /^(\d{1,15})([smhdw])$/.exec(value);
  if (short) return Number(short[1]) * UNIT_MS[short[2]!]!;
  const iso =
    /^P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/.exec(
      value,
    );
  if (!iso || iso.slice(1).every((part) => part === undefined) || value.endsWith('T'))
    return undefined;
  return ['w', 'd', 'h', 'm', 's'].reduce(
    (sum, unit, i) => sum + Number(iso[i + 1] ?? 0) * UNIT_MS[unit]!,
    0,
  );
}
