import { eventsInputs, isSameInputs, rowsByHour } from '../../../lambdas/build/inputs.ts';
import type { Touch } from '../../../lambdas/build/records.ts';

const touch = (hour: string, rows: number, event_date = '2026-11-21', identities = 0): Touch => ({
  event_date,
  hour: `2026-11-${hour}`,
  rows,
  identities,
});
const version = (own: readonly Touch[], others: readonly Touch[] = []): string =>
  eventsInputs('2026-11-21', own, rowsByHour([...own, ...others]), 1);

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

test('rows that name a device and a user change the version around the day only', () => {
  const login = (hour: string): string => version(OWN, [touch(hour, 1, '2026-11-25', 1)]);
  const visit = (hour: string): string => version(OWN, [touch(hour, 1, '2026-11-25', 0)]);

  for (const hour of ['20T00', '20T08', '21T11', '22T23']) {
    expect(isSameInputs(login(hour), visit(hour), true)).toBe(false);
    expect(isSameInputs(login(hour), visit(hour), false)).toBe(true);
  }
  for (const hour of ['19T23', '23T00']) expect(login(hour)).toBe(visit(hour));
});

test('rows that arrive long after their day do not keep it open for identities', () => {
  const late = [...OWN, touch('27T10', 1)];

  const before = version(late);
  const after = version(late, [touch('27T11', 1, '2026-11-27', 1)]);

  expect(after).toBe(before);
});

test('hours that were scanned before identities were counted have none', () => {
  const { identities: _identities, ...old } = touch('21T09', 5);

  expect(version([old, OWN[1]!])).toBe(version(OWN));
});
