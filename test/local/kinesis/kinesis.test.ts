import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { openShardLog } from '../../../local/kinesis/shard-log.ts';
import { clientOptions, resource, startStack, temporaryFolder } from '../gateway/local-stack.ts';

type Stack = Awaited<ReturnType<typeof startStack>>;

async function withStream(shards: number, options: Parameters<typeof startStack>[0] = {}) {
  const stack = await startStack(options);
  await createStream(stack, { ShardCount: shards });
  const client = new KinesisClient(stack.client);
  const close = async () => {
    client.destroy();
    await stack.close();
  };
  return { ...stack, client, close };
}

function createStream(stack: Stack, properties: Record<string, unknown>) {
  return stack.kinesis.handlers['AWS::Kinesis::Stream']?.create(
    resource('AWS::Kinesis::Stream', 'events', properties),
  );
}

function records(count: number, from = 0) {
  return Array.from({ length: count }, (_, index) => ({
    Data: Buffer.from(`record ${from + index}`),
    PartitionKey: `key ${from + index}`,
  }));
}

async function readAll(client: KinesisClient, type: 'TRIM_HORIZON' | 'LATEST' = 'TRIM_HORIZON') {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: 'events' }));
  const found: { shard: string; text: string; sequence: string }[] = [];
  for (const { ShardId = '' } of Shards) {
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({ StreamName: 'events', ShardId, ShardIteratorType: type }),
    );
    for (let iterator = ShardIterator; iterator !== undefined; ) {
      const page = await client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: 1000 }),
      );
      for (const { Data, SequenceNumber = '' } of page.Records ?? []) {
        found.push({
          shard: ShardId,
          text: Buffer.from(Data ?? []).toString(),
          sequence: SequenceNumber,
        });
      }
      iterator = page.Records?.length === 0 ? undefined : page.NextShardIterator;
    }
  }
  return found;
}

