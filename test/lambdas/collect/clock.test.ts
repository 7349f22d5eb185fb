import fc from 'fast-check';
import { eventTime, parseTime } from '../../../lambdas/collect/clock.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 21, 12);

describe('parseTime', () => {
  it.each([
    ['2015-02-26T05:33:00Z', '2015-02-26T05:33:00.000Z'],
    ['2015-02-26T05:33:00.123456Z', '2015-02-26T05:33:00.123Z'],
    ['2015-02-26 05:33:00', '2015-02-26T05:33:00.000Z'],
    ['2015-02-26', '2015-02-26T00:00:00.000Z'],
    ['2015-2-02T00:30:08.276Z', '2015-02-02T00:30:08.276Z'],
    ['2015-02-26T05:33', '2015-02-26T05:33:00.000Z'],
    ['2015-02-26T05:33:00+02:00', '2015-02-26T03:33:00.000Z'],
    ['2015-02-26T05:33:00-0530', '2015-02-26T11:03:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    [1424928780, '2015-02-26T05:33:00.000Z'],
    [1424928780123, '2015-02-26T05:33:00.123Z'],
    ['1424928780', '2015-02-26T05:33:00.000Z'],
    [1424928780.5, '2015-02-26T05:33:00.500Z'],
    [0, '1970-01-01T00:00:00.000Z'],
  ])('reads %j', (value, expected) => {
    expect(new Date(parseTime(value) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each([
    'yesterday',
    '',
    '20150226',
    '2015-02-30',
    '2015-13-01',
    '2015-02-26T24:00:00Z',
    '1601-01-01T00:00:00Z',
    '0099-06-01T00:00:00Z',
    '2015-02-26T05:33:00+99:99',
    '2015-02-26T05:33:00+01:60',
    '10000-01-01T00:00:00Z',
    1424928780123456,
    -1,
    Number.POSITIVE_INFINITY,
    true,
    null,
    {},
  ])('does not read %j', (value) => {
    expect(parseTime(value)).toBeUndefined();
  });
});

describe('parseTime of the standard form', () => {
  it('reads every time as Date does', () => {
    const standard = fc.date({
      min: new Date(0),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });

    fc.assert(
      fc.property(standard, (date) => parseTime(date.toISOString()) === date.getTime()),
      { numRuns: 2_000 },
    );
  });

  it('reads what only looks like it as it reads all other forms', () => {
    const standard = '2026-12-21T18:00:20.615Z';
    const other = fc.constantFrom(...'0123456789-T:.Zx ');
    const near = fc
      .tuple(fc.nat(standard.length - 1), other)
      .map(([at, character]) => standard.slice(0, at) + character + standard.slice(at + 1));

    fc.assert(
      // A space at the front is not of the standard form.
      fc.property(near, (text) => parseTime(text) === parseTime(` ${text}`)),
      { numRuns: 2_000 },
    );
  });
});

describe('eventTime', () => {
  const time = (originalAt?: number, sentAt?: number, kind: 'public' | 'server' = 'public') =>
    eventTime({ receivedAt: NOW, sentAt, originalAt, kind });
  const at = (...given: Parameters<typeof time>) => time(...given).eventAt;

  it('corrects the clock of a public client by the time it was sent, and keeps how far it was off', () => {
    const clientNow = NOW + 3 * DAY;

    expect(time(clientNow - 5000, clientNow)).toEqual({ eventAt: NOW - 5000, skewMs: -3 * DAY });
    expect(time(5000, 10_000)).toEqual({ eventAt: NOW - 5000, skewMs: NOW - 10_000 });
    expect(time(NOW - 300, NOW - 300)).toEqual({ eventAt: NOW, skewMs: 300 });
  });

  it('takes the client at its word where it does not say when it sent', () => {
    expect(time(NOW - 40 * DAY)).toEqual({ eventAt: NOW - 40 * DAY });
  });

  it('never puts a public event in the future, nor more than 60 days back', () => {
    expect(at(NOW + 5000)).toBe(NOW);
    expect(at(20_000, 10_000)).toBe(NOW);
    expect(at(NOW + 99 * DAY, NOW)).toBe(NOW);
    expect(at(0)).toBe(NOW - 60 * DAY);
    expect(at(NOW - 60 * DAY, NOW)).toBe(NOW - 60 * DAY);
  });

  it('takes the time alone where the two times cannot be of one clock', () => {
    expect(time(NOW - 5000, NOW + 27_000 * DAY)).toEqual({ eventAt: NOW - 5000 });
    expect(time(NOW - 90 * DAY, NOW)).toEqual({ eventAt: NOW - 60 * DAY });
    expect(time(5000, NOW)).toEqual({ eventAt: NOW - 60 * DAY });
  });

  it('believes a server, but not more than a day of future', () => {
    expect(time(1000, NOW - DAY, 'server')).toEqual({ eventAt: 1000 });
    expect(at(NOW + DAY, undefined, 'server')).toBe(NOW + DAY);
    expect(at(NOW + DAY + 1, undefined, 'server')).toBe(NOW);
  });

  it('is the time of receipt where the client says nothing', () => {
    expect(time()).toEqual({ eventAt: NOW });
    expect(time(undefined, 1, 'server')).toEqual({ eventAt: NOW });
    expect(time(undefined, NOW - 99)).toEqual({ eventAt: NOW });
  });
});
