import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Streams } from '../kinesis/streams.ts';
import { type Batch, collect, collectAgain } from './batch.ts';
import { type Checkpoint, type Positions, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { type DeliveryContext, deliver } from './deliver.ts';
import type { DeliverySettings } from './settings.ts';

/** What a delivery stream has done since the process started, and where it stands. */
export interface DeliveryState {
  /** Up to which sequence number each shard is delivered. */
  readonly positions: Positions;
  /** Records that wait in the buffer. */
  readonly buffered: number;
  /** Nothing is buffered and nothing is being delivered. */
  readonly idle: boolean;
  readonly objectsDelivered: number;
  readonly objectsFailed: number;
  /** Why the last attempt failed; null once one went well. */
  readonly lastError: string | null;
}

/** What a delivery stream reads, and when it delivers. */
export interface DeliveryStreamOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly settings: DeliverySettings;
  readonly context: DeliveryContext;
  /** Holds the source stream, or the buffer of Direct PUT. */
  readonly streams: Streams;
  readonly sourceStream: string;
  readonly log: (line: string) => void;
}

const RETRY_MS = 5000;
const CONSUMER = 'firehose';

/** One delivery stream: waits for records, buffers them by time and size, delivers, notes how far it came. */
export class DeliveryStream {
  readonly settings: DeliverySettings;
  readonly createdMs = Date.now();
  readonly #options: DeliveryStreamOptions;
  readonly #stop = new AbortController();
  #checkpoint: Checkpoint = { positions: {}, underWay: null };
  #delivering: Promise<void> = Promise.resolve();
  #busy = false;
  #running: Promise<void> = Promise.resolve();
  #delivered = 0;
  #failed = 0;
  #lastError: string | null = null;

  /** @param options call start before use */
  constructor(options: DeliveryStreamOptions) {
    this.#options = options;
    this.settings = options.settings;
  }

  /** Where it stands. */
  get state(): DeliveryState {
    const buffered = this.#buffered('countAfter');
    return {
      positions: this.#checkpoint.positions,
      buffered,
      idle: buffered === 0 && !this.#busy,
      objectsDelivered: this.#delivered,
      objectsFailed: this.#failed,
      lastError: this.#lastError,
    };
  }

  /** Goes on where an earlier run stopped. A new stream starts at the newest record of its source, as on AWS. */
  async start(): Promise<void> {
    const { streams, sourceStream } = this.#options;
    const found = await readCheckpoint(this.#file);
    const positions: Record<string, string | null> = {};
    for (const shard of streams.shards(sourceStream)) {
      positions[shard] = found?.positions[shard] ?? streams.head(sourceStream, shard);
    }
    await this.#note({ positions, underWay: found?.underWay ?? null });
    this.#running = this.#run();
  }

  /**
   * Delivers all that is buffered now, without waiting for time or size.
   * @throws what the delivery failed with
   */
  flush(): Promise<void> {
    const run = this.#delivering.then(() => this.#deliverAll());
    // Who flushes hears of the failure from `run`; the next delivery only waits until this one has ended.
    this.#delivering = run.catch(() => undefined);
    return run;
  }

  /** Stops; what is buffered stays for the next start. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#delivering;
  }

  get #file(): string {
    return join(this.#options.folder, 'checkpoint.json');
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (this.#checkpoint.underWay === null) {
        await this.#waitForRecord();
        await this.#fillBuffer();
      }
      if (signal.aborted) return;
      try {
        await this.flush();
      } catch {
        // The error is in the state and was printed: AWS goes on trying, and so does this.
        await pause(Math.max(100, clock.shortened(RETRY_MS)), signal);
      }
    }
  }

  async #waitForRecord(): Promise<void> {
    const { streams, sourceStream } = this.#options;
    const enough = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, enough.signal]);
    await Promise.race(
      Object.entries(this.#checkpoint.positions).map(([shard, after]) =>
        streams.waitForData(sourceStream, shard, after, signal),
      ),
    );
    enough.abort();
  }

  /** Waits until the buffer interval is over or the buffer is full. */
  async #fillBuffer(): Promise<void> {
    const { clock, settings } = this.#options;
    const { signal } = this.#stop;
    const interval = clock.shortened(settings.bufferMs);
    const step = Math.min(interval, 250);
    const end = Date.now() + interval;
    while (
      !signal.aborted &&
      Date.now() < end &&
      this.#buffered('bytesAfter') < settings.bufferBytes
    ) {
      await pause(step, signal);
    }
  }

  async #deliverAll(): Promise<void> {
    this.#busy = true;
    try {
      const { streams, sourceStream } = this.#options;
      const heads = streams
        .shards(sourceStream)
        .map((shard) => [shard, streams.head(sourceStream, shard)] as const);
      const left = () =>
        heads.some(([shard, head]) => (this.#checkpoint.positions[shard] ?? '') < head);
      while (this.#checkpoint.underWay !== null || left()) await this.#deliverBatch();
      this.#lastError = null;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== this.#lastError) {
        this.#options.log(`firehose ${this.settings.name}: ${message}`);
      }
      this.#lastError = message;
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  async #deliverBatch(): Promise<void> {
    const { streams, sourceStream, settings, context, folder } = this.#options;
    const { positions, underWay } = this.#checkpoint;
    const batch: Batch =
      underWay === null
        ? await collect(streams, sourceStream, positions, {
            bytes: settings.bufferBytes,
            spanMs: Math.max(settings.bufferMs, 1000),
          })
        : await collectAgain(streams, sourceStream, positions, underWay);
    if (batch.records.length > 0) {
      if (underWay === null) await this.#note({ positions, underWay: batch.reached });
      const done = await deliver(
        context,
        settings,
        positions,
        batch,
        join(folder, 'work', 'batch'),
      );
      this.#delivered += done.delivered;
      this.#failed += done.failed;
    }
    await this.#note({ positions: batch.reached, underWay: null });
  }

  async #note(checkpoint: Checkpoint): Promise<void> {
    const { streams, sourceStream, settings } = this.#options;
    await writeCheckpoint(this.#file, checkpoint);
    this.#checkpoint = checkpoint;
    for (const [shard, position] of Object.entries(checkpoint.positions)) {
      streams.hold(sourceStream, shard, `${CONSUMER} ${settings.name}`, position);
    }
  }

  #buffered(measure: 'countAfter' | 'bytesAfter'): number {
    const { streams, sourceStream } = this.#options;
    return Object.entries(this.#checkpoint.positions).reduce(
      (sum, [shard, after]) => sum + streams[measure](sourceStream, shard, after),
      0,
    );
  }
}

/** Waits some milliseconds, or until the signal stops it: then whoever waited looks at the signal. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
