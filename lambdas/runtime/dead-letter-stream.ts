import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { splitByLimits } from './lines.ts';
import { type Patience, type Sent, sendUntilTaken } from './resend.ts';

/** Limits of one PutRecordBatch: 500 records, 4 MiB. */
const CALL_LIMITS = { count: 500, bytes: 4_000_000 };

/**
 * Puts packed JSON lines (each ended by a newline: Firehose adds none) into the dead-letter delivery stream; sends again what
 * was not taken. Gives back what is left in the end.
 */
export async function putDeadLetters(
  client: FirehoseClient,
  deliveryStreamName: string,
  records: readonly Buffer[],
  patience: Patience,
): Promise<Sent<Buffer>> {
  const left: Buffer[] = [];
  let cause: unknown;
  for (const batch of splitByLimits(records, (record) => record.byteLength, CALL_LIMITS)) {
    const sent = await sendUntilTaken(
      batch,
      async (entries, abortSignal) => {
        const result = await client.send(
          new PutRecordBatchCommand({
            DeliveryStreamName: deliveryStreamName,
            Records: entries.map((Data) => ({ Data })),
          }),
          { abortSignal },
        );
        if (!result.FailedPutCount) return [];
        return entries.filter((_, i) => !result.RequestResponses?.[i]?.RecordId);
      },
      patience,
    );
    left.push(...sent.left);
    cause ??= sent.cause;
  }
  return left.length > 0 ? { left, cause } : { left };
}
