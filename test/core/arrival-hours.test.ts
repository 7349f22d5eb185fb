import {
  clipRanges,
  hourOfKey,
  hoursPredicate,
  mergeRanges,
  windowsBefore,
} from '../../core/arrival-hours.ts';

describe('arrival hours', () => {
  test('the hour of an object is read from its key', () => {
    expect(hourOfKey('raw/dt=2026-11-21/hour=19/part.parquet')).toBe('2026-11-21T19');
  });

  test.each([
    'raw/dt=2026-11-21/part.parquet',
    'raw/dt=2026-13-41/hour=19/part.parquet',
    'tables/dt=2026-11-21/hour=19/part.parquet',
    'raw/dt=2026-11-21/hour=19/',
  ])('%s is under no hour', (key) => {
    expect(hourOfKey(key)).toBeUndefined();
  });

  test('windows that touch become one range', () => {
    const hours = ['2026-11-21T01', '2026-11-20T20', '2026-11-01T05'];

    expect(windowsBefore(hours, 4)).toEqual([
      { from: '2026-11-01T01', to: '2026-11-01T05' },
      { from: '2026-11-20T16', to: '2026-11-21T01' },
    ]);
  });

  test('ranges that overlap, touch or lie in one another become one', () => {
    const range = (from: string, to: string) => ({ from: `2026-11-${from}`, to: `2026-11-${to}` });

    const merged = mergeRanges([
      range('20T05', '20T07'),
      range('21T00', '21T09'),
      range('20T08', '20T22'),
      range('20T00', '20T06'),
      range('21T03', '21T04'),
    ]);

    expect(merged).toEqual([range('20T00', '20T22'), range('21T00', '21T09')]);
  });

  test('ranges end at the first and last hours that are known, and go where none is', () => {
    const ranges = [
      { from: '2026-11-01T00', to: '2026-11-05T23' },
      { from: '2026-11-10T00', to: '2026-11-12T23' },
    ];
    const known = ['2026-11-05T23', '2026-10-31T23', '2026-11-02T04', '2026-11-09T23'];

    expect(clipRanges(ranges, known)).toEqual([{ from: '2026-11-02T04', to: '2026-11-05T23' }]);
  });

  test('a predicate names the days and bounds the hours of the first and the last', () => {
    const ranges = [
      { from: '2026-11-01T01', to: '2026-11-01T05' },
      { from: '2026-11-20T16', to: '2026-11-22T01' },
    ];

    expect(hoursPredicate(ranges)).toBe(
      "(dt IN ('2026-11-01', '2026-11-20', '2026-11-21', '2026-11-22') AND (" +
        "(dt = '2026-11-01' AND hour >= '01' AND hour <= '05') OR " +
        "((dt > '2026-11-20' AND dt < '2026-11-22') OR (dt = '2026-11-20' AND hour >= '16') OR (dt = '2026-11-22' AND hour <= '01'))))",
    );
  });

  test('a predicate for no hour is refused', () => {
    expect(() => hoursPredicate([])).toThrow('no arrival hour is given');
  });
});
