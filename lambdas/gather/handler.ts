import { ENVIRONMENT } from '../../core/environment.ts';
import { s3 } from '../runtime/clients/s3.ts';
import { requireString } from '../runtime/environment.ts';
import { taskHandler } from '../runtime/task.ts';
import { type Gathered, gather } from './gather.ts';
import { deadLetterObjects, failedBatches, firehoseErrors, lateLetters } from './objects.ts';

const lakeBucket = requireString(ENVIRONMENT.lakeBucket);
const deadLetterBucket = requireString(ENVIRONMENT.deadLetterBucket);

/** Kept free at the end: one object takes some seconds, the largest a minute. */
const RESERVE_MS = 90_000;

/** Runs every hour: accepted events that were not delivered become dead letters, and dead letters that wait too long are kept. Fails where objects stay, so that the alarm sees it. */
export const handler = taskHandler<unknown, Gathered>(async (_input, context) => {
  const result = await gather(
    [
      firehoseErrors(s3(), lakeBucket),
      failedBatches(s3(), deadLetterBucket),
      lateLetters(s3(), lakeBucket, Date.now()),
    ],
    deadLetterObjects(s3(), deadLetterBucket),
    () => context.getRemainingTimeInMillis() > RESERVE_MS,
  );
  if (result.failed > 0) {
    throw new Error(
      `${result.failed} objects of undelivered events or letters stay (${result.objects} were gathered): the log names them`,
    );
  }
  return result;
});
