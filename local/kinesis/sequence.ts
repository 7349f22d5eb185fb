import { createHash } from 'node:crypto';

const PREFIX = '4960';
const COUNTER_DIGITS = 36;
const HASH_SPACE = 1n << 128n;

/**
 * Sequence number of a record: 56 decimal digits as on AWS, so that nothing takes it for a number of a language. It grows
 * within a shard and is unique over shards and over streams of a name that were made anew.
 */
export function sequenceNumber(createdMs: number, shard: number, counter: number): string {
  const made = String(Math.floor(createdMs / 1000)).padStart(10, '0');
  return `${PREFIX}${made}${String(shard).padStart(6, '0')}${String(counter).padStart(COUNTER_DIGITS, '0')}`;
}

/** Counter of a sequence number of this shard; null where it is none of it. */
export function counterOf(sequence: string, createdMs: number, shard: number): number | null {
  if (!/^\d{56}$/.test(sequence)) return null;
  const counter = Number.parseInt(sequence.slice(-COUNTER_DIGITS), 10);
  return sequenceNumber(createdMs, shard, counter) === sequence ? counter : null;
}

/** AWS's name of the nth shard. */
export function shardId(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}

/** Where a shard's range of hash keys starts and ends, both inclusive. */
export function hashRange(index: number, shards: number): readonly [start: bigint, end: bigint] {
  const width = HASH_SPACE / BigInt(shards);
  const start = width * BigInt(index);
  return [start, index === shards - 1 ? HASH_SPACE - 1n : start + width - 1n];
}

/** The shard of a partition key: by its MD5, or by the hash that the producer gives. */
export function shardOf(partitionKey: string, shards: number, explicitHashKey?: string): number {
  if (shards === 1) return 0;
  const hash =
    explicitHashKey === undefined
      ? BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`)
      : BigInt(explicitHashKey);
  const index = Number(hash / (HASH_SPACE / BigInt(shards)));
  return Math.min(index, shards - 1);
}
