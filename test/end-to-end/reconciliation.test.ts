import { createHash } from 'node:crypto';
import { readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type {
  DeadLettersAnswer,
  ReconciliationAnswer,
  ReconciliationCounts,
} from '../../core/api.ts';
import type { MillraceConfig } from '../../core/config.ts';
import { NAMESPACE, person, reconcileLater } from './settled-hours.ts';
import { removeStacks, startTestStack, type TestStack } from './stack.ts';

const HOUR_MS = 3_600_000;

/** An app a test: none sees the others' counts. */
const APPS = [
  'sums',
  'lost',
  'unbuilt',
  'waiting',
  'failed',
  'asked',
  'quiet',
  'redriven',
] as const;
type AppName = (typeof APPS)[number];
const readKey = (app: AppName) => `${app}-read-key`;
const config: MillraceConfig = {
  apps: APPS.map((id) => ({
    id,
    writeKeys: [{ key: `${id}-write-key` }],
    readKeys: [{ name: 'test', sha256: createHash('sha256').update(readKey(id)).digest('hex') }],
    visitors: { dnt: 'nothing' },
  })),
};

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ config });
});
afterAll(async () => {
  await stack.stop();
  removeStacks();
});

const send = (app: AppName, body: unknown) => stack.send('/v1/batch', body, `${app}-write-key`);

const track = (messageId: string, more: object = {}) => ({
  type: 'track',
  event: 'home',
  anonymousId: 'ann',
  messageId,
  ...more,
});
const events = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => track(`${prefix}-${i}`));

async function ask(app: AppName, question = 'reconciliation'): Promise<ReconciliationAnswer> {
  const response = await stack.ask(app, question, readKey(app));
  return (await response.json()) as ReconciliationAnswer;
}

async function letters(app: AppName): Promise<DeadLettersAnswer> {
  return (await (await stack.ask(app, 'dead-letters', readKey(app))).json()) as DeadLettersAnswer;
}

/** Totals that are not zero. */
function some(total: ReconciliationCounts): Record<string, number> {
  return Object.fromEntries(Object.entries(total).filter(([, count]) => count !== 0));
}

/** What goes in and what it became: the same number, whatever happened. */
function sums({ total }: ReconciliationAnswer): number[] {
  return [
    total.received + total.redriven + total.surplus,
    total.stored +
      total.duplicate +
      total.refused +
      total.undelivered +
      total.declined +
      total.in_flight +
      total.missing,
  ];
}

/** The largest value of the metric of a run since an hour ago. */
async function metric(name: string): Promise<number | undefined> {
  const { MetricDataResults } = await new CloudWatchClient(person(stack)).send(
    new GetMetricDataCommand({
      StartTime: new Date(Date.now() - HOUR_MS),
      EndTime: new Date(Date.now() + HOUR_MS),
      MetricDataQueries: [
        {
          Id: 'm',
          MetricStat: {
            Metric: { Namespace: NAMESPACE, MetricName: name },
            Period: 3600,
            Stat: 'Maximum',
          },
        },
      ],
    }),
  );
  return MetricDataResults?.[0]?.Values?.[0];
}

