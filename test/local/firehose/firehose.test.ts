import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  ListDeliveryStreamsCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { Clock } from '../../../local/clock.ts';
import { createFirehose, type FirehoseOptions } from '../../../local/firehose/firehose.ts';
import { createGateway } from '../../../local/gateway/gateway.ts';
import { createCallers, createRoleCaller, ROOT } from '../../../local/iam/callers.ts';
import {
  clientOptions,
  PLACE,
  resource,
  startStack,
  temporaryFolder,
} from '../gateway/local-stack.ts';

const TYPE = 'AWS::KinesisFirehose::DeliveryStream';
const ROLE = 'arn:aws:iam::000000000000:role/delivery';
const STREAM_ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/events';
const COLUMNS = [
  { name: 'message_id', type: 'string' },
  { name: 'event_at', type: 'bigint' },
];

const PARQUET = {
  DeliveryStreamType: 'KinesisStreamAsSource',
  KinesisStreamSourceConfiguration: { KinesisStreamARN: STREAM_ARN, RoleARN: ROLE },
  ExtendedS3DestinationConfiguration: {
    BucketARN: 'arn:aws:s3:::lake',
    RoleARN: ROLE,
    Prefix: 'raw/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/',
    ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
    BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
    DataFormatConversionConfiguration: {
      Enabled: true,
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
      SchemaConfiguration: { DatabaseName: 'lake', TableName: 'raw_events', RoleARN: ROLE },
    },
  },
};
const DIRECT = {
  DeliveryStreamType: 'DirectPut',
  ExtendedS3DestinationConfiguration: {
    BucketARN: 'arn:aws:s3:::lake',
    RoleARN: ROLE,
    Prefix: 'dead/',
    BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
    CompressionFormat: 'GZIP',
  },
};

interface Settings {
  readonly folder: string;
  readonly speed?: number;
  readonly properties: Record<string, unknown>;
  readonly options?: Partial<FirehoseOptions>;
}

/** A stack with one stream, one bucket and one delivery stream named `delivery`. */
async function withDelivery({ folder, speed = 1, properties, options = {} }: Settings) {
  const stack = await startStack({ folder });
  await stack.s3.handlers['AWS::S3::Bucket']?.create(resource('AWS::S3::Bucket', 'lake'));
  await stack.kinesis.handlers['AWS::Kinesis::Stream']?.create(
    resource('AWS::Kinesis::Stream', 'events', { ShardCount: 2 }),
  );
  const firehose = createFirehose({
    folder: join(folder, 'firehose'),
    ...PLACE,
    clock: new Clock(speed),
    store: stack.s3.store,
    streams: stack.kinesis.streams,
    roleCaller: () => ROOT,
    tableColumns: () => COLUMNS,
    faults: stack.faults,
    log: () => {},
    ...options,
  });
  const created = await firehose.handlers[TYPE]?.create(resource(TYPE, 'delivery', properties));
  const gateway = createGateway({
    services: [firehose.service, stack.kinesis.service],
    s3: stack.s3.endpoint,
    callers: createCallers([]),
    faults: stack.faults,
  });
  const client = clientOptions(await gateway.listen(0));
  const kinesis = new KinesisClient(client);
  const put = (Records: { Data: Uint8Array; PartitionKey: string }[]) =>
    kinesis.send(new PutRecordsCommand({ StreamName: 'events', Records }));
  const keys = (prefix = '') => stack.s3.store.keys('lake', prefix);
  const close = async () => {
    kinesis.destroy();
    await gateway.close();
    await firehose.close();
    await stack.close();
  };
  return {
    firehose,
    created,
    store: stack.s3.store,
    faults: stack.faults,
    client,
    put,
    keys,
    close,
  };
}

function event(id: number, more: object = {}) {
  const line = JSON.stringify({ message_id: `m${id}`, event_at: 1_700_000_000_000 + id, ...more });
  return { Data: Buffer.from(`${line}\n`), PartitionKey: `p${id}` };
}

async function rowsOf(
  store: { get(bucket: string, key: string): Promise<Uint8Array> },
  keys: string[],
) {
  const rows: Record<string, unknown>[] = [];
  for (const key of keys) {
    const file = new Uint8Array(await store.get('lake', key)).buffer;
    rows.push(...(await parquetReadObjects({ file, compressors })));
  }
  return rows;
}

