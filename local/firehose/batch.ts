import type { StreamRecord, Streams } from '../kinesis/streams.ts';
import type { Positions } from './checkpoint.ts';

/** Records that become one object. */
export interface Batch {
  readonly records: readonly StreamRecord[];
  /** Positions once they are delivered. */
  readonly reached: Positions;
}

const READ_RECORDS = 10_000;

/** Where a batch may end. */
export interface BatchLimits {
  readonly bytes: number;
  /** Arrival span: a record later than the oldest by more waits for the next object, as the buffer interval has it on AWS. */
  readonly spanMs: number;
}

/** Collects what comes after the positions, up to the limits, at least one record where there is one. */
export async function collect(
  streams: Streams,
  stream: string,
  from: Positions,
  limits: BatchLimits,
): Promise<Batch> {
  const reached: Record<string, string | null> = { ...from };
  const records: StreamRecord[] = [];
  let left = limits.bytes;
  const until = (await oldestArrival(streams, stream, from)) + limits.spanMs;
  for (const shard of Object.keys(from)) {
    for (let more = true; more && left > 0; ) {
      const page = await streams.readShard(
        stream,
        shard,
        reached[shard] ?? null,
        READ_RECORDS,
        left,
      );
      more = page.length > 0;
      for (const record of page) {
        if (record.arrivalMs > until || (left <= 0 && records.length > 0)) {
          more = false;
          break;
        }
        left -= record.data.length;
        reached[shard] = record.sequenceNumber;
        records.push(record);
      }
    }
  }
  return { records, reached };
}

/** Collects the records between positions again. */
export async function collectAgain(
  streams: Streams,
  stream: string,
  from: Positions,
  reached: Positions,
): Promise<Batch> {
  const records: StreamRecord[] = [];
  for (const [shard, to] of Object.entries(reached)) {
    for (let at = from[shard] ?? null; at !== to && to !== null; ) {
      const page = await streams.readShard(stream, shard, at, READ_RECORDS);
      const wanted = page.filter(({ sequenceNumber }) => sequenceNumber <= to);
      const last = wanted.at(-1);
      if (last === undefined)
        throw new Error(`stream ${stream}: records up to ${to} of ${shard} are gone`);
      records.push(...wanted);
      at = last.sequenceNumber;
    }
  }
  return { records, reached };
}

async function oldestArrival(streams: Streams, stream: string, from: Positions): Promise<number> {
  let oldest = Number.POSITIVE_INFINITY;
  for (const [shard, after] of Object.entries(from)) {
    const [first] = await streams.readShard(stream, shard, after, 1);
    oldest = Math.min(oldest, first?.arrivalMs ?? oldest);
  }
  return oldest;
}