/** Files of raw_events. */
function rawFiles(): string[] {
  const raw = path.join(stack.data, 's3', stack.outputs.LakeBucket!, 'raw');
  return readdirSync(raw, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

test('what was received is in flight, then stored, repeated or refused, and adds up', async () => {
  // Prepare
  const batch = [...events('a', 3), track('a-0'), track('b', { event: undefined })];
  await send('sums', { batch });
  await send('sums', { batch: [track('a-1')] });
  await send('sums', 'no batch');
  // Act
  await stack.invoke('Reconcile', {});
  const before = await ask('sums');
  await stack.build();
  await stack.invoke('Reconcile', {});
  const after = await ask('sums');
  const later = await reconcileLater(stack, 'sums', 3);
  // Assess
  expect(some(before.total)).toEqual({ received: 7, accepted: 5, in_flight: 7 });
  expect(some(after.total)).toEqual({
    received: 7,
    accepted: 5,
    stored: 3,
    duplicate: 2,
    refused: 2,
    delivered_twice: 1,
  });
  expect(later).toMatchObject({ warnings: [], apps: [{ missing: 0, surplus: 0 }] });
  for (const answer of [before, after, await ask('sums')]) {
    expect(sums(answer)[0]).toBe(sums(answer)[1]);
  }
  expect((await ask('sums')).hours.map(({ state }) => state)).toEqual(
    after.hours.map(() => 'settled'),
  );
});

test('events that are lost on their way are missing, raise the metric and warn, until they are back', async () => {
  // Prepare
  const before = rawFiles();
  await send('lost', { batch: events('lost', 4) });
  await stack.flush();
  const [file] = rawFiles().filter((one) => !before.includes(one));
  renameSync(file!, `${stack.data}/hidden`);
  await send('lost', { batch: events('kept', 3) });
  await stack.build();
  // Act
  const lost = await reconcileLater(stack, 'lost', 3);
  await stack.invoke('Reconcile', {});
  const raised = await metric('Missing');
  renameSync(`${stack.data}/hidden`, file!);
  await stack.build({ full: true });
  const found = await reconcileLater(stack, 'lost', 4);
  // Assess
  expect(lost).toMatchObject({
    warnings: ['an hour does not add up: events are missing'],
    apps: [{ missing: 4, surplus: 0 }],
  });
  expect(raised).toBe(4);
  // The function asked the lines of the log, too, and was allowed to.
  expect(stack.terminal.join('\n')).not.toContain('not authorized');
  expect(found).toMatchObject({ warnings: [], apps: [{ missing: 0, surplus: 0 }] });
  expect(some((await ask('lost')).total)).toEqual({ received: 7, accepted: 7, stored: 7 });
});

test('events that the builds lose are missing too: they do not pass for repeats', async () => {
  // Prepare
  await send('unbuilt', { batch: events('built', 2) });
  await stack.build();
  await send('unbuilt', { batch: events('unbuilt', 3) });
  await stack.flush();
  // Act
  const later = await reconcileLater(stack, 'unbuilt', 3);
  // Assess
  expect(later).toMatchObject({ apps: [{ missing: 3, duplicate: 0 }] });
  expect(some((await ask('unbuilt')).total)).toMatchObject({ stored: 2, unbuilt: 3, missing: 3 });
});

test('events that wait beside a stream which is down are in flight, and stored once they are sent on', async () => {
  // Prepare
  stack.faults.set([{ service: 'kinesis', operation: 'PutRecords', action: 'throttle' }]);
  await send('waiting', { batch: events('waiting', 2) });
  await stack.build();
  // Act
  await stack.invoke('Reconcile', {});
  const waiting = await ask('waiting');
  stack.faults.clear();
  await stack.runSchedule('Refill/Hourly');
  await stack.build();
  await stack.invoke('Reconcile', {});
  // Assess
  expect(some(waiting.total)).toEqual({ received: 2, accepted: 2, in_flight: 2 });
  expect(some((await ask('waiting')).total)).toEqual({ received: 2, accepted: 2, stored: 2 });
});

test('what was answered 503 is unconfirmed, and counts once it is sent again', async () => {
  // Prepare
  stack.faults.set([
    { service: 'kinesis', operation: 'PutRecords', action: 'throttle' },
    { service: 's3', operation: 'PutObject', action: 'error', code: 'AccessDenied' },
  ]);
  const failed = await send('failed', { batch: events('failed', 2) });
  stack.faults.clear();
  await send('failed', { batch: events('failed', 2) });
  await stack.build();
  // Act
  await stack.invoke('Reconcile', {});
  // Assess
  expect(failed.status).toBe(503);
  expect(some((await ask('failed')).total)).toEqual({
    received: 2,
    accepted: 2,
    stored: 2,
    unconfirmed: 2,
  });
});

test('what a visitor does not want kept is declined: it adds up and is stored nowhere', async () => {
  // Prepare
  await fetch(`${stack.apiUrl}/v1/batch`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('quiet-write-key:').toString('base64')}`,
      dnt: '1',
    },
    body: JSON.stringify({ batch: events('declined', 3) }),
  });
  await send('quiet', { batch: events('kept', 1) });
  await stack.build();
  // Act
  await stack.invoke('Reconcile', {});
  // Assess
  const answer = await ask('quiet');
  expect(some(answer.total)).toEqual({ received: 4, accepted: 1, stored: 1, declined: 3 });
  expect(sums(answer)[0]).toBe(sums(answer)[1]);
});

test('dead letters that are sent again or dismissed add up: a refused batch as one letter or more, its events as stored, a wrong one of them as nothing more', async () => {
  // Prepare
  const wrong = track('wrong', { event: undefined });
  const refused = await send('redriven', { batch: [...events('many', 2_500), wrong] });
  await stack.flush();
  // Act
  const sent = await stack.invoke('Redrive', { app: 'redriven' });
  const waiting = await letters('redriven');
  await stack.invoke('Redrive', { app: 'redriven', dismiss: 'not wanted', dry_run: false });
  const dismissed = await letters('redriven');
  await stack.build();
  await stack.invoke('Reconcile', {});
  const later = await reconcileLater(stack, 'redriven', 3);
  // Assess
  expect(refused.status).toBe(400);
  const answer = await ask('redriven');
  expect(sent).toMatchObject({ events: 2_500, refused_calls: 1, failed: 0 });
  expect(waiting).toMatchObject({ waiting: 1, failed_again: 0, dismissed: 0 });
  expect(waiting.samples).toMatchObject([{ message_id: 'wrong', code: 'invalid_event' }]);
  expect(dismissed).toMatchObject({ waiting: 0, dismissed: 1, samples: [] });
  expect(answer.total).toMatchObject({ accepted: 0, redriven: 2_500, stored: 2_500, surplus: 0 });
  expect(answer.total.refused).toBe(answer.total.received);
  expect(sums(answer)[0]).toBe(sums(answer)[1]);
  expect(later.warnings).toEqual([]);
});

test('a read key asks for its own app, in its own range, and gets a tag and CSV', async () => {
  // Prepare
  await send('asked', { batch: events('a', 1) });
  await stack.build();
  await stack.runSchedule('Reconcile/Hourly');
  // Act
  const answer = await stack.ask('asked', 'reconciliation?tz=Asia/Kolkata', readKey('asked'));
  const unchanged = await fetch(`${stack.apiUrl}/v1/apps/asked/reconciliation?tz=Asia/Kolkata`, {
    headers: {
      authorization: `Bearer ${readKey('asked')}`,
      'if-none-match': answer.headers.get('etag') ?? '',
    },
  });
  const csv = await (
    await stack.ask('asked', 'reconciliation?format=csv', readKey('asked'))
  ).text();
  const refused = [
    await stack.ask('nobody', 'reconciliation', readKey('asked')),
    await stack.ask('asked', 'reconciliation', 'asked-write-key'),
    await stack.ask('asked', 'reconciliation?from=2025-01-01&to=2026-01-01', readKey('asked')),
    await stack.ask('asked', 'reconciliation?event=home', readKey('asked')),
  ];
  const earlier = await ask('asked', 'reconciliation?from=2026-01-01&to=2026-01-02');
  // Assess
  const { hours } = (await answer.json()) as ReconciliationAnswer;
  expect(hours[0]?.hour).toMatch(/:30:00\.000\+05:30$/);
  expect(unchanged.status).toBe(304);
  expect(csv.split('\r\n')[0]).toMatch(/^hour,state,received,accepted,/);
  expect(refused.map(({ status }) => status)).toEqual([403, 401, 400, 400]);
  expect(earlier).toMatchObject({ hours: [], total: { received: 0 } });
});
