import { ServiceError } from '../../local/service.ts';
import { resource, startStack } from '../local/gateway/local-stack.ts';

/** Names of what the functions write to. */
export const DESTINATIONS = {
  streamName: 'events',
  deadLetterStreamName: 'dead-letters',
  lakeBucket: 'lake',
  deadLetterBucket: 'letters',
} as const;

/**
 * Kinesis, Firehose and S3 on loopback, with the faults of the local stack, and the environment that leads the SDK to them.
 * Firehose's batches are taken and remembered; its delivery is not part of these tests.
 */
export async function startAws() {
  const deadLetters: string[] = [];
  const stack = await startStack({
    services: [
      {
        target: 'Firehose_20150804',
        contentType: 'application/x-amz-json-1.1',
        operations: {
          PutRecordBatch: (input) => {
            if (input.DeliveryStreamName !== DESTINATIONS.deadLetterStreamName) {
              throw new ServiceError('ResourceNotFoundException', 'no such delivery stream');
            }
            const records = input.Records as { Data: string }[];
            const failing = stack.faults.failing(
              { service: 'firehose', operation: 'PutRecordBatch', principal: 'root' },
              records.length,
            );
            const taken = records.slice(failing);
            deadLetters.push(...taken.map(({ Data }) => Buffer.from(Data, 'base64').toString()));
            return {
              FailedPutCount: failing,
              RequestResponses: records.map((_, i) =>
                i < failing ? { ErrorCode: 'ServiceUnavailable' } : { RecordId: String(i) },
              ),
            };
          },
        },
      },
    ],
  });
  await stack.kinesis.handlers['AWS::Kinesis::Stream']?.create(
    resource('AWS::Kinesis::Stream', DESTINATIONS.streamName, { ShardCount: 2 }),
  );
  for (const bucket of [DESTINATIONS.lakeBucket, DESTINATIONS.deadLetterBucket]) {
    await stack.s3.handlers['AWS::S3::Bucket']?.create(resource('AWS::S3::Bucket', bucket));
  }
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: stack.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  return {
    faults: stack.faults,
    objects: stack.s3.store,
    /** Lines of all dead letters that Firehose took. */
    deadLetterLines: () => deadLetters.flatMap(linesOf),
    /** Records on the stream, as text. */
    streamRecords: async () => {
      const { streams } = stack.kinesis;
      const shards = streams.shards(DESTINATIONS.streamName).map(async (shard) => {
        const records = await streams.readShard(DESTINATIONS.streamName, shard, null, 10_000);
        return records.map(({ data }) => data.toString());
      });
      return (await Promise.all(shards)).flat();
    },
    /** Keys and lines of the fallback objects. */
    fallback: async () => {
      const objects = await stack.s3.store.list(DESTINATIONS.lakeBucket, 'fallback/');
      return Promise.all(
        objects.map(async ({ key }) => ({
          key,
          lines: linesOf(
            Buffer.from(await stack.s3.store.get(DESTINATIONS.lakeBucket, key)).toString(),
          ),
        })),
      );
    },
    close: stack.close,
  };
}

/** The local services of a test. */
export type Aws = Awaited<ReturnType<typeof startAws>>;

/** Lines of a packed text. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
