import { gunzipSync } from 'node:zlib';
import type { Context } from 'aws-lambda';
import { letterDays } from '../../../core/dead-letters.ts';
import type { DeadLetter } from '../../../core/event.ts';
import { logger } from '../../../lambdas/runtime/logger.ts';
import { type Aws, DESTINATIONS, linesOf, startAws } from '../aws.ts';

const { lakeBucket, deadLetterBucket } = DESTINATIONS;
const FIREHOSE_KEY =
  'errors/format-conversion-failed/dt=2026-11-20/events-1-2026-11-20-10-00-00-6e0f';
const BATCH_KEY =
  'aws/lambda/5f1c3b9e-0d1d-4a43-9a55-1d3f0a5a7d11/shardId-000000000001/2026/11/19/2026-11-19T00.38.06-0b8e';

let aws: Aws;
let handler: (input: unknown, context: Context) => Promise<unknown>;

beforeAll(async () => {
  logger.setLogLevel('SILENT');
  aws = await startAws();
  Object.assign(process.env, { LAKE_BUCKET: lakeBucket, DEAD_LETTER_BUCKET: deadLetterBucket });
  ({ handler } = await import('../../../lambdas/gather/handler.ts'));
});
afterEach(async () => {
  aws.faults.clear();
  for (const bucket of [lakeBucket, deadLetterBucket]) {
    for (const { key } of await aws.objects.list(bucket, '')) await aws.objects.delete(bucket, key);
  }
});
afterAll(() => aws.close());

const run = (ms = 600_000) => handler({}, { getRemainingTimeInMillis: () => ms } as Context);

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A line as Firehose writes it. */
const errorLine = (data: string) =>
  `${JSON.stringify({
    attemptsMade: 1,
    arrivalTimestamp: 1_795_168_800_000,
    lastErrorCode: 'DataFormatConversion.MalformedData',
    lastErrorMessage: 'Data does not match the schema. Illegal format of bigint',
    attemptEndingTimestamp: 1_795_168_860_000,
    rawData: base64(data),
    sequenceNumber: '49601189658422359378836298521827638475320189012309704722',
    subSequenceNumber: null,
    dataCatalogTable: { databaseName: 'millrace_data', tableName: 'raw_events' },
  })}\n`;

/** An object as Lambda writes it for a batch of two records that a function failed on. */
const invocationRecord = (data: readonly string[]) =>
  JSON.stringify({
    requestContext: {
      requestId: 'c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5',
      functionArn: 'arn:aws:lambda:us-east-2:123456789012:function:live:$LATEST',
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 3,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: '2026-11-19T00:38:06.021Z',
    KinesisBatchInfo: { shardId: 'shardId-000000000001', batchSize: data.length },
    payload: JSON.stringify({
      Records: data.map((text, i) => ({
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: 'key',
          sequenceNumber: String(i),
          data: base64(text),
          approximateArrivalTimestamp: 1_795_048_684.835,
        },
        eventSource: 'aws:kinesis',
        eventID: `shardId-000000000001:${i}`,
      })),
    }),
  });

async function stored(): Promise<{ readonly keys: string[]; readonly letters: DeadLetter[] }> {
  const objects = await aws.objects.list(deadLetterBucket, 'dead-letters/');
  const texts = await Promise.all(
    objects.map(async ({ key }) => gunzipSync(await aws.objects.get(deadLetterBucket, key))),
  );
  return {
    keys: objects.map(({ key }) => key),
    letters: texts.flatMap((text) => linesOf(text.toString())).map((line) => JSON.parse(line)),
  };
}

const sources = async () => [
  ...(await aws.objects.list(lakeBucket, '')).map(({ key }) => key),
  ...(await aws.objects.list(deadLetterBucket, 'aws/')).map(({ key }) => key),
];

