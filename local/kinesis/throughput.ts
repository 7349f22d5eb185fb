import type { Stream } from './streams.ts';

const BYTES_PER_SECOND = 1024 * 1024;
const RECORDS_PER_SECOND = 1000;

interface Used {
  second: number;
  bytes: number;
  records: number;
}

/** AWS's write limits of a shard, 1 MiB and 1,000 records a second. Off unless asked for. */
export class Throughput {
  readonly #used = new WeakMap<Stream, Used[]>();

  /** Takes a record's share of the running second. @returns false where it would exceed the limits */
  take(stream: Stream, shard: number, bytes: number): boolean {
    const second = Math.floor(Date.now() / 1000);
    const shards = this.#used.get(stream) ?? [];
    this.#used.set(stream, shards);
    let used = shards[shard];
    if (used === undefined || used.second !== second) {
      used = { second, bytes: 0, records: 0 };
      shards[shard] = used;
    }
    if (used.records + 1 > RECORDS_PER_SECOND || used.bytes + bytes > BYTES_PER_SECOND)
      return false;
    used.records += 1;
    used.bytes += bytes;
    return true;
  }
}
