import type { Context } from 'aws-lambda';
import { kinesis } from '../../../lambdas/runtime/clients/kinesis.ts';
import { logger } from '../../../lambdas/runtime/logger.ts';
import { type Aws, DESTINATIONS, startAws } from '../aws.ts';

let aws: Aws;
let handler: (input: unknown, context: Context) => Promise<unknown>;

beforeAll(async () => {
  logger.setLogLevel('SILENT');
  aws = await startAws();
  Object.assign(process.env, {
    STREAM_NAME: DESTINATIONS.streamName,
    DEAD_LETTER_STREAM_NAME: DESTINATIONS.deadLetterStreamName,
    LAKE_BUCKET: DESTINATIONS.lakeBucket,
  });
  ({ handler } = await import('../../../lambdas/refill/handler.ts'));
});
beforeEach(() => aws.faults.clear());
afterAll(async () => {
  kinesis().destroy();
  await aws.close();
});

const TODAY = new Date().toISOString().slice(0, 10);

const withTime = (ms: number) => ({ getRemainingTimeInMillis: () => ms }) as Context;

async function putObject(name: string, lines: readonly string[]) {
  const text = lines.map((line) => `${line}\n`).join('');
  await aws.objects.put(DESTINATIONS.lakeBucket, `fallback/${name}`, text);
}

async function remaining() {
  return (await aws.fallback()).map(({ key }) => key);
}

describe('refill', () => {
  it('sends objects to the streams that they were meant for, and deletes them', async () => {
    await putObject('dt=2026-11-20/a.jsonl', ['{"message_id":"r1"}', '{"message_id":"r2"}']);
    await putObject('dt=2026-11-21/b.jsonl', ['{"message_id":"r3"}']);
    await putObject(`dead-letters/dt=${TODAY}/c.jsonl`, ['{"dead_letter_id":"r4"}']);

    const result = await handler({}, withTime(600_000));

    expect(result).toEqual({ objects: 3, lines: 4, failed: 0, finished: true });
    expect((await aws.streamRecords()).sort()).toEqual([
      '{"message_id":"r1"}\n{"message_id":"r2"}\n',
      '{"message_id":"r3"}\n',
    ]);
    expect(aws.deadLetterLines()).toEqual(['{"dead_letter_id":"r4"}']);
    expect(await remaining()).toEqual([]);
  });

  it('leaves dead letters that are too late for their stream to gather', async () => {
    const day = new Date(Date.now() - 6 * 86_400_000).toISOString().slice(0, 10);
    const key = `dead-letters/dt=${day}/late.jsonl`;
    await putObject(key, ['{"dead_letter_id":"late"}']);

    const result = await handler({}, withTime(600_000));

    expect(result).toEqual({ objects: 0, lines: 0, failed: 0, finished: true });
    expect(aws.deadLetterLines()).not.toContain('{"dead_letter_id":"late"}');
    expect(await remaining()).toEqual([`fallback/${key}`]);
    await aws.objects.delete(DESTINATIONS.lakeBucket, `fallback/${key}`);
  });

  it('keeps an object until all of it is in, and fails so that the alarm sees it', async () => {
    await putObject('dt=2026-11-20/d.jsonl', ['{"message_id":"r5"}']);
    aws.faults.set([
      {
        service: 'kinesis',
        operation: 'PutRecords',
        action: 'error',
        code: 'AccessDeniedException',
      },
    ]);

    await expect(handler({}, withTime(600_000))).rejects.toThrow('1 fallback objects stay');
    expect(await remaining()).toEqual(['fallback/dt=2026-11-20/d.jsonl']);

    aws.faults.clear();
    expect(await handler({}, withTime(600_000))).toMatchObject({ objects: 1, failed: 0 });
    expect(await remaining()).toEqual([]);
  });

  it('does not let a wrong object hold up the others', async () => {
    await putObject('dt=2026-11-20/e.jsonl', ['x'.repeat(1_100_000)]);
    await putObject('dt=2026-11-20/f.jsonl', ['{"message_id":"r6"}']);

    await expect(handler({}, withTime(600_000))).rejects.toThrow('(1 were sent)');
    expect(await remaining()).toEqual(['fallback/dt=2026-11-20/e.jsonl']);
    await aws.objects.delete(DESTINATIONS.lakeBucket, 'fallback/dt=2026-11-20/e.jsonl');
  });

  it('sends events while the stream of dead letters is down, however many of them wait', async () => {
    for (const name of ['h', 'i', 'j', 'k']) {
      await putObject(`dead-letters/dt=${TODAY}/${name}.jsonl`, [`{"dead_letter_id":"${name}"}`]);
    }
    await putObject('dt=2026-11-21/l.jsonl', ['{"message_id":"r8"}']);
    aws.faults.set([
      {
        service: 'firehose',
        operation: 'PutRecordBatch',
        action: 'error',
        code: 'ResourceNotFoundException',
      },
    ]);

    await expect(handler({}, withTime(600_000))).rejects.toThrow('3 fallback objects stay');
    expect(await remaining()).not.toContain('fallback/dt=2026-11-21/l.jsonl');

    aws.faults.clear();
    expect(await handler({}, withTime(600_000))).toMatchObject({ objects: 4, finished: true });
  });

  it('goes on with what a busy shard refuses, for as long as one object may take', async () => {
    await putObject('dt=2026-11-21/m.jsonl', ['{"message_id":"r9"}']);
    aws.faults.set([
      { service: 'kinesis', operation: 'PutRecords', action: 'partial', count: 1, times: 8 },
    ]);

    expect(await handler({}, withTime(600_000))).toMatchObject({ objects: 1, failed: 0 });
  });

  it('starts no object where its time is nearly up', async () => {
    await putObject('dt=2026-11-20/g.jsonl', ['{"message_id":"r7"}']);

    expect(await handler({}, withTime(10_000))).toEqual({
      objects: 0,
      lines: 0,
      failed: 0,
      finished: false,
    });
    expect(await remaining()).toHaveLength(1);
  });
});
