import type { MillraceConfig } from '../../../core/config.ts';
import { PREFIX } from '../../../core/layout.ts';
import { REGISTRY_KEY } from '../../../core/registry.ts';
import { waitingSince } from '../../../lambdas/build/fallback.ts';
import { fallbackKey } from '../../../lambdas/runtime/fallback.ts';
import { Execution } from './execution.ts';
import { BUCKET, type Lake, openLake } from './lake.ts';

const HOUR_MS = 3_600_000;
const LAG_MS = 600_000;
const CONFIG: MillraceConfig = {
  apps: [{ id: 'shop', writeKeys: [{ key: 'write-key-of-shop' }], readKeys: [] }],
};

let lake: Lake;
let executions = 0;
beforeEach(async () => {
  lake = await openLake(CONFIG);
});
afterEach(() => lake.close());

async function build(): Promise<number> {
  await new Execution(lake, `execution-${++executions}`).run();
  const item = await lake.registryItem(REGISTRY_KEY.app('shop'), REGISTRY_KEY.version);
  return item?.settled_until as number;
}

test('what waits in the fallback holds settled_until until it was sent on', async () => {
  const key = fallbackKey('events', new Date());
  const from = Date.now();
  await lake.store.put(BUCKET, key, '{}\n');
  const to = Date.now();
  lake.clock.now = to + 5 * HOUR_MS;

  const held = await build();
  lake.clock.now += HOUR_MS;
  const stillHeld = await build();
  await lake.store.delete(BUCKET, key);
  const released = await build();

  // A file's time may be a tick older than the clock was.
  expect(held).toBeGreaterThanOrEqual(from - LAG_MS - 100);
  expect(held).toBeLessThanOrEqual(to - LAG_MS);
  expect(stillHeld).toBe(held);
  expect(released).toBe(lake.clock.now - LAG_MS);
});

test('the oldest object counts, of the first day', async () => {
  const { s3 } = lake.context();
  const put = (name: string) => lake.store.put(BUCKET, `${PREFIX.fallback}${name}`, '{}\n');
  await put('dt=2026-11-21/a.jsonl');
  await put('dt=2026-11-20/b.jsonl');
  const oldest = await waitingSince(s3, BUCKET);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await put('dt=2026-11-20/a.jsonl');

  const waiting = await waitingSince(s3, BUCKET);

  expect(oldest).toBeDefined();
  expect(waiting).toBe(oldest);
});

test('refused events that wait there hold nothing: they are in no table', async () => {
  await lake.store.put(BUCKET, fallbackKey('dead-letters', new Date()), '{}\n');

  expect(await waitingSince(lake.context().s3, BUCKET)).toBeUndefined();
  expect(await build()).toBe(lake.clock.now - LAG_MS);
});
