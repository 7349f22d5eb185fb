import { describe, expect, test } from '@jest/globals';
import {
  InvalidRangeError,
  instantOfWallClock,
  isoInZone,
  parseRange,
  parseTime,
  timeZone,
  utcDays,
} from '../../core/time-range.ts';

const HOUR_MS = 3_600_000;
const utc = (text: string): number => Date.parse(text);

describe('time zones', () => {
  test('an IANA name comes back in its canonical spelling', () => {
    expect(timeZone('europe/berlin')).toBe('Europe/Berlin');
    expect(timeZone('UTC')).toBe('UTC');
  });

  test.each(['Mars/Phobos', '+01:00', '', "UTC'; DROP", 'x'.repeat(100)])(
    '%j is refused with what is allowed',
    (name) => {
      expect(() => timeZone(name)).toThrow(/tz must be an IANA time zone, as Europe\/Berlin/);
    },
  );
});

describe('days have the hours that the clock gives them', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29', '2026-03-30', 23],
    ['Europe/Berlin', '2026-10-25', '2026-10-26', 25],
    ['Europe/Berlin', '2026-07-01', '2026-07-02', 24],
    ['America/New_York', '2026-03-08', '2026-03-09', 23],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-06', 24.5],
    ['America/Sao_Paulo', '2018-11-04', '2018-11-05', 23],
    ['Pacific/Apia', '2011-12-29', '2011-12-31', 24],
  ])('%s from %s to %s: %d hours', (tz, from, to, hours) => {
    const range = parseRange(from, to, tz, 0);
    expect((range.to - range.from) / HOUR_MS).toBe(hours);
  });

  test('a day starts where midnight does not exist at the first instant after it', () => {
    const start = parseTime('from', '2018-11-04', 'America/Sao_Paulo');
    expect(isoInZone('America/Sao_Paulo', start)).toBe('2018-11-04T01:00:00.000-02:00');
    expect(isoInZone('America/Sao_Paulo', start - 1)).toBe('2018-11-03T23:59:59.999-03:00');
  });

  test('a time that occurs twice is its first occurrence', () => {
    const instant = instantOfWallClock('Europe/Berlin', utc('2026-10-25T02:30:00Z'));
    expect(isoInZone('Europe/Berlin', instant)).toBe('2026-10-25T02:30:00.000+02:00');
  });

  test('a time that the clock jumps over is an hour later', () => {
    const instant = instantOfWallClock('Europe/Berlin', utc('2026-03-29T02:30:00Z'));
    expect(isoInZone('Europe/Berlin', instant)).toBe('2026-03-29T03:30:00.000+02:00');
  });
});

describe('times', () => {
  test.each([
    ['2026-03-29', '2026-03-28T23:00:00Z'],
    ['2026-03-29T12:30', '2026-03-29T10:30:00Z'],
    ['2026-03-29 12:30:15', '2026-03-29T10:30:15Z'],
    ['2026-03-29T12:30:15.25', '2026-03-29T10:30:15.250Z'],
    ['2026-03-29T12:30:15Z', '2026-03-29T12:30:15Z'],
    ['2026-03-29T12:30:15-05:00', '2026-03-29T17:30:15Z'],
    ['2026-03-29T12:30:15+0530', '2026-03-29T07:00:15Z'],
    ['2026-03-29T12:30:15 02:00', '2026-03-29T10:30:15Z'],
  ])('%s in Berlin is %s', (text, expected) => {
    expect(parseTime('from', text, 'Europe/Berlin')).toBe(utc(expected));
  });

  test.each([
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-3-1',
    '2026-01-01T24:00',
    '2026-01-01T10:60',
    '2026-01-01T10:00+19:00',
    '1969-01-01',
    '1767225600000',
    'yesterday',
    '',
  ])('%j is refused', (text) => {
    expect(() => parseTime('to', text, 'UTC')).toThrow(InvalidRangeError);
    expect(() => parseTime('to', text, 'UTC')).toThrow(/^to must .* got /);
  });
});

describe('ranges', () => {
  test('an empty or a backward range is refused', () => {
    expect(() => parseRange('2026-01-02', '2026-01-02', 'UTC', 0)).toThrow(/from must lie before/);
    expect(() => parseRange('2026-01-03', '2026-01-02', 'UTC', 0)).toThrow(/from must lie before/);
  });

  test('more than five years are refused, five years are not', () => {
    expect(() => parseRange('2020-01-01', '2026-01-01', 'UTC', 0)).toThrow(/five years.*2192 days/);
    expect(() => parseRange('2020-01-01', '2025-01-01', 'UTC', 0)).not.toThrow();
  });

  test('without bounds it is the last 30 days with today', () => {
    const range = parseRange(undefined, undefined, 'Europe/Berlin', utc('2026-04-10T23:30:00Z'));
    expect(isoInZone('Europe/Berlin', range.from)).toBe('2026-03-13T00:00:00.000+01:00');
    expect(isoInZone('Europe/Berlin', range.to)).toBe('2026-04-12T00:00:00.000+02:00');
  });

  test('the UTC days of a range are those of its first and its last ms', () => {
    expect(utcDays(parseRange('2026-03-29', '2026-03-30', 'Europe/Berlin', 0))).toEqual({
      first: '2026-03-28',
      last: '2026-03-29',
    });
    expect(utcDays(parseRange('2026-03-29', '2026-03-30', 'UTC', 0)).last).toBe('2026-03-29');
  });
});
