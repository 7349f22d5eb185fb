import type { DeadLetter } from '../../core/event.ts';
import { lettersOf } from './letter.ts';

/** What Lambda writes into a bucket for a batch of a Kinesis stream that a function failed on until Lambda gave it up. */
interface InvocationRecord {
  readonly requestContext?: { readonly functionArn?: string; readonly condition?: string };
  readonly responseContext?: { readonly functionError?: string };
  readonly KinesisBatchInfo?: { readonly shardId?: string };
  /** The event of the invocation, JSON as text. Only buckets get it. */
  readonly payload?: string;
}

/** The event of an invocation by a Kinesis stream. */
interface KinesisEvent {
  readonly Records: readonly {
    readonly kinesis: {
      /** Base64. */
      readonly data: string;
      readonly sequenceNumber: string;
      /** Epoch seconds with a fraction. */
      readonly approximateArrivalTimestamp: number;
    };
  }[];
}

/**
 * Dead letters of a batch that a consumer gave up.
 * @throws Error where the object is no invocation record with the batch in it.
 */
export function failedBatchLetters(text: string, key: string): DeadLetter[] {
  const record = JSON.parse(text) as InvocationRecord | null;
  const payload = record?.payload;
  if (typeof payload !== 'string') {
    throw new Error(`${key} is no invocation record of Lambda with its payload`);
  }
  const event = JSON.parse(payload) as Partial<KinesisEvent> | null;
  if (!Array.isArray(event?.Records)) {
    throw new Error(`the payload of ${key} is no batch of a Kinesis stream`);
  }
  const { functionArn, condition = 'unknown' } = record?.requestContext ?? {};
  const consumer = functionArn?.split(':function:')[1]?.split(':')[0] ?? 'a consumer';
  const error = record?.responseContext?.functionError;
  return (event as KinesisEvent).Records.flatMap(({ kinesis }, i) =>
    lettersOf(Buffer.from(kinesis.data, 'base64').toString('utf8'), {
      key,
      place: String(i),
      code: 'consumer_gave_up',
      message: `${consumer}: ${condition}${error === undefined ? '' : `, ${error}`}`,
      arrivedAt: Math.trunc(kinesis.approximateArrivalTimestamp * 1000),
      origin: {
        source: 'consumer',
        consumer,
        object: key,
        shard: record?.KinesisBatchInfo?.shardId,
        sequence_number: kinesis.sequenceNumber,
      },
    }),
  );
}
