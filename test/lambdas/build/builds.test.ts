import { addDays } from '../../../core/arrival-hours.ts';
import type { MillraceConfig } from '../../../core/config.ts';
import { parseConfig } from '../../../core/config-schema.ts';
import { runPrefix } from '../../../core/layout.ts';
import { funnelKey, REGISTRY_KEY } from '../../../core/registry.ts';
import { Execution } from './execution.ts';
import { BUCKET, type Lake, openLake } from './lake.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CONFIG: MillraceConfig = {
  apps: [
    {
      id: 'shop',
      writeKeys: [{ key: 'write-key-of-shop' }],
      readKeys: [],
      funnels: [{ name: 'buy', steps: [{ event: 'view' }, { event: 'purchase' }], window: '1d' }],
    },
  ],
};
const NOON = Date.parse('2026-11-21T12:00:00Z');

let lake: Lake;
let executions = 0;
beforeEach(async () => {
  lake = await openLake(CONFIG);
});
afterEach(() => lake.close());

/** Builds what there is to build. */
async function build(input = {}) {
  const execution = new Execution(lake, `execution-${++executions}`, input);
  return { finished: await execution.run(), execution };
}

const event = (message_id: string, event_at: number, more: object = {}) => ({
  message_id,
  event_at,
  ...more,
});

async function messages(): Promise<string[]> {
  const rows = await lake.rows("SELECT message_id, event_date FROM events WHERE app_id = 'shop'");
  return rows.map(([id, day]) => `${id} ${day}`).sort();
}

async function attempts(): Promise<string[]> {
  const rows = await lake.rows(
    "SELECT event_date, started_at, reached_2_at FROM funnel_attempts WHERE app_id = 'shop' AND funnel = 'buy'",
  );
  return rows.map(([day, , reached]) => `${day} ${reached === undefined ? 1 : 2}`).sort();
}

async function months(): Promise<string[]> {
  const rows = await lake.rows(
    "SELECT event_date, days_1, days_2, before_1 FROM funnel_months WHERE app_id = 'shop' AND funnel = 'buy'",
  );
  return rows.map((row) => row.join(' ')).sort();
}

async function settledUntil(): Promise<number | null> {
  const item = await lake.registryItem(REGISTRY_KEY.app('shop'), REGISTRY_KEY.version);
  return (item?.settled_until as number | undefined) ?? null;
}