describe('the local Kinesis', () => {
  it('describes a stream of the template; on demand has four shards', async () => {
    const stack = await startStack();
    const created = await createStream(stack, { StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
    const client = new KinesisClient(stack.client);

    const listed = await client.send(new ListStreamsCommand({}));
    const { StreamDescription } = await client.send(
      new DescribeStreamCommand({ StreamName: 'events' }),
    );
    const { StreamDescriptionSummary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamARN: created?.attributes.Arn }),
    );

    expect(listed.StreamNames).toEqual(['events']);
    expect(StreamDescription?.StreamARN).toBe(
      'arn:aws:kinesis:us-east-1:000000000000:stream/events',
    );
    expect(StreamDescription?.Shards).toHaveLength(4);
    expect(StreamDescription?.Shards?.[3]?.HashKeyRange?.EndingHashKey).toBe(
      String(2n ** 128n - 1n),
    );
    expect(StreamDescriptionSummary).toMatchObject({ OpenShardCount: 4, StreamStatus: 'ACTIVE' });
    client.destroy();
    await stack.close();
  });

  it('gives back every record, in its shard by the MD5 of its key, in order, after every kind of iterator', async () => {
    const { client, close } = await withStream(3);
    const put = await client.send(
      new PutRecordsCommand({ StreamName: 'events', Records: records(300) }),
    );
    const one = await client.send(
      new PutRecordCommand({
        StreamName: 'events',
        PartitionKey: 'key 0',
        Data: Buffer.from('last'),
      }),
    );

    const found = await readAll(client);

    expect(put.FailedRecordCount).toBe(0);
    expect(found.map(({ text }) => text).sort()).toEqual(
      [...records(300).map(({ Data }) => Data.toString()), 'last'].sort(),
    );
    const hash = BigInt(`0x${createHash('md5').update('key 0').digest('hex')}`);
    const shard = `shardId-00000000000${hash / (2n ** 128n / 3n)}`;
    expect(one.ShardId).toBe(shard);
    const own = found.filter((record) => record.shard === shard);
    expect(own.map(({ sequence }) => sequence)).toEqual(own.map(({ sequence }) => sequence).sort());
    expect(own.at(-1)).toEqual({ shard, text: 'last', sequence: one.SequenceNumber });
    expect(one.SequenceNumber).toMatch(/^\d{56}$/);
    const starts = [
      { ShardIteratorType: 'LATEST', expected: 0 },
      { ShardIteratorType: 'AT_SEQUENCE_NUMBER', expected: 1 },
      { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', expected: 0 },
      { ShardIteratorType: 'AT_TIMESTAMP', expected: own.length },
    ] as const;
    for (const { ShardIteratorType, expected } of starts) {
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({
          StreamName: 'events',
          ShardId: shard,
          ShardIteratorType,
          StartingSequenceNumber: ShardIteratorType.endsWith('NUMBER')
            ? one.SequenceNumber
            : undefined,
          Timestamp:
            ShardIteratorType === 'AT_TIMESTAMP' ? new Date(Date.now() - 60_000) : undefined,
        }),
      );
      const page = await client.send(new GetRecordsCommand({ ShardIterator }));
      expect([ShardIteratorType, page.Records?.length]).toEqual([ShardIteratorType, expected]);
      expect(page.MillisBehindLatest).toBe(0);
    }
    await close();
  });

  it('refuses what AWS refuses, with its exception names', async () => {
    const { client, close } = await withStream(1);
    const put = (Records: ReturnType<typeof records>) =>
      client.send(new PutRecordsCommand({ StreamName: 'events', Records }));
    const mib = Buffer.alloc(1024 * 1024);

    await expect(put(records(501))).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(put([{ Data: mib, PartitionKey: 'k' }])).rejects.toThrow(/1048577 bytes/);
    await expect(put([{ Data: Buffer.from('x'), PartitionKey: 'k'.repeat(257) }])).rejects.toThrow(
      /256/,
    );
    await expect(
      put(records(11).map((record) => ({ ...record, Data: mib.subarray(100) }))),
    ).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await expect(
      client.send(new DescribeStreamCommand({ StreamName: 'other' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(
      client.send(new GetRecordsCommand({ ShardIterator: 'nonsense' })),
    ).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await close();
  });

  it('fails the entries that a fault names and stores the others', async () => {
    const { client, faults, close } = await withStream(2);
    faults.set([
      { service: 'kinesis', operation: 'PutRecords', action: 'partial', count: 3, times: 1 },
    ]);

    const answer = await client.send(
      new PutRecordsCommand({ StreamName: 'events', Records: records(10) }),
    );

    expect(answer.FailedRecordCount).toBe(3);
    expect(answer.Records?.slice(0, 3).map(({ ErrorCode }) => ErrorCode)).toEqual(
      Array(3).fill('ProvisionedThroughputExceededException'),
    );
    expect(await readAll(client)).toHaveLength(7);
    await close();
  });

  it('throttles a shard above 1,000 records a second where the limits are enforced', async () => {
    const { client, close } = await withStream(1, { enforceThroughput: true });

    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        client.send(
          new PutRecordsCommand({ StreamName: 'events', Records: records(500, index * 500) }),
        ),
      ),
    );

    const failed = answers.reduce((sum, answer) => sum + (answer.FailedRecordCount ?? 0), 0);
    expect(failed).toBeGreaterThan(0);
    expect(await readAll(client)).toHaveLength(3000 - failed);
    await close();
  });

  it('cuts a torn tail at start and keeps the records before it', async () => {
    const { folder, remove } = await temporaryFolder();
    const first = await openShardLog(folder, 0);
    await first.append([{ key: 'a', data: Buffer.from('whole') }]);
    await first.close();
    await appendFile(
      join(folder, `${'1'.padStart(16, '0')}.log`),
      Buffer.from([40, 0, 0, 0, 1, 2]),
    );

    const again = await openShardLog(folder, 0);
    const counter = await again.append([{ key: 'b', data: Buffer.from('next') }]);
    const found = await again.readAfter(0, 10, 1000);

    expect(counter).toBe(2);
    expect(found.map(({ data }) => data.toString())).toEqual(['whole', 'next']);
    await again.close();
    await remove();
  });

  it('keeps what it did when it is made to crash before it answers', async () => {
    const { folder, remove } = await temporaryFolder();
    const { url, child } = await startChild(folder);
    const gone = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    const fault = { service: 'kinesis', operation: 'PutRecords', action: 'crash', when: 'after' };
    await fetch(`${url}/_local/faults`, { method: 'POST', body: JSON.stringify([fault]) });
    const sender = new KinesisClient(clientOptions(url));

    const put = sender.send(new PutRecordsCommand({ StreamName: 'events', Records: records(5) }));

    await expect(put).rejects.toThrow();
    expect(await gone).toBe('SIGKILL');
    sender.destroy();
    const { client, close } = await withStream(2, { folder });
    expect(await readAll(client)).toHaveLength(5);
    await close();
    await remove();
  });

  it('still has every acknowledged record after kill -9 under load', async () => {
    const { folder, remove } = await temporaryFolder();
    const acknowledged: string[] = [];
    for (const round of [1, 2]) {
      const { url, child } = await startChild(folder);
      const client = new KinesisClient(clientOptions(url));
      let sent = 0;
      const load = Array.from({ length: 8 }, async () => {
        for (;;) {
          const batch = records(50, round * 1e6 + sent);
          sent += 50;
          await client.send(new PutRecordsCommand({ StreamName: 'events', Records: batch }));
          acknowledged.push(...batch.map(({ Data }) => Data.toString()));
        }
      });
      await wait(700);
      child.kill('SIGKILL');
      await Promise.allSettled(load);
      client.destroy();
    }

    const { client, close } = await withStream(2, { folder });
    const found = (await readAll(client)).map(({ text }) => text);

    expect(acknowledged.length).toBeGreaterThan(1000);
    expect(new Set(found).size).toBe(found.length);
    const there = new Set(found);
    expect(acknowledged.filter((text) => !there.has(text))).toEqual([]);
    await close();
    await remove();
  });
});

function startChild(folder: string): Promise<{ url: string; child: ReturnType<typeof spawn> }> {
  const script = join(import.meta.dirname, '../gateway/stack-process.ts');
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the stack ended with ${code}`)));
    child.stdout?.once('data', (line: Buffer) => resolve({ url: line.toString().trim(), child }));
  });
}
