import { dayOf } from '../../../core/arrival-hours.ts';
import type { MillraceConfig } from '../../../core/config.ts';
import { type CreatedRun, Execution } from './execution.ts';
import { type Fuse, KilledError, type Lake, openLake } from './lake.ts';

const DAY_MS = 24 * 3_600_000;
/** More days than a publication makes calls. */
const MANY = 15;
const CONFIG: MillraceConfig = {
  apps: [{ id: 'shop', writeKeys: [{ key: 'write-key-of-shop' }], readKeys: [] }],
};

let lake: Lake;
let executions = 0;
beforeEach(async () => {
  lake = await openLake(CONFIG);
});
afterEach(() => lake.close());

/** Days that have been built once, with message a. */
async function builtDays(count: number): Promise<string[]> {
  const first = Date.parse('2026-11-01');
  const dates = Array.from({ length: count }, (_, i) => dayOf(first + i * DAY_MS));
  await arrive('a', ...dates);
  await execution().run();
  return dates;
}

async function arrive(id: string, ...dates: string[]): Promise<void> {
  lake.clock.now += 60_000;
  const events = dates.map((date) => ({ message_id: id + date, event_at: Date.parse(date) }));
  await lake.arrive(events, lake.clock.now);
}

function execution(context = lake.context()): Execution {
  return new Execution(lake, `execution-${++executions}`, {}, context);
}

/** What readers see of a day: the first letters of its messages. */
async function messages(date: string): Promise<string> {
  const rows = await lake.rows(
    `SELECT message_id FROM events WHERE app_id = 'shop' AND event_date = '${date}'`,
  );
  const ids = rows.map(([id]) => id?.slice(0, 1));
  return ids.sort().join('');
}

/** Message b has arrived for every day, and every day's run waits for its publication. */
async function readyToPublish(
  dates: readonly string[],
): Promise<{ running: Execution; runs: CreatedRun[] }> {
  await arrive('b', ...dates);
  const running = execution();
  await running.discover();
  const runs: CreatedRun[] = [];
  for (const task of (await running.plan()).tasks) runs.push((await running.create(task))!);
  return { running, runs };
}

async function callsOf(work: (fuse: Fuse) => Promise<unknown>): Promise<number> {
  const fuse: Fuse = { calls: 0, blowsAfter: Number.POSITIVE_INFINITY };
  await work(fuse);
  return fuse.calls;
}

/** The next execution, when every claim has ended, leaves nothing stale. */
async function nextEndsWell(): Promise<void> {
  lake.clock.now += 36 * 60_000;
  expect(await execution().run()).toMatchObject({ failed: 0, stale: 0 });
}

test('a publication killed after any of its calls leaves the old run or the new one, and can be done again', async () => {
  const dates = await builtDays(MANY);
  const { running, runs } = await readyToPublish(dates);
  const calls = await callsOf((fuse) => running.publish(runs.pop()!, lake.context(fuse)));
  expect(calls).toBeGreaterThan(10);
  expect(calls).toBeLessThan(MANY);
  const seen = new Set<string>();

  for (let n = 1; n <= calls; n++) {
    const run = runs.pop()!;
    const killed = lake.context({ calls: 0, blowsAfter: n });
    await expect(running.publish(run, killed)).rejects.toThrow(KilledError);
    const readers = await messages(run.task.event_date);
    expect(['a', 'ab']).toContain(readers);
    seen.add(readers);
    if (n % 2 === 0) {
      await running.publish(run);
      expect(await messages(run.task.event_date)).toBe('ab');
    }
  }
  await nextEndsWell();

  expect(seen).toEqual(new Set(['a', 'ab']));
  for (const date of dates) expect(await messages(date)).toBe('ab');
});

test('an execution killed after any call of any action leaves the old run or the new one, and the next ends well', async () => {
  const dates = await builtDays(MANY);
  await arrive('b', dates[0]!);
  const calls = await callsOf((fuse) => execution(lake.context(fuse)).run());
  expect(calls).toBeGreaterThan(30);

  for (let n = 1; n < calls; n += Math.ceil(calls / 10)) {
    const date = dates.pop()!;
    await arrive('b', date);
    const killed = execution(lake.context({ calls: 0, blowsAfter: n }));
    await expect(killed.run()).rejects.toThrow(KilledError);
    expect(['a', 'ab']).toContain(await messages(date));
    await nextEndsWell();
    expect(await messages(date)).toBe('ab');
  }
});

test('two executions at the same time build each partition once', async () => {
  const [date] = await builtDays(1);
  await arrive('b', date!);
  const [one, other] = [execution(), execution()];
  await one.discover();
  await other.discover();
  const [task] = (await one.plan()).tasks;
  const created = await one.create(task!);

  expect(await other.create(task!)).toBeUndefined();
  expect((await other.plan()).tasks).toEqual([]);
  await one.publish(created!);

  expect((await other.plan()).tasks).toEqual([]);
  expect(await messages(date!)).toBe('ab');
});

test('a publication that stands still at any call while a newer run takes over never wins for good', async () => {
  const dates = await builtDays(MANY);
  const { running, runs } = await readyToPublish(dates);
  const calls = await callsOf((fuse) => running.publish(runs.pop()!, lake.context(fuse)));

  for (let n = 1; n <= calls; n++) {
    const run = runs.pop()!;
    const date = run.task.event_date;
    const takeOver = async (): Promise<void> => {
      lake.clock.now += 36 * 60_000;
      await arrive('c', date);
      const newer = execution();
      await newer.discover();
      const task = (await newer.plan()).tasks.find((candidate) => candidate.event_date === date);
      await newer.publish((await newer.create(task!))!);
      expect(await messages(date)).toBe('abc');
    };
    const standing = lake.context({ calls: 0, blowsAfter: n, pause: takeOver });

    // It may end well, where all that counted was done before; it may notice that it is too late.
    await Promise.allSettled([running.publish(run, standing)]);

    expect(['ab', 'abc']).toContain(await messages(date));
  }
  await nextEndsWell();
  // The newest days were claimed first, so the oldest are published first; the very first counted the calls.
  for (const date of dates.slice(1, calls + 1)) expect(await messages(date)).toBe('abc');
});

test('the claim of an execution that has ended is taken over at once, unless its swap has begun', async () => {
  const { running, runs } = await readyToPublish(await builtDays(2));
  const [claimed, swapping] = runs as [CreatedRun, CreatedRun];
  // The eighth call writes that the swap begins.
  const killed = lake.context({ calls: 0, blowsAfter: 8 });
  await expect(running.publish(swapping, killed)).rejects.toThrow(KilledError);
  const ended = async (names: ReadonlySet<string>): Promise<Set<string>> => new Set(names);
  const next = execution({ ...lake.context(), ended });

  expect(await next.run()).toMatchObject({ failed: 0, stale: 1 });

  expect(await messages(claimed.task.event_date)).toBe('ab');
  expect(await messages(swapping.task.event_date)).toBe('a');
  await expect(running.publish(claimed)).rejects.toThrow('no longer holds');
  await nextEndsWell();
  expect(await messages(swapping.task.event_date)).toBe('ab');
});
