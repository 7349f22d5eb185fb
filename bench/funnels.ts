import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  ListQueryExecutionsCommand,
  ListWorkGroupsCommand,
} from '@aws-sdk/client-athena';
import { synthesize } from '../bin/synthesize.ts';
import { type Stack, startStack } from '../local/stack.ts';
import { countArguments } from '../test/tool-arguments.ts';
import { type Levels, openClickHouse } from './chdb.ts';
import { benchConfig, READ_KEY } from './config.ts';
import { type FigureRow, median, report } from './figures.ts';
import { FROM, STEPS, writePopulation } from './population.ts';

/**
 * `npm run bench:funnels -- [EVENTS…]`: for each size (default 300,000, 3 and 30 million events) the time of a full build
 * through the state machine, and of the funnel question from facts and over all events, without times (what windowFunnel tells)
 * and with them, beside ClickHouse's windowFunnel in the same run: over the raw files by the text id, which is what its users
 * have, and over the events by our number. Every answer must be ClickHouse's, or the benchmark fails.
 */
const HOUR_MS = 3_600_000;
const RUNS = 5;
/** How often a work is done before the time that counts: short ones feel the work before them longer. */
const REPEATS = { short: 3, long: 1 };
const SHORT_MS = 300;
const sizes = countArguments(
  'npm run bench:funnels -- [EVENTS…]',
  [300_000, 3_000_000, 30_000_000],
  10,
);
const [STEPS_DEFINITION] = benchConfig.apps[0]!.funnels!;

