import { isBelowBar, measurePii } from './measure.ts';

describe('synthetic values of all kinds in events', () => {
  it('are redacted where they are personal, and stay where they are not', async () => {
    const rows = await measurePii(20_000);

    const below = rows.filter(isBelowBar).map(({ name, wrong }) => ({ name, wrong }));
    expect(below).toEqual([]);
    expect(rows.reduce((sum, { values }) => sum + values, 0)).toBe(20_000);
  });
});