describe('gather', () => {
  it('makes a dead letter of each event of a record that Firehose could not convert', async () => {
    const event = { message_id: 'm1', app_id: 'shop', type: 'track', event: 'cart', event_at: 'x' };
    const line = JSON.stringify({ ...event, received_at: 1_795_168_790_000, schema: 'cart/1-0-0' });
    await aws.objects.put(lakeBucket, FIREHOSE_KEY, errorLine(`${line}\n{"message_id":"m2"}\n`));

    expect(await run()).toEqual({ objects: 1, letters: 2, failed: 0, finished: true });

    const { keys, letters } = await stored();
    expect(keys).toEqual([
      expect.stringMatching(/^dead-letters\/dt=2026-11-20\/gathered-\w{20}-00000\.jsonl\.gz$/),
    ]);
    expect(letters).toEqual([
      {
        dead_letter_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        received_at: 1_795_168_790_000,
        app_id: 'shop',
        code: 'conversion_failed',
        pointer: '',
        message:
          'DataFormatConversion.MalformedData: Data does not match the schema. Illegal format of bigint',
        schema: 'cart/1-0-0',
        message_id: 'm1',
        type: 'track',
        event: 'cart',
        payload: line,
        request: expect.stringContaining(FIREHOSE_KEY),
      },
      expect.objectContaining({
        app_id: '',
        received_at: 1_795_168_800_000,
        message_id: 'm2',
        payload: '{"message_id":"m2"}',
      }),
    ]);
    expect(await sources()).toEqual([]);
  });

  it("reads Firehose's errors as its guide has them, too", async () => {
    const line = {
      arrivalTimestamp: 1_795_168_800_000,
      ErrorCode: 'DataFormatConversion.ParseError',
      ErrorMessage: 'Encountered malformed JSON',
      rawData: '{"message_id":"m9"}',
    };
    await aws.objects.put(lakeBucket, FIREHOSE_KEY, `${JSON.stringify(line)}\n`);

    await run();

    expect((await stored()).letters).toMatchObject([
      {
        payload: '{"message_id":"m9"}',
        message: 'DataFormatConversion.ParseError: Encountered malformed JSON',
      },
    ]);
  });

  it('makes dead letters of a batch that a consumer gave up', async () => {
    const lines = [1, 2, 3].map((n) => JSON.stringify({ message_id: `b${n}`, app_id: 'shop' }));
    const record = invocationRecord([`${lines[0]}\n${lines[1]}\n`, `${lines[2]}\n`]);
    await aws.objects.put(deadLetterBucket, BATCH_KEY, record);

    await run();

    const { keys, letters } = await stored();
    expect(keys[0]).toMatch(/^dead-letters\/dt=2026-11-19\/gathered-/);
    expect(letters.map(({ payload }) => payload)).toEqual(lines);
    expect(letters[0]).toMatchObject({
      code: 'consumer_gave_up',
      app_id: 'shop',
      received_at: 1_795_048_684_835,
      message: 'live: RetryAttemptsExhausted, Unhandled',
      message_id: 'b1',
    });
    expect(await sources()).toEqual([]);
  });

  it('keeps what is no JSON, and characters that no column can hold, as letters of nobody', async () => {
    await aws.objects.put(lakeBucket, FIREHOSE_KEY, errorLine('{"a":\0\n') + errorLine(''));

    await run();

    expect((await stored()).letters).toMatchObject([
      { app_id: '', payload: '{"a":\ufffd' },
      { app_id: '', payload: '' },
    ]);
  });

  it('keeps letters where questions for the time of their receipt look, also when they are found weeks later', async () => {
    const sent = (text: string) => `{"message_id":"${text}","received_at":${Date.parse(text)}}\n`;
    const days = ['2026-11-01', '2026-11-13', '2026-11-20', '2026-11-29', '9999-12-31'];
    await aws.objects.put(lakeBucket, FIREHOSE_KEY, errorLine(days.map(sent).join('')));

    await run();

    const { keys } = await stored();
    const found = new Map<string | undefined, string>();
    for (const key of keys) {
      const text = gunzipSync(await aws.objects.get(deadLetterBucket, key)).toString();
      for (const line of linesOf(text)) {
        found.set((JSON.parse(line) as DeadLetter).message_id, key.slice(16, 26));
      }
    }
    expect(found).toEqual(
      new Map([
        ['2026-11-01', '2026-11-01'],
        ['2026-11-13', '2026-11-20'],
        ['2026-11-20', '2026-11-20'],
        ['2026-11-29', '2026-11-29'],
        ['9999-12-31', '9999-12-31'],
      ]),
    );
    for (const [day = '', kept] of found) {
      const { first, last } = letterDays({ from: Date.parse(day), to: Date.parse(day) + 1 });
      expect([first <= kept, kept <= last]).toEqual([true, true]);
    }
  });

  it('reads a message with characters that end lines elsewhere', async () => {
    const line = errorLine('{"message_id":"m5"}').replace('Illegal', '\u2028\u2029');
    await aws.objects.put(lakeBucket, FIREHOSE_KEY, line);

    expect(await run()).toMatchObject({ objects: 1, letters: 1 });
  });

  it('makes the same letters again where it was ended before the source was removed', async () => {
    const lines = Array.from({ length: 4_100 }, (_, i) => `{"message_id":"r${i}","app_id":"a"}\n`);
    await aws.objects.put(lakeBucket, FIREHOSE_KEY, errorLine(lines.join('')));
    const denied = { action: 'error', code: 'AccessDenied' } as const;
    aws.faults.set([{ service: 's3', operation: 'DeleteObject', ...denied }]);
    await expect(run()).rejects.toThrow(
      '1 objects of undelivered events or letters stay (0 were gathered)',
    );
    const first = await stored();
    aws.faults.clear();

    expect(await run()).toMatchObject({ objects: 1, letters: 4_100 });

    const second = await stored();
    expect(second).toEqual(first);
    expect(new Set(second.letters.map((letter) => letter.dead_letter_id)).size).toBe(4_100);
    expect(second.keys).toHaveLength(3);
  });

  it('does not let an object of another form hold up the others, and keeps it', async () => {
    await aws.objects.put(lakeBucket, 'errors/a', 'no line of Firehose\n');
    await aws.objects.put(deadLetterBucket, BATCH_KEY, '{"requestContext":{}}');
    await aws.objects.put(lakeBucket, FIREHOSE_KEY, errorLine('{"message_id":"m3"}'));

    await expect(run()).rejects.toThrow(
      '2 objects of undelivered events or letters stay (1 were gathered)',
    );

    expect(await sources()).toEqual(['errors/a', BATCH_KEY]);
  });

  it('keeps dead letters that wait since a week for their stream, under their own day', async () => {
    const letter = (id: string, received_at: number) =>
      JSON.stringify({ dead_letter_id: id, received_at, app_id: 'shop', code: 'invalid_event' });
    const dayAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    const [late, recent] = [dayAgo(8), dayAgo(4)];
    const key = (day: string) => `fallback/dead-letters/dt=${day.slice(0, 10)}/a.jsonl`;
    const lines = [letter('d1', Date.parse(late)), letter('d2', Date.parse(late) + 1)];
    await aws.objects.put(lakeBucket, key(late), `${lines.join('\n')}\n`);
    await aws.objects.put(lakeBucket, key(recent), `${letter('d3', Date.parse(recent))}\n`);

    expect(await run()).toMatchObject({ objects: 1, letters: 2, failed: 0 });

    const { keys, letters } = await stored();
    expect(keys).toEqual([
      expect.stringMatching(`^dead-letters/dt=${late.slice(0, 10)}/gathered-\\w{20}-00000`),
    ]);
    expect(letters.map((one) => JSON.stringify(one))).toEqual(lines);
    expect(await sources()).toEqual([key(recent)]);
  });

  it('keeps what is no dead letter where it is', async () => {
    const key = 'fallback/dead-letters/dt=2026-01-01/a.jsonl';
    await aws.objects.put(lakeBucket, key, '{"dead_letter_id":"d1"}\n');

    await expect(run()).rejects.toThrow('1 objects of undelivered events or letters stay');
    expect(await sources()).toEqual([key]);
  });

  it('stops where time runs out, and goes on with the next run', async () => {
    await aws.objects.put(lakeBucket, FIREHOSE_KEY, errorLine('{"message_id":"m4"}'));

    expect(await run(1_000)).toMatchObject({ objects: 0, finished: false });
    expect(await run()).toMatchObject({ objects: 1, finished: true });
  });
});
