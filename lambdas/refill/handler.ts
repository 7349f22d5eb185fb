import { ENVIRONMENT } from '../../core/environment.ts';
import { firehose } from '../runtime/clients/firehose.ts';
import { kinesis } from '../runtime/clients/kinesis.ts';
import { s3 } from '../runtime/clients/s3.ts';
import { putDeadLetters } from '../runtime/dead-letter-stream.ts';
import { requireString } from '../runtime/environment.ts';
import { packLines } from '../runtime/lines.ts';
import { partitionKey, putRecords } from '../runtime/stream.ts';
import { taskHandler } from '../runtime/task.ts';
import { LakeFallbackObjects } from './lake-objects.ts';
import { type Refilled, refill } from './refill.ts';

const streamName = requireString(ENVIRONMENT.streamName);
const deadLetterStreamName = requireString(ENVIRONMENT.deadLetterStreamName);
const lakeBucket = requireString(ENVIRONMENT.lakeBucket);

/** Kept free at the end: one object takes at most a few seconds. */
const RESERVE_MS = 30_000;
/** For one object's records. */
const OBJECT_MS = 20_000;

/** Runs every hour: what the streams did not take goes into them again. Fails where objects stay, so that the alarm sees it. */
export const handler = taskHandler<unknown, Refilled>(async (_input, context) => {
  const result = await refill(
    new LakeFallbackObjects(s3(), lakeBucket),
    {
      putEvents: async (lines, key) => {
        const records = packLines(lines).map((data, i) => ({
          partitionKey: partitionKey(key, String(i)),
          data,
        }));
        const { left, cause } = await putRecords(kinesis(), streamName, records, patience());
        return { count: left.length, cause };
      },
      putDeadLetters: async (lines) => {
        const records = packLines(lines);
        const { left, cause } = await putDeadLetters(
          firehose(),
          deadLetterStreamName,
          records,
          patience(),
        );
        return { count: left.length, cause };
      },
    },
    () => context.getRemainingTimeInMillis() > RESERVE_MS,
  );
  if (result.failed > 0) {
    throw new Error(
      `${result.failed} fallback objects stay (${result.objects} were sent): the log names them`,
    );
  }
  return result;
});

/** As many tries as the time allows: one shard takes a record of 1 MB a second, and a half-sent object is sent again whole. */
function patience() {
  return { deadline: Date.now() + OBJECT_MS, tries: OBJECT_MS };
}
