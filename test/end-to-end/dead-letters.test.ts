import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import type { DeadLettersAnswer } from '../../core/api.ts';
import { askLake } from './lake.ts';
import { deploymentWith } from './schema-deployment.ts';
import { type Client, removeStacks, startChild, startTestStack, temporaryFolder } from './stack.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const STEPS = ['home', 'search', 'product', 'cart', 'payment', 'confirmation'];
const DAY_MS = 86_400_000;
const DAY = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
const RANGE = `from=${DAY}&to=${new Date(Date.parse(DAY) + DAY_MS).toISOString().slice(0, 10)}`;
const PEOPLE = ['ann', 'bob', 'cat', 'dan', 'eve'];

const quantity = (type: readonly string[]) => ({
  type: 'object',
  required: ['quantity'],
  properties: { quantity: { type } },
});
/** A schema that was wrong for a day: clients send numbers. */
const WRONG = { '1-0-0': quantity(['string']) };
const MENDED = { ...WRONG, '1-0-1': quantity(['string', 'integer']) };

afterAll(removeStacks);

/** A purchase of the day; the first person's client sends no message ids, the last one's no quantity either. */
function visit(person: string): object[] {
  return STEPS.map((event, step) => ({
    type: 'track',
    event,
    anonymousId: person,
    ...(person !== 'ann' && { messageId: `${person}-${event}` }),
    timestamp: `${DAY}T12:0${step}:00.000Z`,
    properties: event === 'cart' && person !== 'eve' ? { quantity: 2 } : {},
  }));
}

/** `npm run redrive` against a stack. */
async function redrive(awsUrl: string, ...args: string[]) {
  const command = ['cli/redrive.ts', '--app', 'shop', '--endpoint', awsUrl, ...args];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', ...command], {
      cwd: ROOT,
    });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout, complaint: stderr };
  }
}

