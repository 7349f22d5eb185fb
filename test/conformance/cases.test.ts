import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FunnelCase, reasonToSkip, type WindowFunnelCase } from './case-format.ts';
import { runFunnelCase, runWindowFunnelCase } from './funnel-cases.ts';
import { type FunnelEngine, startEngine } from './funnel-engine.ts';

function read<T>(file: string): T[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'cases', file), 'utf8')) as T[];
}

let engine: FunnelEngine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.close());

describe.each(['events', 'facts'] as const)('through the statements over %s', (source) => {
  test.each(read<FunnelCase>('options.json'))('$id', async (funnelCase) => {
    expect(await runFunnelCase(engine, funnelCase, source)).toBeNull();
  });

  test.each(read<WindowFunnelCase>('window-funnel.json'))('$id', async (windowFunnelCase) => {
    expect(await runWindowFunnelCase(engine, windowFunnelCase, source)).toBeNull();
  });
});

test('a wrong expectation is reported with what was expected and what came', async () => {
  const [first] = read<FunnelCase>('options.json');
  const wrong: FunnelCase = { ...first!, expected: { steps: [{ count: 7 }] } };

  const difference = await runFunnelCase(engine, wrong, 'events');

  expect(difference).toBe('expected [7], got [2]');
});

test('disputed cases, modes of one dialect and trends are not run, and the reason is told', () => {
  const [row] = read<WindowFunnelCase>('window-funnel.json');
  const [funnel] = read<FunnelCase>('options.json');
  const trends = {
    ...funnel!,
    definition: { ...funnel!.definition, funnel_viz: 'trends' as const },
  };

  expect(reasonToSkip({ ...row!, disputed: 'two numbers' })).toMatch(/disputed/);
  expect(reasonToSkip({ ...row!, modes: ['timestamp_dedup'] })).toMatch(/timestamp_dedup/);
  expect(reasonToSkip(trends)).toMatch(/trends/);
  expect(reasonToSkip(row!)).toBeNull();
});
