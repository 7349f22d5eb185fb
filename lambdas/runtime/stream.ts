import { createHash } from 'node:crypto';
import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { splitByLimits } from './lines.ts';
import { type Patience, type Sent, sendUntilTaken } from './resend.ts';

/** One record of the stream: packed JSON lines. */
export interface StreamRecord {
  readonly partitionKey: string;
  readonly data: Buffer;
}

/** Limits of one PutRecords. AWS takes 10 MiB since 2025, older stacks and emulators 5 MiB. */
const CALL_LIMITS = { count: 500, bytes: 5_000_000 };

/** Partition key of what belongs together: short whatever the ids are (AWS takes 256 characters). */
export function partitionKey(appId: string, personId: string): string {
  return createHash('sha256').update(`${appId}/${personId}`).digest('base64url').slice(0, 22);
}

/** Puts records into the stream; sends again what was not taken. Gives back what is left in the end. */
export async function putRecords(
  client: KinesisClient,
  streamName: string,
  records: readonly StreamRecord[],
  patience: Patience,
): Promise<Sent<StreamRecord>> {
  const left: StreamRecord[] = [];
  let cause: unknown;
  for (const batch of splitByLimits(records, recordBytes, CALL_LIMITS)) {
    const sent = await sendUntilTaken(
      batch,
      (entries, signal) => putOnce(client, streamName, entries, signal),
      patience,
    );
    left.push(...sent.left);
    cause ??= sent.cause;
  }
  return left.length > 0 ? { left, cause } : { left };
}

async function putOnce(
  client: KinesisClient,
  streamName: string,
  records: readonly StreamRecord[],
  abortSignal: AbortSignal,
): Promise<readonly StreamRecord[]> {
  const result = await client.send(
    new PutRecordsCommand({
      StreamName: streamName,
      Records: records.map(({ partitionKey: key, data }) => ({ PartitionKey: key, Data: data })),
    }),
    { abortSignal },
  );
  if (!result.FailedRecordCount) return [];
  // Answers stand in the order of the request. Only what has a sequence number is stored.
  return records.filter((_, i) => !result.Records?.[i]?.SequenceNumber);
}

function recordBytes({ partitionKey: key, data }: StreamRecord): number {
  return key.length + data.byteLength;
}
