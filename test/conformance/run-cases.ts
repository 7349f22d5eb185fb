import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderArgument, wrongCall } from '../tool-arguments.ts';
import { type FunnelCase, reasonToSkip, type WindowFunnelCase } from './case-format.ts';
import { type Difference, runFunnelCase, runWindowFunnelCase } from './funnel-cases.ts';
import { type FunnelEngine, startEngine } from './funnel-engine.ts';

interface AnyCase {
  readonly id: string;
  readonly kind: string;
}

/** Every n-th case also goes through the built tables, day by day. */
const FACTS_SAMPLE = 1;

async function main(folder: string): Promise<void> {
  const cases = casesIn(folder);
  if (cases.length === 0) wrongCall(`${folder} holds no cases: lists of them in .json files`);
  const engine = await startEngine();
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const [i, test] of cases.entries()) {
    const reason = skipReason(test);
    if (reason !== null) {
      skipped++;
      console.log(`not run ${test.id}: ${reason}`);
      continue;
    }
    const difference = await outcome(engine, test as FunnelCase | WindowFunnelCase, i);
    if (difference === null) passed++;
    else failed++;
    console.log(difference === null ? `ok ${test.id}` : `FAIL ${test.id}: ${difference}`);
  }
  engine.close();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

function casesIn(folder: string): AnyCase[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .sort();
  return files.flatMap((file) => {
    const content = readJson(join(folder, file));
    return Array.isArray(content) ? content.filter(isCase) : [];
  });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return wrongCall(`cannot read the cases of ${file}: ${(error as Error).message}`);
  }
}

function isCase(item: unknown): item is AnyCase {
  return typeof item === 'object' && item !== null && 'id' in item && 'kind' in item;
}

function skipReason(test: AnyCase): string | null {
  if (test.kind !== 'funnel' && test.kind !== 'window_funnel') return `kind ${test.kind}`;
  return reasonToSkip(test as FunnelCase | WindowFunnelCase);
}

async function outcome(
  engine: FunnelEngine,
  test: FunnelCase | WindowFunnelCase,
  i: number,
): Promise<Difference> {
  const run = (source: 'events' | 'facts'): Promise<Difference> =>
    test.kind === 'funnel'
      ? runFunnelCase(engine, test, source)
      : runWindowFunnelCase(engine, test, source);
  try {
    const difference = await run('events');
    if (difference !== null || i % FACTS_SAMPLE !== 0) return difference;
    const built = await run('facts');
    return built === null ? null : `from the built tables: ${built}`;
  } catch (error) {
    return `${error}`;
  }
}

await main(folderArgument('npm run cases -- FOLDER'));
