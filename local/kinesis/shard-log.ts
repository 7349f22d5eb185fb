import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeFrame, type LogRecord, openSegment, type Segment } from './segment.ts';

/** A record to append. */
export interface LogEntry {
  readonly key: string;
  readonly data: Uint8Array;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;

interface Append {
  readonly entries: readonly LogEntry[];
  readonly resolve: (firstCounter: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A durable list of records: a folder of append-only files. A record is in the file (write(2) is done, so that it survives
 * a killed process) before its append resolves. Appends that come while one is being written go into one write together.
 */
export class ShardLog {
  readonly #folder: string;
  readonly #segments: Segment[];
  readonly #retentionMs: number;
  readonly #waiting = new Set<() => void>();
  readonly #holds = new Map<string, number>();
  #queue: Append[] = [];
  #writing: Promise<void> | null = null;

  /** Use openShardLog. */
  constructor(folder: string, segments: Segment[], retentionMs: number) {
    this.#folder = folder;
    this.#segments = segments;
    this.#retentionMs = retentionMs;
  }

  /** Counter of the newest record; 0 where there was none. */
  get lastCounter(): number {
    return this.#last.nextCounter - 1;
  }

  /** Counter of the oldest record that is still there. */
  get firstCounter(): number {
    return (this.#segments[0] as Segment).firstCounter;
  }

  /** Appends records in order. @returns counter of the first */
  append(entries: readonly LogEntry[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entries, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  /** Records after a counter, oldest first; fewer than the limits where a file ends, none where there is nothing more. */
  async readAfter(counter: number, maxRecords: number, maxBytes: number): Promise<LogRecord[]> {
    const from = Math.max(counter + 1, this.firstCounter);
    const segment = this.#segments.findLast((candidate) => candidate.firstCounter <= from);
    return segment === undefined ? [] : segment.read(from, maxRecords, maxBytes);
  }

  /** Bytes in the files of the records after a counter. */
  bytesAfter(counter: number): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytesFrom(counter + 1), 0);
  }

  /** Arrival of a record, epoch ms; null where it is gone or not there yet. */
  arrivalMs(counter: number): number | null {
    const segment = this.#segments.findLast((candidate) => candidate.firstCounter <= counter);
    return segment?.arrivalMs(counter) ?? null;
  }

  /** Counter of the first record that arrived at or after a time. */
  firstSince(timeMs: number): number {
    const segment = this.#segments.find((candidate) => candidate.newestMs >= timeMs);
    return segment === undefined ? this.lastCounter + 1 : segment.firstSince(timeMs);
  }

  /** Resolves once there is a record after the counter, or the signal aborts. */
  async waitAfter(counter: number, signal: AbortSignal): Promise<void> {
    while (this.lastCounter <= counter && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
  }

  /** Says up to where a consumer has read: what it has not read yet is never trimmed. */
  hold(consumer: string, counter: number): void {
    this.#holds.set(consumer, counter);
  }

  /** Deletes whole files whose records are all older than a time and read by all consumers that hold. */
  async trim(olderThanMs: number): Promise<void> {
    const read = Math.min(...this.#holds.values(), Number.POSITIVE_INFINITY);
    while (this.#segments.length > 1) {
      const [oldest] = this.#segments as [Segment];
      if (oldest.newestMs >= olderThanMs || oldest.nextCounter - 1 > read) return;
      this.#segments.shift();
      await oldest.remove();
    }
  }

  /** Waits for appends under way and closes the files. */
  async close(): Promise<void> {
    await this.#writing;
    for (const segment of this.#segments) await segment.close();
  }

  get #last(): Segment {
    return this.#segments.at(-1) as Segment;
  }

  async #drain(): Promise<void> {
    // One turn later, so that appends of the same tick share the write.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#write(this.#queue.splice(0));
    this.#writing = null;
  }

  async #write(appends: readonly Append[]): Promise<void> {
    try {
      if (this.#last.size >= SEGMENT_BYTES) await this.#roll();
      const segment = this.#last;
      const arrivalMs = Math.max(Date.now(), segment.newestMs);
      const firsts: number[] = [];
      const frames: Buffer[] = [];
      for (const { entries } of appends) {
        firsts.push(segment.nextCounter + frames.length);
        for (const { key, data } of entries) {
          frames.push(encodeFrame(segment.nextCounter + frames.length, arrivalMs, key, data));
        }
      }
      await segment.append(frames, arrivalMs);
      for (const [index, { resolve }] of appends.entries()) resolve(firsts[index] as number);
    } catch (error) {
      for (const { reject } of appends) reject(error);
    }
    for (const wake of [...this.#waiting]) wake();
  }

  async #roll(): Promise<void> {
    const first = this.#last.nextCounter;
    this.#segments.push(await openSegment(join(this.#folder, fileName(first)), first));
    await this.trim(Date.now() - this.#retentionMs);
  }
}

function fileName(firstCounter: number): string {
  return `${String(firstCounter).padStart(16, '0')}.log`;
}

/**
 * Opens a log, or makes an empty one.
 * @param retentionMs records are kept at least so long, and until all consumers that hold have read them
 * @throws Error where a file that is not the newest is damaged: its records had been acknowledged.
 */
export async function openShardLog(folder: string, retentionMs: number): Promise<ShardLog> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log')).sort();
  if (names.length === 0) names.push(fileName(1));
  const segments: Segment[] = [];
  for (const [index, name] of names.entries()) {
    const segment = await openSegment(join(folder, name), Number.parseInt(name, 10));
    const cut = await segment.recover();
    const next = names[index + 1];
    if (next !== undefined && segment.nextCounter !== Number.parseInt(next, 10)) {
      throw new Error(
        `${segment.path} is damaged: it ends with record ${segment.nextCounter - 1} (${cut} bytes unreadable), but the next file starts with ${Number.parseInt(next, 10)}`,
      );
    }
    segments.push(segment);
  }
  return new ShardLog(folder, segments, retentionMs);
}