async function letters(stack: Client, more = 'samples=50'): Promise<DeadLettersAnswer> {
  const answer = await stack.ask('shop', `dead-letters?${more}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as DeadLettersAnswer;
}

async function funnel(stack: Client): Promise<number[]> {
  const answer = await stack.ask('shop', `funnels?name=checkout&${RANGE}`);
  const { groups } = (await answer.json()) as { groups: { steps: { people: number }[] }[] };
  return groups[0]?.steps.map(({ people }) => people) ?? [];
}

const counted = (output: string) =>
  Object.fromEntries(
    [...output.matchAll(/^(\S[\w ]*?) {2,}(\d+)/gm)].map(([, name, count]) => [
      name,
      Number(count),
    ]),
  );

test('dead letters of a schema that was wrong for a day are events after a redrive, each once, however often it runs or is killed', async () => {
  // Prepare: a day with the wrong schema.
  const data = temporaryFolder();
  const wrong = await startTestStack({ data, assembly: await deploymentWith('cart', WRONG) });
  for (const person of PEOPLE) await wrong.send('/v1/batch', { batch: visit(person) });
  await wrong.build();
  expect(await funnel(wrong)).toEqual([5, 5, 5, 0, 0, 0]);
  expect(await letters(wrong)).toMatchObject({
    waiting: 5,
    by_code: [{ value: 'schema_violation', waiting: 5 }],
    by_schema: [{ value: 'cart/1-0-0', waiting: 5 }],
  });
  const early = await redrive(wrong.awsUrl, '--dry-run');
  expect(counted(early.output)).toMatchObject({ found: 5, 'would pass': 0, 'would fail again': 5 });
  await wrong.stop();

  // Act: the schema is mended; a redrive is killed after it has sent and before it has noted anything.
  const assembly = await deploymentWith('cart', MENDED);
  const killed = await startChild({
    data,
    assembly,
    faults: [{ service: 's3', operation: 'PutObject', action: 'crash' }],
  });
  const crashed = await redrive(killed.awsUrl, '--schema', 'cart/1');
  await killed.kill();
  const stack = await startTestStack({ data, assembly });
  const dry = await redrive(stack.awsUrl, '--code', 'schema_violation', '--dry-run');
  const first = await redrive(stack.awsUrl, '--code', 'schema_violation');
  const second = await redrive(stack.awsUrl, '--code', 'schema_violation');
  await stack.build();

  // Assess
  expect(crashed.code).toBe(1);
  expect(dry.code).toBe(1);
  expect(counted(dry.output)).toMatchObject({ found: 5, 'would pass': 4, 'would fail again': 1 });
  expect(dry.output).toContain('/properties/quantity is missing');
  expect(counted(first.output)).toMatchObject({ found: 5, passed: 4, 'failed again': 1 });
  expect(counted(second.output)).toMatchObject({ found: 1, passed: 0, 'already redriven': 4 });
  expect(await funnel(stack)).toEqual([5, 5, 5, 4, 4, 4]);
  const rows = await askLake(
    stack,
    `SELECT message_id, count(*) AS times, min("schema") AS passed FROM events
     WHERE app_id = 'shop' AND event_date = '${DAY}' AND "event" = 'cart' GROUP BY message_id`,
  );
  expect(rows).toHaveLength(4);
  expect(rows.every(({ times, passed }) => times === '1' && passed === 'cart/1-0-1')).toBe(true);
  const [sent] = await askLake(
    stack,
    `SELECT count(*) AS times FROM raw_events WHERE "event" = 'cart'`,
  );
  expect(sent).toEqual({ times: '8' });
  const left = await letters(stack);
  expect(left).toMatchObject({ waiting: 1, failed_again: 1, redriven: 4 });
  expect(left.samples).toMatchObject([
    { message_id: 'eve-cart', pointer: '/properties/quantity', schema: 'cart/1-0-1' },
  ]);
  await stack.stop();
});

test('a record that Firehose cannot convert is a dead letter, and waits with its new reason after a redrive in vain', async () => {
  // Prepare
  const stack = await startTestStack();
  const client = new KinesisClient({
    endpoint: stack.awsUrl,
    region: stack.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const [streamName] = Object.entries(stack.outputs).find(([name]) => /RefStream/.test(name)) ?? [];
  const at = Date.parse(`${DAY}T12:00:00Z`);
  const line = (id: string, event_at: unknown) =>
    JSON.stringify({ message_id: id, app_id: 'shop', type: 'track', event: 'odd', event_at });
  // Act
  await client.send(
    new PutRecordCommand({
      StreamName: stack.outputs[streamName ?? ''],
      PartitionKey: 'key',
      Data: Buffer.from(`${line('good', at)}\n${line('bad', 'noon')}\n`),
    }),
  );
  client.destroy();
  await stack.flush();
  await stack.invoke('Gather', {});
  const before = await letters(stack);
  const dry = await redrive(stack.awsUrl, '--code', 'conversion_failed', '--dry-run');
  const done = await redrive(stack.awsUrl);
  const after = await letters(stack);
  // Assess
  expect(before).toMatchObject({ waiting: 1, by_code: [{ value: 'conversion_failed' }] });
  expect(before.samples).toMatchObject([{ message_id: 'bad', payload: line('bad', 'noon') }]);
  expect(counted(dry.output)).toMatchObject({ found: 1, 'would pass': 0, 'would fail again': 1 });
  expect(done.output).toContain('/event_at is "noon"');
  expect(after).toMatchObject({ waiting: 1, failed_again: 1 });
  expect(after.samples[0]?.message).toContain('/event_at is "noon"');
  await stack.stop();
});

test('a redrive that is asked for wrongly says what is allowed', async () => {
  const nowhere = 'http://127.0.0.1:1';
  const date = await redrive(nowhere, '--from', 'yesterday');
  const code = await redrive(nowhere, '--code', 'wrong');
  const flag = await redrive(nowhere, '--since', '2026-01-01');

  expect([date.code, code.code, flag.code]).toEqual([2, 2, 2]);
  expect(date.complaint).toContain('from must be a date (2026-03-29)');
  expect(code.complaint).toContain('unknown code "wrong", allowed are invalid_json');
  expect(flag.complaint).toContain("Unknown option '--since'");
});
