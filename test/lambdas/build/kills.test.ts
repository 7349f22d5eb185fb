import type { MillraceConfig } from '../../../core/config.ts';
import { dayOf } from '../../../lambdas/build/arrival-hours.ts';
import { Execution } from './execution.ts';
import { type Fuse, KilledError, type Lake, openLake } from './lake.ts';

const DAY_MS = 24 * 3_600_000;
const CONFIG: MillraceConfig = {
  apps: [{ id: 'shop', writeKeys: [{ key: 'write-key-of-shop' }], readKeys: [] }],
};
const START = Date.parse('2026-01-01T00:00:00Z');

let lake: Lake;
beforeAll(async () => {
  lake = await openLake(CONFIG);
});
afterAll(() => lake.close());

/** Every test has a day of its own, so that all can share a lake. */
let days = 0;
function newDay() {
  const start = START + ++days * DAY_MS;
  return {
    start,
    date: dayOf(start),
    arrive: (...ids: string[]) =>
      lake.arrive(
        ids.map((id) => ({ message_id: `${id}${days}`, event_at: start })),
        lake.clock.now,
      ),
  };
}

async function messages(date: string): Promise<string> {
  const rows = await lake.rows(
    `SELECT message_id FROM events WHERE app_id = 'shop' AND event_date = '${date}'`,
  );
  return rows
    .map(([id]) => id?.slice(0, 1))
    .sort()
    .join('');
}

let executions = 0;
const execution = (context = lake.context()): Execution =>
  new Execution(lake, `execution-${++executions}`, {}, context);

/** A new execution when every claim has ended, and readers have all that arrived. */
async function endsWell(date: string): Promise<void> {
  lake.clock.now += 36 * 60_000;
  expect(await execution().run()).toMatchObject({ failed: 0, stale: 0 });
  expect(await messages(date)).toBe('ab');
}

/** Built once with message a, claimed and created again with a and b. */
async function readyToPublish() {
  const day = newDay();
  await day.arrive('a');
  await execution().run();
  lake.clock.now += 60_000;
  await day.arrive('b');
  const running = execution();
  await running.discover();
  const [task] = (await running.plan()).tasks;
  const created = (await running.create(task!))!;
  return { ...day, running, created };
}

async function callsOf(work: (fuse: Fuse) => Promise<unknown>): Promise<number> {
  const fuse: Fuse = { calls: 0, blowsAfter: Number.POSITIVE_INFINITY };
  await work(fuse);
  return fuse.calls;
}

test('a publication killed after any of its calls leaves the old run or the new one, and can be done again', async () => {
  const { running, created } = await readyToPublish();
  const calls = await callsOf((fuse) => running.publish(created, lake.context(fuse)));
  expect(calls).toBeGreaterThan(10);
  const seen = new Set<string>();

  for (let n = 1; n <= calls; n++) {
    const { date, running, created } = await readyToPublish();
    const killed = lake.context({ calls: 0, blowsAfter: n });
    await expect(running.publish(created, killed)).rejects.toThrow(KilledError);
    const readers = await messages(date);
    seen.add(readers);
    expect(['a', 'ab']).toContain(readers);
    if (n % 2 === 0) {
      await running.publish(created);
      expect(await messages(date)).toBe('ab');
    }
    await endsWell(date);
  }

  expect(seen).toEqual(new Set(['a', 'ab']));
}, 30_000);

test('an execution killed after any call of any action leaves the old run or the new one, and the next ends well', async () => {
  const first = newDay();
  await first.arrive('a');
  await execution().run();
  lake.clock.now += 60_000;
  await first.arrive('b');
  const calls = await callsOf((fuse) => execution(lake.context(fuse)).run());
  expect(calls).toBeGreaterThan(30);

  for (let n = 1; n < calls; n += 2) {
    const day = newDay();
    await day.arrive('a');
    await execution().run();
    lake.clock.now += 60_000;
    await day.arrive('b');
    const killed = execution(lake.context({ calls: 0, blowsAfter: n }));
    await expect(killed.run()).rejects.toThrow(KilledError);
    expect(['a', 'ab']).toContain(await messages(day.date));
    await endsWell(day.date);
  }
}, 40_000);

test('two executions at the same time build each partition once', async () => {
  const day = newDay();
  await day.arrive('a', 'b');
  const [one, other] = [execution(), execution()];
  await one.discover();
  await other.discover();
  const [task] = (await one.plan()).tasks;
  const created = await one.create(task!);

  expect(await other.create(task!)).toBeUndefined();
  expect((await other.plan()).tasks).toEqual([]);
  await one.publish(created!);

  expect((await other.plan()).tasks).toEqual([]);
  expect(await messages(day.date)).toBe('ab');
});

test('a publication that stands still at any call while a newer run takes over never wins for good', async () => {
  const { running, created } = await readyToPublish();
  const calls = await callsOf((fuse) => running.publish(created, lake.context(fuse)));

  for (let n = 1; n <= calls; n++) {
    const { date, arrive, running, created } = await readyToPublish();
    const newer = async () => {
      lake.clock.now += 36 * 60_000;
      await arrive('c');
      await execution().run();
      expect(await messages(date)).toBe('abc');
    };
    const stood = lake.context({ calls: 0, blowsAfter: n, pause: newer });

    await running.publish(created, stood).catch((error: unknown) => {
      expect((error as Error).name).toBe('LeaseLostError');
    });

    expect(['ab', 'abc']).toContain(await messages(date));
    await execution().run();
    expect(await messages(date)).toBe('abc');
  }
}, 30_000);

test('the claim of an execution that has ended is taken over at once, unless its swap has begun', async () => {
  const { date, created, running } = await readyToPublish();
  const aware = { ...lake.context(), ended: async (names: ReadonlySet<string>) => new Set(names) };

  expect(await execution(aware).run()).toMatchObject({ failed: 0, stale: 0 });

  expect(await messages(date)).toBe('ab');
  await expect(running.publish(created)).rejects.toThrow('no longer holds');

  const swapping = await readyToPublish();
  const killed = lake.context({ calls: 0, blowsAfter: 3 });
  await expect(swapping.running.publish(swapping.created, killed)).rejects.toThrow(KilledError);
  expect(await execution(aware).run()).toMatchObject({ stale: 1 });
  expect(await messages(swapping.date)).toBe('a');
  await endsWell(swapping.date);
});
