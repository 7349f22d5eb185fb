import { randomBytes } from 'node:crypto';
import type { Faults } from '../faults.ts';
import { blob, objects, text } from '../gateway/input.ts';
import type { Streams } from '../kinesis/streams.ts';
import { type Operation, ServiceError } from '../service.ts';
import type { DeliveryStream } from './delivery-stream.ts';

const MAX_RECORDS = 500;
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
const MAX_RECORD_BYTES = 1000 * 1024;
const UNAVAILABLE = 'ServiceUnavailableException';

/** What the operations share. */
export interface Directory {
  /** @throws ServiceError ResourceNotFoundException */
  find(name: string): DeliveryStream;
  arn(name: string): string;
  names(): readonly string[];
  /** Buffers of Direct PUT: a stream of one shard for each delivery stream. */
  readonly buffers: Streams;
  readonly faults: Faults;
}

/** PutRecord. */
export function putRecord(directory: Directory): Operation {
  return async (input, caller) => {
    const name = text(input, 'DeliveryStreamName', { max: 64 });
    caller.authorize('firehose:PutRecord', directory.arn(name));
    directPut(directory, name);
    const record = input.Record as Record<string, unknown> | undefined;
    const data = blob(record ?? {}, 'Data', 'record.data', MAX_RECORD_BYTES);
    await append(directory, name, [data]);
    return { RecordId: recordId(), Encrypted: false };
  };
}

/** PutRecordBatch. Entries fail one by one; the others are on disk when the answer goes out. */
export function putRecordBatch(directory: Directory): Operation {
  return async (input, caller) => {
    const name = text(input, 'DeliveryStreamName', { max: 64 });
    caller.authorize('firehose:PutRecordBatch', directory.arn(name));
    directPut(directory, name);
    const records = objects(input, 'Records', 1, MAX_RECORDS).map((record, index) =>
      blob(record, 'Data', `records.${index + 1}.member.data`, MAX_RECORD_BYTES),
    );
    const total = records.reduce((sum, data) => sum + data.length, 0);
    if (total > MAX_REQUEST_BYTES) {
      throw new ServiceError(
        'InvalidArgumentException',
        `Records size exceeds 4 MB limit: ${total} bytes`,
      );
    }
    const call = { service: 'firehose', operation: 'PutRecordBatch', principal: caller.principal };
    const failing = directory.faults.failing(call, records.length);
    await append(directory, name, records.slice(failing));
    return {
      FailedPutCount: failing,
      Encrypted: false,
      RequestResponses: records.map((_, index) =>
        index < failing
          ? { ErrorCode: UNAVAILABLE, ErrorMessage: 'Slow down.' }
          : { RecordId: recordId() },
      ),
    };
  };
}

function directPut(directory: Directory, name: string): void {
  if (directory.find(name).settings.source === null) return;
  throw new ServiceError(
    'InvalidArgumentException',
    'This operation is not permitted on KinesisStreamAsSource delivery stream type.',
  );
}

async function append(
  { buffers }: Directory,
  name: string,
  records: readonly Buffer[],
): Promise<void> {
  if (records.length === 0) return;
  await buffers.get(name).logs[0]?.append(records.map((data) => ({ key: '', data })));
}

function recordId(): string {
  return randomBytes(60).toString('base64url');
}
