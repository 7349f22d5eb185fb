import { optionalText, text, wholeNumber } from '../gateway/input.ts';
import { type Operation, ServiceError } from '../service.ts';
import { counterOf, sequenceNumber, shardId } from './sequence.ts';
import type { Stream, Streams } from './streams.ts';
import { findStream } from './target.ts';

const ITERATOR_LIFE_MS = 300_000;
const MAX_RECORDS = 10_000;
const MAX_BYTES = 10 * 1024 * 1024;
const TYPES = [
  'TRIM_HORIZON',
  'LATEST',
  'AT_SEQUENCE_NUMBER',
  'AFTER_SEQUENCE_NUMBER',
  'AT_TIMESTAMP',
];

interface Iterator {
  readonly stream: string;
  readonly shard: number;
  /** Counter after which reading goes on. */
  readonly after: number;
  readonly madeMs: number;
}

/** GetShardIterator. */
export function getShardIterator(streams: Streams): Operation {
  return (input, caller) => {
    const stream = findStream(streams, input);
    caller.authorize('kinesis:GetShardIterator', stream.arn);
    const shardName = text(input, 'ShardId');
    const shard = stream.logs.findIndex((_, index) => shardId(index) === shardName);
    if (shard === -1) {
      throw new ServiceError(
        'ResourceNotFoundException',
        `Could not find shard ${shardName} in stream ${stream.settings.name}`,
      );
    }
    const after = startOf(stream, shard, input);
    return {
      ShardIterator: write({ stream: stream.settings.name, shard, after, madeMs: Date.now() }),
    };
  };
}

function startOf(stream: Stream, shard: number, input: Readonly<Record<string, unknown>>): number {
  const log = stream.logs[shard];
  if (log === undefined) return 0;
  const type = text(input, 'ShardIteratorType', { oneOf: TYPES });
  if (type === 'TRIM_HORIZON') return log.firstCounter - 1;
  if (type === 'LATEST') return log.lastCounter;
  if (type === 'AT_TIMESTAMP') {
    const seconds = input.Timestamp;
    if (typeof seconds !== 'number') {
      throw new ServiceError('InvalidArgumentException', 'AT_TIMESTAMP needs Timestamp');
    }
    return log.firstSince(seconds * 1000) - 1;
  }
  const sequence = text(input, 'StartingSequenceNumber');
  const counter = counterOf(sequence, stream.settings.createdMs, shard);
  if (counter === null) {
    throw new ServiceError(
      'InvalidArgumentException',
      `StartingSequenceNumber ${sequence} used in GetShardIterator on shard ${shardId(shard)} in stream ${stream.settings.name} is invalid.`,
    );
  }
  return type === 'AT_SEQUENCE_NUMBER' ? Math.max(0, counter - 1) : counter;
}

/** GetRecords. */
export function getRecords(streams: Streams): Operation {
  return async (input, caller) => {
    const iterator = read(text(input, 'ShardIterator'));
    const stream = streams.get(iterator.stream);
    const arn = optionalText(input, 'StreamARN');
    if (arn !== null && arn !== stream.arn) {
      throw new ServiceError(
        'InvalidArgumentException',
        `StreamARN ${arn} is not the iterator's stream`,
      );
    }
    caller.authorize('kinesis:GetRecords', stream.arn);
    const limit = wholeNumber(input, 'Limit', 1, MAX_RECORDS) ?? MAX_RECORDS;
    const log = stream.logs[iterator.shard];
    if (log === undefined) throw invalid();
    const records = await log.readAfter(iterator.after, limit, MAX_BYTES);
    const last = records.at(-1)?.counter ?? iterator.after;
    const next = log.arrivalMs(last + 1);
    return {
      Records: records.map((record) => ({
        SequenceNumber: sequenceNumber(stream.settings.createdMs, iterator.shard, record.counter),
        ApproximateArrivalTimestamp: record.arrivalMs / 1000,
        Data: record.data.toString('base64'),
        PartitionKey: record.key,
        EncryptionType: 'NONE',
      })),
      NextShardIterator: write({ ...iterator, after: last, madeMs: Date.now() }),
      MillisBehindLatest: next === null ? 0 : Math.max(1, Date.now() - next),
    };
  };
}

function write(iterator: Iterator): string {
  return Buffer.from(JSON.stringify(iterator)).toString('base64');
}

function read(token: string): Iterator {
  let iterator: Iterator;
  try {
    iterator = JSON.parse(Buffer.from(token, 'base64').toString()) as Iterator;
  } catch {
    throw invalid();
  }
  const { stream, shard, after, madeMs } = iterator;
  if (typeof stream !== 'string') throw invalid();
  if (![shard, after, madeMs].every((value) => Number.isInteger(value))) throw invalid();
  if (Date.now() - madeMs > ITERATOR_LIFE_MS) {
    throw new ServiceError(
      'ExpiredIteratorException',
      `Iterator expired. The iterator was created at time ${new Date(madeMs).toISOString()}, more than 300000 milliseconds ago.`,
    );
  }
  return iterator;
}

function invalid(): ServiceError {
  return new ServiceError('InvalidArgumentException', 'Invalid ShardIterator.');
}