describe('an execution', () => {
  test('builds events, steps and attempts of what arrived, and says up to when it is settled', async () => {
    await lake.arrive([event('a', NOON - HOUR_MS), event('b', NOON, { event: 'purchase' })], NOON);

    const { finished } = await build();

    expect(finished).toEqual({ failed: 0, stale: 0, frozen: 0, removed: 0 });
    expect(await messages()).toEqual(['a 2026-11-21', 'b 2026-11-21']);
    expect(await attempts()).toEqual(['2026-11-21 2']);
    expect(await months()).toEqual([`2026-11-01 ${2 ** 20} ${2 ** 20} 0`]);
    expect(await settledUntil()).toBe(lake.clock.now - 600_000);
  });

  test('notes which definition a funnel’s facts are of, so that no answer takes them for another', async () => {
    await lake.arrive([event('a', NOON)], NOON);

    await build();

    const { funnels, dimensions } = parseConfig(CONFIG).apps[0]!;
    const noted = await lake.registryItem(REGISTRY_KEY.app('shop'), REGISTRY_KEY.version);
    expect(JSON.parse(String(noted?.built_funnels))).toEqual({
      buy: funnelKey(funnels[0]!, dimensions),
    });
  });

  test('has nothing to do where nothing arrived since', async () => {
    await lake.arrive([event('a', NOON)], NOON);
    await build();

    const { execution } = await build();

    expect(execution.rounds).toEqual([]);
  });

  test('settles an empty lake', async () => {
    const { finished } = await build();

    expect(finished.failed).toBe(0);
    expect(await settledUntil()).toBe(lake.clock.now - 600_000);
  });

  test('finds the same event five times, over hours, days and builds, and keeps one', async () => {
    const copy = event('a', NOON - 2 * DAY_MS);
    await lake.arrive([copy, copy], NOON - 2 * DAY_MS);
    await lake.arrive([copy], NOON - 2 * DAY_MS + HOUR_MS);
    await build();
    await lake.arrive([copy], NOON - DAY_MS);
    await build();
    await lake.arrive([{ ...copy, event_at: NOON }], NOON);
    await build();

    expect(await messages()).toEqual(['a 2026-11-19']);
  });

  test('puts events that are late by a day or a month into their day, and their steps into attempts', async () => {
    const yesterday = NOON - DAY_MS;
    await lake.arrive([event('a', yesterday), event('x', NOON)], NOON);
    await build();
    expect(await attempts()).toEqual(['2026-11-20 1', '2026-11-21 1']);
    lake.clock.now += HOUR_MS;
    await lake.arrive(
      [event('b', yesterday + HOUR_MS, { event: 'purchase' }), event('c', NOON - 30 * DAY_MS)],
      NOON + HOUR_MS,
    );

    const { execution } = await build();

    expect(await messages()).toEqual([
      'a 2026-11-20',
      'b 2026-11-20',
      'c 2026-10-22',
      'x 2026-11-21',
    ]);
    expect(await attempts()).toEqual(['2026-10-22 1', '2026-11-20 2', '2026-11-21 1']);
    expect(await months()).toEqual([
      `2026-10-01 ${2 ** 21} 0 0`,
      `2026-11-01 ${2 ** 19 + 2 ** 20} ${2 ** 19} ${2 ** (21 + 31)}`,
    ]);
    expect(execution.rounds[0]?.map((task) => task.event_date)).toEqual([
      '2026-11-20',
      '2026-10-22',
    ]);
  });

  test('counts the publications of an app', async () => {
    await lake.arrive([event('a', NOON)], NOON);
    await build();

    const item = await lake.registryItem(REGISTRY_KEY.app('shop'), REGISTRY_KEY.version);

    expect(item?.version).toBe(4);
  });

  test('builds the days of a backfill again', async () => {
    await lake.arrive([event('a', NOON), event('b', NOON - 5 * DAY_MS)], NOON);
    await build();

    const backfill = { app_id: 'shop', from: '2026-11-21', to: '2026-11-22' };
    const { execution } = await build({ backfill });

    expect(
      execution.rounds.flat().map(({ table, event_date }) => `${table} ${event_date}`),
    ).toEqual([
      'events 2026-11-21',
      'funnel_steps 2026-11-21',
      'funnel_attempts 2026-11-21',
      'funnel_months 2026-11-01',
    ]);
  });

  test('mends a partition that somebody removed from the catalog, at night', async () => {
    await lake.arrive([event('a', NOON)], NOON);
    await build();
    await lake.dropPartition('events', ['shop', '2026-11-21']);
    expect(await messages()).toEqual([]);

    await build();
    expect(await messages()).toEqual([]);
    await build({ full: true });

    expect(await messages()).toEqual(['a 2026-11-21']);
  });

  test('counts rows that are no events and builds the others', async () => {
    await lake.arrive(
      [event('a', NOON), { ...event('', NOON), message_id: null as unknown as string }],
      NOON,
    );

    await build();

    const hour = await lake.registryItem(REGISTRY_KEY.raw, REGISTRY_KEY.hour('2026-11-21T12'));
    expect(hour?.not_events).toBe(1);
    expect(await messages()).toEqual(['a 2026-11-21']);
  });
});

