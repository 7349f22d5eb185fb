import { eventsInputs, isSameInputs, rowsByHour } from '../../../lambdas/build/inputs.ts';
import type { Touch } from '../../../lambdas/build/records.ts';

const touch = (hour: string, rows: number, event_date = '2026-11-21'): Touch => ({
  event_date,
  hour: `2026-11-${hour}`,
  rows,
});
const version = (own: readonly Touch[], others: readonly Touch[] = []): string =>
  eventsInputs(own, rowsByHour([...own, ...others]), 1);

const OWN = [touch('21T09', 5), touch('21T10', 5)];

test('the order of hours does not matter', () => {
  expect(version([...OWN].reverse())).toBe(version(OWN));
});

test('rows of another day change the version in the dedup window only', () => {
  const within = version(OWN, [touch('20T09', 1, '2026-11-20')]);
  const outside = version(OWN, [touch('20T08', 1, '2026-11-20'), touch('21T11', 1, '2026-11-20')]);

  expect(outside).toBe(version(OWN));
  expect(isSameInputs(within, version(OWN), true)).toBe(false);
  expect(isSameInputs(within, version(OWN), false)).toBe(true);
});

test('one more row of the day changes the version', () => {
  const grown = version([touch('21T09', 6), touch('21T10', 5)]);

  expect(isSameInputs(grown, version(OWN), false)).toBe(false);
});