describe('the local Firehose', () => {
  it('delivers a stream as Parquet by arrival hour, after the buffer interval on the shortened clock', async () => {
    const { folder, remove } = await temporaryFolder();
    const { firehose, put, keys, store, close } = await withDelivery({
      folder,
      speed: 1000,
      properties: PARQUET,
    });

    await put([event(1), event(2), event(3)]);
    const hour = new Date().toISOString().slice(0, 13).split('T');
    while (!firehose.state('delivery').idle)
      await new Promise((resolve) => setTimeout(resolve, 20));

    const found = await keys();
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
      new RegExp(
        `^raw/dt=${hour[0]}/hour=${hour[1]}/delivery-1-\\d{4}(-\\d\\d){5}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.parquet$`,
      ),
    );
    const rows = await rowsOf(store, found);
    expect(rows.map(({ message_id }) => message_id).sort()).toEqual(['m1', 'm2', 'm3']);
    expect(rows[0]?.event_at).toEqual(expect.any(BigInt));
    expect(firehose.state('delivery')).toMatchObject({ objectsDelivered: 3, buffered: 0 });
    await close();
    await remove();
  });

  it('writes what it cannot convert to the error prefix, with code, place and the raw object', async () => {
    const { folder, remove } = await temporaryFolder();
    const { firehose, put, keys, store, close } = await withDelivery({
      folder,
      properties: PARQUET,
    });
    const bad = '{"message_id":"bad","event_at":"oops"}';
    const answer = await put([
      { Data: Buffer.from(`${event(1).Data}${bad}\n${event(2).Data}`), PartitionKey: 'p' },
    ]);

    await firehose.flush('delivery');

    const [key = ''] = await keys('errors/');
    expect(key).toMatch(/^errors\/format-conversion-failed\/delivery-1-/);
    const lines = Buffer.from(await store.get('lake', key))
      .toString()
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        attemptsMade: 1,
        lastErrorCode: 'DataFormatConversion.MalformedData',
        lastErrorMessage: expect.stringContaining('For input string: "oops"'),
        rawData: Buffer.from(bad).toString('base64'),
        sequenceNumber: answer.Records?.[0]?.SequenceNumber,
        subSequenceNumber: 1,
        dataCatalogTable: expect.objectContaining({
          databaseName: 'lake',
          tableName: 'raw_events',
        }),
      }),
    ]);
    expect(await rowsOf(store, await keys('raw/'))).toHaveLength(2);
    await close();
    await remove();
  });

  it('delivers again into the same object what was under way when the process died', async () => {
    const { folder, remove } = await temporaryFolder();
    const first = await withDelivery({ folder, properties: PARQUET });
    const { store } = first;
    const dying = Object.create(store, {
      putFile: {
        value: async (bucket: string, key: string, file: string) => {
          await store.putFile(bucket, key, file);
          throw new Error('died after the object was in place');
        },
      },
    });
    await first.close();
    const second = await withDelivery({ folder, properties: PARQUET, options: { store: dying } });
    await second.put([event(1), event(2)]);
    await expect(second.firehose.flush('delivery')).rejects.toThrow('died after');
    const before = await second.keys('raw/');
    await second.put([event(3)]);
    await second.close();

    const third = await withDelivery({ folder, properties: PARQUET });
    await third.firehose.flush('delivery');

    const after = await third.keys('raw/');
    expect(before).toHaveLength(1);
    expect(after).toEqual(expect.arrayContaining(before));
    const ids = (await rowsOf(third.store, after)).map(({ message_id }) => message_id);
    expect(ids.sort()).toEqual(['m1', 'm2', 'm3']);
    await third.close();
    await remove();
  });

  it('starts at the newest record of its source, and goes on where it stopped', async () => {
    const { folder, remove } = await temporaryFolder();
    const stack = await startStack({ folder });
    await stack.kinesis.handlers['AWS::Kinesis::Stream']?.create(
      resource('AWS::Kinesis::Stream', 'events', { ShardCount: 2 }),
    );
    const kinesis = new KinesisClient(stack.client);
    await kinesis.send(new PutRecordsCommand({ StreamName: 'events', Records: [event(1)] }));
    kinesis.destroy();
    await stack.close();

    const first = await withDelivery({ folder, properties: PARQUET });
    await first.put([event(2)]);
    await first.close();
    const second = await withDelivery({ folder, properties: PARQUET });
    await second.firehose.flush('delivery');

    const rows = await rowsOf(second.store, await second.keys('raw/'));
    expect(rows.map(({ message_id }) => message_id)).toEqual(['m2']);
    await second.close();
    await remove();
  });

  it('keeps Direct PUT records on disk before it answers and delivers them as they came, zipped', async () => {
    const { folder, remove } = await temporaryFolder();
    const first = await withDelivery({ folder, properties: DIRECT });
    const firehose = new FirehoseClient(first.client);
    const DeliveryStreamName = 'delivery';
    await firehose.send(
      new PutRecordCommand({ DeliveryStreamName, Record: { Data: Buffer.from('a\n') } }),
    );
    first.faults.set([
      { service: 'firehose', operation: 'PutRecordBatch', action: 'partial', count: 1 },
    ]);
    const partial = await firehose.send(
      new PutRecordBatchCommand({
        DeliveryStreamName,
        Records: ['b\n', 'c\n'].map((text) => ({ Data: Buffer.from(text) })),
      }),
    );
    const listed = await firehose.send(new ListDeliveryStreamsCommand({}));
    const described = await firehose.send(
      new DescribeDeliveryStreamCommand({ DeliveryStreamName }),
    );
    firehose.destroy();
    await first.close();

    const second = await withDelivery({ folder, properties: DIRECT });
    await second.firehose.flush('delivery');

    expect(partial).toMatchObject({ FailedPutCount: 1 });
    expect(partial.RequestResponses?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      'ServiceUnavailableException',
      undefined,
    ]);
    expect(listed.DeliveryStreamNames).toEqual(['delivery']);
    expect(described.DeliveryStreamDescription?.DeliveryStreamType).toBe('DirectPut');
    const [key = ''] = await second.keys();
    expect(key).toMatch(/^dead\/\d{4}\/\d\d\/\d\d\/\d\d\/delivery-1-.*\.gz$/);
    expect(gunzipSync(await second.store.get('lake', key)).toString()).toBe('a\nc\n');
    await second.close();
    await remove();
  });

  it("checks its role's policies and names the missing statement; the records stay", async () => {
    const { folder, remove } = await temporaryFolder();
    const statements = [
      { Effect: 'Allow', Action: 'kinesis:*', Resource: STREAM_ARN },
      { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::lake/raw/*' },
    ];
    const glue = {
      Effect: 'Allow',
      Action: 'glue:GetTableVersions',
      Resource: 'arn:aws:glue:us-east-1:000000000000:*',
    };
    const caller = (more: readonly object[]) =>
      createRoleCaller({ logicalId: 'DeliveryRole', statements: [...statements, ...more] });
    const options = { roleCaller: () => caller([]) };
    const first = await withDelivery({ folder, properties: PARQUET, options });
    await first.put([event(1)]);

    await expect(first.firehose.flush('delivery')).rejects.toThrow(
      /DeliveryRole is not authorized to perform: glue:GetTableVersions on resource: .*catalog.*add to the policy of role DeliveryRole/,
    );
    expect(first.firehose.state('delivery')).toMatchObject({ idle: false, buffered: 1 });
    await first.close();

    const mended = { roleCaller: () => caller([glue]) };
    const second = await withDelivery({ folder, properties: PARQUET, options: mended });
    await second.firehose.flush('delivery');
    expect(await second.keys('raw/')).toHaveLength(1);
    await second.close();
    await remove();
  });

  it('refuses what it does not implement, and what AWS refuses, by name', async () => {
    const { folder, remove } = await temporaryFolder();
    const { firehose, client, close } = await withDelivery({ folder, properties: PARQUET });
    const { ExtendedS3DestinationConfiguration: s3 } = PARQUET;
    const create = async (changes: object) =>
      firehose.handlers[TYPE]?.create(
        resource(TYPE, 'other', {
          ...PARQUET,
          ExtendedS3DestinationConfiguration: { ...s3, ...changes },
        }),
      );

    await expect(create({ CompressionFormat: 'GZIP' })).rejects.toThrow(
      /must be UNCOMPRESSED with a format conversion/,
    );
    await expect(create({ BufferingHints: { SizeInMBs: 5 } })).rejects.toThrow(
      /SizeInMBs must be 64 to 128/,
    );
    await expect(create({ ErrorOutputPrefix: undefined })).rejects.toThrow(
      /ErrorOutputPrefix must be given/,
    );
    await expect(create({ Prefix: 'x/!{partitionKeyFromQuery:a}/' })).rejects.toThrow(
      /partitionKeyFromQuery/,
    );
    await expect(create({ Prefix: 'x/!{timestamp:QQ}/' })).rejects.toThrow(
      /"QQ" is not implemented/,
    );
    await expect(create({ ProcessingConfiguration: { Enabled: true } })).rejects.toThrow(
      /ProcessingConfiguration/,
    );
    const sdk = new FirehoseClient(client);
    const put = (name: string) =>
      sdk.send(
        new PutRecordCommand({ DeliveryStreamName: name, Record: { Data: Buffer.from('x') } }),
      );
    await expect(put('delivery')).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await expect(put('none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    sdk.destroy();
    await close();
    await remove();
  });
});
