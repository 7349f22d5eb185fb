import type { MillraceConfig } from '../../../core/config.ts';
import { Execution } from './execution.ts';
import { type Lake, openLake, type RawEvent } from './lake.ts';

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
const NOON = Date.parse('2026-11-20T12:00:00Z');
/** Keys of devices and of users. */
const [PHONE, TABLET, ANN, BOB] = [81, 82, 71, 72];

let lake: Lake;
let executions = 0;
beforeEach(async () => {
  lake = await openLake(CONFIG);
});
afterEach(() => lake.close());

/** Partitions that an execution builds. */
async function build(input = {}): Promise<string[]> {
  const execution = new Execution(lake, `execution-${++executions}`, input);
  expect(await execution.run()).toMatchObject({ failed: 0, stale: 0 });
  return execution.rounds.flat().map(({ table, event_date }) => `${table} ${event_date}`);
}

/** An event that arrives when it happens. */
async function happens(event: string, event_at: number, keys: Partial<RawEvent>): Promise<void> {
  const raw = { message_id: `${event} ${event_at}`, event, event_at, anonymous_key: null, ...keys };
  await lake.arrive([raw], event_at);
}

/** Whose each event is. */
async function people(): Promise<string[]> {
  const rows = await lake.rows("SELECT event, person_key FROM events WHERE app_id = 'shop'");
  return rows.map(([event, person]) => `${event} ${person}`).sort();
}

/** People who came to the funnel's steps. */
async function funnel(): Promise<string[]> {
  const rows = await lake.rows(
    "SELECT person_key, reached_2_at FROM funnel_attempts WHERE app_id = 'shop' AND funnel = 'buy'",
  );
  return rows.map(([person, reached]) => `${person} ${reached === undefined ? 1 : 2}`).sort();
}

test('a visit, a login and a purchase by user id of one day are one person in the funnel at once', async () => {
  await happens('view', NOON, { anonymous_key: PHONE });
  await build();
  expect(await funnel()).toEqual([`${PHONE} 1`]);

  await happens('login', NOON + HOUR_MS, { anonymous_key: PHONE, user_key: ANN });
  await happens('purchase', NOON + 2 * HOUR_MS, { user_key: ANN });
  await build();

  expect(await people()).toEqual([`login ${ANN}`, `purchase ${ANN}`, `view ${ANN}`]);
  expect(await funnel()).toEqual([`${ANN} 2`]);
});

test('a login on the next day reaches back at night, and the funnel follows', async () => {
  await happens('view', NOON, { anonymous_key: PHONE });
  await happens('view', NOON + HOUR_MS, { anonymous_key: TABLET });
  await happens('purchase', NOON + 2 * HOUR_MS, { user_key: ANN });
  await build();
  await happens('login', NOON + DAY_MS, { anonymous_key: PHONE, user_key: ANN });

  const hourly = await build();
  expect(hourly).toEqual([
    'events 2026-11-21',
    'funnel_steps 2026-11-21',
    'funnel_attempts 2026-11-21',
    'funnel_attempts 2026-11-20',
    'funnel_months 2026-11-01',
  ]);
  expect(await funnel()).toEqual([`${PHONE} 1`, `${TABLET} 1`]);
  const nightly = await build({ full: true });

  expect(nightly).toEqual([
    'events 2026-11-20',
    'funnel_steps 2026-11-20',
    'funnel_attempts 2026-11-20',
    'funnel_months 2026-11-01',
  ]);
  expect(await funnel()).toEqual([`${ANN} 2`, `${TABLET} 1`]);
});

test('the same inputs are built once, in whatever order hourly and nightly runs come', async () => {
  await happens('view', NOON, { anonymous_key: PHONE });
  await build();
  await happens('login', NOON + DAY_MS, { anonymous_key: PHONE, user_key: ANN });
  await build();
  await build({ full: true });

  expect(await build({ full: true })).toEqual([]);
  expect(await build()).toEqual([]);
  expect(await build({ full: true })).toEqual([]);
});

test('a login after the window leaves the day alone', async () => {
  await happens('view', NOON, { anonymous_key: PHONE });
  await build();
  await happens('login', NOON + 8 * DAY_MS, { anonymous_key: PHONE, user_key: ANN });
  await build();

  expect(await build({ full: true })).toEqual([]);
  expect(await people()).toContain(`view ${PHONE}`);
});

test('a device that two use belongs to the first, also where the second came before a build', async () => {
  await happens('login', NOON, { anonymous_key: PHONE, user_key: ANN });
  await happens('login', NOON + HOUR_MS, { anonymous_key: PHONE, user_key: BOB });
  await happens('view', NOON + 2 * HOUR_MS, { anonymous_key: PHONE });
  await build();
  await happens('login', NOON + DAY_MS, { anonymous_key: PHONE, user_key: BOB });
  await happens('view', NOON + DAY_MS + HOUR_MS, { anonymous_key: PHONE });
  await build();
  await build({ full: true });

  expect(await people()).toEqual([
    `login ${ANN}`,
    `login ${BOB}`,
    `login ${BOB}`,
    `view ${ANN}`,
    `view ${ANN}`,
  ]);
});

test('history that was loaded over several hours sees its logins after a backfill', async () => {
  const loaded = NOON + 60 * DAY_MS;
  const view = { message_id: 'v', event: 'view', event_at: NOON, anonymous_key: PHONE };
  const login = { anonymous_key: PHONE, user_key: ANN };
  await lake.arrive([view], loaded);
  await build();
  await lake.arrive(
    [{ ...login, message_id: 'l', event: 'login', event_at: NOON + 20 * DAY_MS }],
    loaded + 3 * HOUR_MS,
  );
  await build();
  await build({ full: true });
  expect(await people()).toEqual([`login ${ANN}`, `view ${PHONE}`]);

  await build({ backfill: { app_id: 'shop', from: '2026-11-20', to: '2026-11-21' } });

  expect(await people()).toEqual([`login ${ANN}`, `view ${ANN}`]);
});