describe('a build that fails', () => {
  test('leaves what readers have, tells why, and is built again by the next execution', async () => {
    await lake.arrive([event('a', NOON)], NOON);
    await build();
    lake.clock.now += HOUR_MS;
    await lake.arrive([event('b', NOON)], NOON + HOUR_MS);
    const failing = new Execution(lake, 'failing');
    await failing.discover();
    const [task] = (await failing.plan()).tasks;
    const created = await failing.create(task!);
    await failing.abandon(created!, { Error: 'Athena.AthenaException', Cause: 'exhausted' });

    const again = await failing.plan();
    const finished = await failing.finish(lake.clock.now);

    expect(again.tasks).toEqual([]);
    expect(finished).toMatchObject({ failed: 1, stale: 3 });
    expect(await settledUntil()).toBe(lake.clock.now - HOUR_MS - 600_000);
    expect(await messages()).toEqual(['a 2026-11-21']);
    expect(await lake.partition(task!)).toMatchObject({
      state: 'failed',
      failure: { cause: 'Athena.AthenaException: exhausted', execution: 'failing' },
    });
    expect((await build()).finished).toMatchObject({ failed: 0, stale: 0 });
    expect(await messages()).toEqual(['a 2026-11-21', 'b 2026-11-21']);
  });

  test('refuses a query that did not succeed, a foreign table, and a run that is not its own', async () => {
    await lake.arrive([event('a', NOON)], NOON);
    const execution = new Execution(lake, 'refused');
    await execution.discover();
    const [task] = (await execution.plan()).tasks;
    const created = (await execution.create(task!))!;

    const foreign = { ...created, run_id: '20260101t000000_00000000' };
    await expect(execution.publish(foreign)).rejects.toThrow('no longer holds');
    const question = await lake.run('SELECT 1 AS one');
    const noCtas = { ...created, query_execution_id: question };
    await expect(execution.publish(noCtas)).rejects.toThrow('does not make the table');
  });
});

test('a run with a column that the table does not have is not published: readers would not see it', async () => {
  await lake.arrive([event('a', NOON)], NOON);
  await lake.dropColumn('events', 'person_key');
  const execution = new Execution(lake, 'strange');
  await execution.discover();
  const [task] = (await execution.plan()).tasks;
  const created = (await execution.create(task!))!;

  const published = execution.publish(created);

  await expect(published).rejects.toThrow(
    'table events does not have the columns person_key bigint, it has message_id string,',
  );
});

describe('old runs', () => {
  test('go after the time that queries may still read them, and never the published one', async () => {
    await lake.arrive([event('a', NOON)], NOON);
    await build();
    await lake.arrive([event('b', NOON)], NOON + HOUR_MS);
    lake.clock.now += HOUR_MS;
    await build();
    const task = { table: 'events', app_id: 'shop', event_date: '2026-11-21' } as const;
    const [old] = (await lake.partition(task))!.retired;
    const files = async () => (await lake.store.list(BUCKET, runPrefix(task, old!.run_id))).length;
    lake.clock.now += 23 * HOUR_MS;
    await build();
    expect(await files()).toBeGreaterThan(0);

    lake.clock.now += 2 * HOUR_MS;
    const { finished } = await build();

    expect(finished.removed).toBe(4);
    expect(await files()).toBe(0);
    expect(await messages()).toEqual(['a 2026-11-21', 'b 2026-11-21']);
    expect((await lake.partition(task))!.retired).toEqual([]);
  });

  test('of claims that were never published go, too', async () => {
    await lake.arrive([event('a', NOON)], NOON);
    const dead = new Execution(lake, 'dead');
    await dead.discover();
    const [task] = (await dead.plan()).tasks;
    const created = (await dead.create(task!))!;
    lake.clock.now += HOUR_MS;
    await build();
    const prefix = runPrefix(task!, created.run_id);
    expect(await lake.store.list(BUCKET, prefix)).not.toEqual([]);

    lake.clock.now += 25 * HOUR_MS;
    await build();

    expect(await lake.store.list(BUCKET, prefix)).toEqual([]);
    expect(await lake.temporaryTables()).toEqual([]);
    expect(await messages()).toEqual(['a 2026-11-21']);
  });
});

describe('expired raw events', () => {
  test('leave the days that they made as they are', async () => {
    await lake.close();
    lake = await openLake({ ...CONFIG, retention: { rawDays: 30 } });
    const [old, day] = [NOON - 10 * DAY_MS, addDays('2026-11-21', -10)];
    await lake.arrive([event('a', old)], old);
    await build();
    lake.clock.now += 25 * DAY_MS;
    await lake.arrive([event('late', old)], lake.clock.now);

    const { finished } = await build({ full: true });

    expect(finished).toMatchObject({ failed: 0, stale: 0, frozen: 1 });
    expect(await messages()).toEqual([`a ${day}`]);
  });
});
