import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../bin/synthesize.ts';
import { type Stack, startStack } from '../local/stack.ts';
import { type Levels, openClickHouse } from './chdb.ts';
import { benchConfig, READ_KEY } from './config.ts';
import { type FigureRow, medianMs, report } from './figures.ts';
import { FROM, STEPS, writePopulation } from './population.ts';

/**
 * `npm run bench:funnels -- [EVENTS…]`: for each size (default 300,000, 3 and 30 million events) the time of a full build
 * through the state machine, and of the funnel question from facts and over all events, beside ClickHouse's windowFunnel over
 * the same Parquet files in the same run. Every answer must be ClickHouse's, or the benchmark fails.
 */
const HOUR_MS = 3_600_000;
const RUNS = 5;
const sizes =
  process.argv.length > 2 ? process.argv.slice(2).map(Number) : [300_000, 3_000_000, 30_000_000];
const [STEPS_DEFINITION] = benchConfig.apps[0]!.funnels!;

const rows: FigureRow[] = [];
for (const size of sizes) rows.push(await measure(size));
report('funnels', rows);

async function measure(events: number): Promise<FigureRow> {
  const work = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  synthesize({ config: benchConfig, outdir: join(work, 'cdk.out') });
  const stack = await startStack({
    assembly: join(work, 'cdk.out'),
    data: join(work, 'data'),
    apiPort: 0,
    awsPort: 0,
    speed: 60,
    schedules: false,
  });
  try {
    const buckets = join(work, 'data/s3');
    const lake = join(buckets, readdirSync(buckets).find((name) => name.includes('lake'))!);
    await writePopulation(lake, events);
    const buildStart = performance.now();
    const execution = await stack.startExecution('Builds', { full: true });
    if (execution.status !== 'SUCCEEDED')
      throw new Error(`builds ended ${JSON.stringify(execution)}`);
    const buildMs = performance.now() - buildStart;

    const clickHouse = openClickHouse();
    const files = join(lake, 'tables/events/**/*.parquet');
    const levels = clickHouse.levels(files, HOUR_MS);
    for (const source of ['facts', 'events'] as const)
      check(levels, await ask(stack, source), source);
    const facts = await medianMs(RUNS, () => ask(stack, 'facts'));
    const raw = await medianMs(RUNS, () => ask(stack, 'events'));
    const peer = await medianMs(RUNS, async () => clickHouse.levels(files, HOUR_MS));
    clickHouse.close();
    return {
      events,
      'full build s': Number((buildMs / 1000).toFixed(1)),
      'facts ms': Math.round(facts),
      'all events ms': Math.round(raw),
      'windowFunnel ms': Math.round(peer),
      'events / windowFunnel': Number((raw / peer).toFixed(2)),
      'windowFunnel / facts': Number((peer / facts).toFixed(1)),
    };
  } finally {
    await stack.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

let asked = 0;

/** People who reached each step. Every question is a new one to the cache: the range ends a millisecond later. */
async function ask(stack: Stack, source: 'facts' | 'events'): Promise<number[]> {
  asked += 1;
  const from = new Date(FROM).toISOString();
  const to = new Date(FROM + 31 * 24 * HOUR_MS + asked).toISOString();
  const url = `${stack.apiUrl}/v1/apps/bench/funnels`;
  const authorization = `Bearer ${READ_KEY}`;
  const response =
    source === 'facts'
      ? await fetch(`${url}?${new URLSearchParams({ name: 'path', from, to })}`, {
          headers: { authorization },
        })
      : await fetch(url, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify({ definition: STEPS_DEFINITION, from, to }),
        });
  if (!response.ok)
    throw new Error(`the question answered ${response.status}: ${await response.text()}`);
  const answer = (await response.json()) as { steps: { people: number }[] };
  return answer.steps.map(({ people }) => people);
}

function check(levels: Levels, people: readonly number[], source: string): void {
  const expected = STEPS.map((_, step) =>
    [...levels].reduce((sum, [level, n]) => (level > step ? sum + n : sum), 0),
  );
  if (people.join() !== expected.join()) {
    throw new Error(`from ${source}: ${people} people a step, ClickHouse says ${expected}`);
  }
}