/** How many questions of each kind were asked. */
const questions = new Map<string, number>();
const rows: FigureRow[] = [];
for (const size of sizes) {
  questions.clear();
  rows.push(await measure(size));
}
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
    const lake = join(work, 'data/s3', stack.outputs.LakeBucket!);
    await writePopulation(lake, events);
    const buildStart = performance.now();
    const execution = await stack.startExecution('Builds', { full: true });
    if (execution.status !== 'SUCCEEDED')
      throw new Error(`builds ended ${JSON.stringify(execution)}`);
    const buildMs = performance.now() - buildStart;

    const clickHouse = openClickHouse();
    const files = join(lake, 'tables/events/app_id=bench/*/*/*');
    const raw = join(lake, 'raw/*/*/*');
    const levels = clickHouse.levels(files, HOUR_MS, 'anonymous_key');
    if (`${[...clickHouse.levels(raw, HOUR_MS, 'anonymous_id')]}` !== `${[...levels]}`)
      throw new Error('ClickHouse does not give the same levels by text and by number');
    for (const source of ['facts', 'events'] as const) {
      for (const times of [false, true])
        check(levels, await ask(stack, source, times), `${source}, times=${times}`);
    }
    const [counts, facts, rawCounts, rawTimes, peer, peerByKey] = await mediansInTurns([
      () => asked(stack, 'facts', false),
      () => asked(stack, 'facts', true),
      () => asked(stack, 'events', false),
      () => asked(stack, 'events', true),
      () => timed(() => clickHouse.levels(raw, HOUR_MS, 'anonymous_id')),
      () => timed(() => clickHouse.levels(files, HOUR_MS, 'anonymous_key')),
    ]);
    clickHouse.close();
    const ratio = (of: Times, to: Times, unit: keyof Times): number =>
      Number((of[unit] / to[unit]).toFixed(2));
    const asRows = (name: string, times: Times): [string, number][] =>
      (['answer', 'engine', 'processor'] as const).map((unit) => [
        `${name}: ${unit} ms`,
        Math.round(times[unit]),
      ]);
    return {
      events,
      'full build s': Number((buildMs / 1000).toFixed(1)),
      ...Object.fromEntries([
        ...asRows('facts, counts', counts),
        ...asRows('facts, times', facts),
        ...asRows('all events, counts', rawCounts),
        ...asRows('all events, times', rawTimes),
        ...asRows('windowFunnel, raw files by text', peer).slice(1),
        ...asRows('windowFunnel, events by number', peerByKey).slice(1),
      ]),
      ...Object.fromEntries(
        (['engine', 'processor'] as const).flatMap((unit) => [
          [`all events counts / windowFunnel raw, ${unit}`, ratio(rawCounts, peer, unit)],
          [
            `all events counts / windowFunnel by number, ${unit}`,
            ratio(rawCounts, peerByKey, unit),
          ],
          [`windowFunnel raw / facts counts, ${unit}`, ratio(peer, counts, unit)],
          [`windowFunnel raw / facts times, ${unit}`, ratio(peer, facts, unit)],
        ]),
      ),
    };
  } finally {
    await stack.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * A whole answer over HTTP, the statement's time in the engine, which is what the peer is measured by, and the processor's time
 * that all of it took, which tells more where others use the machine; ms.
 */
interface Times {
  readonly answer: number;
  readonly engine: number;
  readonly processor: number;
}

/**
 * Medians of several works, each of which is done in turn, so that what else the machine does meets all of them: some times
 * in a row, of which the last counts, because the first ones pay for what the work before left to do and pushed out of the caches.
 */
async function mediansInTurns<const T extends readonly (() => Promise<Times>)[]>(
  works: T,
): Promise<{ [I in keyof T]: Times }> {
  const all: Times[][] = works.map(() => []);
  for (let run = 0; run < RUNS; run += 1) {
    for (const [i, work] of works.entries()) {
      const first = await work();
      const again = first.answer < SHORT_MS ? REPEATS.short : REPEATS.long;
      for (let time = 1; time < again; time += 1) await work();
      all[i]!.push(await work());
    }
  }
  return all.map((times) => ({
    answer: median(times.map(({ answer }) => answer)),
    engine: median(times.map(({ engine }) => engine)),
    processor: median(times.map(({ processor }) => processor)),
  })) as { [I in keyof T]: Times };
}

async function asked(stack: Stack, source: 'facts' | 'events', times: boolean): Promise<Times> {
  const { answer, processor } = await timed(() => ask(stack, source, times));
  return { answer, engine: await lastEngineMs(stack), processor };
}

async function timed(work: () => unknown): Promise<Times> {
  const used = process.cpuUsage();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(used);
  return { answer: ms, engine: ms, processor: (user + system) / 1000 };
}

async function lastEngineMs({ awsUrl, region }: Stack): Promise<number> {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const athena = new AthenaClient({ endpoint: awsUrl, region, credentials });
  const { WorkGroups } = await athena.send(new ListWorkGroupsCommand({}));
  const WorkGroup = WorkGroups?.find(({ Name }) => Name?.includes('query'))?.Name;
  const { QueryExecutionIds } = await athena.send(
    new ListQueryExecutionsCommand({ WorkGroup, MaxResults: 1 }),
  );
  const { QueryExecution } = await athena.send(
    new GetQueryExecutionCommand({ QueryExecutionId: QueryExecutionIds![0]! }),
  );
  return QueryExecution!.Statistics!.EngineExecutionTimeInMillis!;
}

/** People who reached each step. Every question is a new one to the cache: the range ends a day later, after the last event. */
async function ask(stack: Stack, source: 'facts' | 'events', times: boolean): Promise<number[]> {
  const kind = `${source} ${times}`;
  const asked = (questions.get(kind) ?? 0) + 1;
  questions.set(kind, asked);
  const from = new Date(FROM).toISOString();
  const to = new Date(FROM + (31 + asked) * 24 * HOUR_MS).toISOString();
  const url = `${stack.apiUrl}/v1/apps/bench/funnels`;
  const authorization = `Bearer ${READ_KEY}`;
  const response =
    source === 'facts'
      ? await fetch(
          `${url}?${new URLSearchParams({ name: 'path', from, to, times: String(times) })}`,
          {
            headers: { authorization },
          },
        )
      : await fetch(url, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify({ definition: STEPS_DEFINITION, from, to, times }),
        });
  if (!response.ok)
    throw new Error(`the question answered ${response.status}: ${await response.text()}`);
  const answer = (await response.json()) as { groups: [{ steps: { people: number }[] }] };
  return answer.groups[0].steps.map(({ people }) => people);
}

function check(levels: Levels, people: readonly number[], source: string): void {
  const expected = STEPS.map((_, step) =>
    [...levels].reduce((sum, [level, n]) => (level > step ? sum + n : sum), 0),
  );
  if (people.join() !== expected.join()) {
    throw new Error(`from ${source}: ${people} people a step, ClickHouse says ${expected}`);
  }
}
