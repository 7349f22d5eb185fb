import type { Faults } from '../faults.ts';
import { blob, objects, optionalText, text } from '../gateway/input.ts';
import { type Operation, ServiceError } from '../service.ts';
import { sequenceNumber, shardId, shardOf } from './sequence.ts';
import type { LogEntry } from './shard-log.ts';
import type { Stream, Streams } from './streams.ts';
import { findStream } from './target.ts';
import type { Throughput } from './throughput.ts';

const MAX_RECORDS = 500;
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;
const MAX_KEY_CHARACTERS = 256;
const HASH_KEY = { pattern: /^(0|[1-9]\d{0,38})$/ };
const THROTTLED = 'ProvisionedThroughputExceededException';

/** What the writing operations share. */
export interface Writing {
  readonly streams: Streams;
  readonly faults: Faults;
  /** Limits of a shard; null where they are not enforced. */
  readonly throughput: Throughput | null;
}

interface Entry extends LogEntry {
  readonly shard: number;
  readonly bytes: number;
}

/** PutRecord. */
export function putRecord({ streams, throughput }: Writing): Operation {
  return async (input, caller) => {
    const stream = findStream(streams, input);
    caller.authorize('kinesis:PutRecord', stream.arn);
    const entry = parseEntry(input, 'data', stream);
    if (throughput !== null && !throughput.take(stream, entry.shard, entry.bytes)) {
      throw new ServiceError(THROTTLED, throttleMessage(stream, entry.shard));
    }
    const counter = await stream.logs[entry.shard]?.append([entry]);
    return placed(stream, entry.shard, counter as number);
  };
}

/** PutRecords. Entries fail one by one; the others are on disk when the answer goes out. */
export function putRecords({ streams, faults, throughput }: Writing): Operation {
  return async (input, caller) => {
    const stream = findStream(streams, input);
    caller.authorize('kinesis:PutRecords', stream.arn);
    const entries = objects(input, 'Records', 1, MAX_RECORDS).map((record, index) =>
      parseEntry(record, `records.${index + 1}.member.data`, stream),
    );
    const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > MAX_REQUEST_BYTES) {
      throw new ServiceError('InvalidArgumentException', 'Records size exceeds 10 MB limit');
    }
    const call = { service: 'kinesis', operation: 'PutRecords', principal: caller.principal };
    const failing = faults.failing(call, entries.length);
    const accepted: Entry[] = [];
    const throttled = new Set<number>();
    for (const [index, entry] of entries.entries()) {
      const taken = throughput === null || throughput.take(stream, entry.shard, entry.bytes);
      if (index < failing || !taken) throttled.add(index);
      else accepted.push(entry);
    }
    const counters = await append(stream, accepted);
    const records = entries.map((entry, index) => {
      if (throttled.has(index)) {
        return { ErrorCode: THROTTLED, ErrorMessage: throttleMessage(stream, entry.shard) };
      }
      const counter = counters.get(entry);
      if (counter !== undefined) return placed(stream, entry.shard, counter);
      return { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal service failure.' };
    });
    return {
      FailedRecordCount: records.filter((record) => 'ErrorCode' in record).length,
      Records: records,
      EncryptionType: 'NONE',
    };
  };
}

/** Appends entries to their shards' logs. @returns counter by entry; one whose log could not be written has none */
async function append(stream: Stream, entries: readonly Entry[]): Promise<Map<Entry, number>> {
  const counters = new Map<Entry, number>();
  const byShard = Map.groupBy(entries, (entry) => entry.shard);
  const writes = [...byShard].map(async ([shard, group]) => {
    const first = await stream.logs[shard]?.append(group);
    for (const [index, entry] of group.entries()) counters.set(entry, (first as number) + index);
  });
  for (const result of await Promise.allSettled(writes)) {
    if (result.status === 'rejected') console.error(`kinesis ${stream.arn}:`, result.reason);
  }
  return counters;
}

function parseEntry(
  input: Readonly<Record<string, unknown>>,
  place: string,
  stream: Stream,
): Entry {
  const key = text(input, 'PartitionKey', { max: MAX_KEY_CHARACTERS });
  const limit = stream.settings.maxRecordBytes;
  const data = blob(input, 'Data', place, limit);
  const bytes = data.length + Buffer.byteLength(key);
  if (bytes > limit) {
    throw new ServiceError(
      'ValidationException',
      `record at '${place}' has ${bytes} bytes with its partition key, above the ${limit} bytes that the stream allows`,
    );
  }
  const hash = optionalText(input, 'ExplicitHashKey', HASH_KEY);
  if (hash !== null && BigInt(hash) >= 1n << 128n) {
    throw new ServiceError(
      'InvalidArgumentException',
      `ExplicitHashKey ${hash} is not below 2^128`,
    );
  }
  return { key, data, bytes, shard: shardOf(key, stream.settings.shards, hash ?? undefined) };
}

function placed(stream: Stream, shard: number, counter: number) {
  return {
    SequenceNumber: sequenceNumber(stream.settings.createdMs, shard, counter),
    ShardId: shardId(shard),
  };
}

function throttleMessage(stream: Stream, shard: number): string {
  const { name } = stream.settings;
  return `Rate exceeded for shard ${shardId(shard)} in stream ${name} under account ${stream.arn.split(':')[4]}.`;
}
