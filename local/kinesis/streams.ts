import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../service.ts';
import { counterOf, sequenceNumber, shardId } from './sequence.ts';
import { openShardLog, type ShardLog } from './shard-log.ts';

/** What a stream is made with; kept in its folder. */
export interface StreamSettings {
  readonly name: string;
  readonly shards: number;
  readonly mode: 'ON_DEMAND' | 'PROVISIONED';
  readonly retentionHours: number;
  /** Largest record with its partition key, bytes. */
  readonly maxRecordBytes: number;
  readonly createdMs: number;
}

/** A record as consumers read it. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  readonly arrivalMs: number;
}

/** A stream that is open. */
export interface Stream {
  readonly settings: StreamSettings;
  readonly arn: string;
  /** By index. */
  readonly logs: readonly ShardLog[];
}

/** Where the streams lie and what their ARNs say. */
export interface StreamsOptions {
  readonly folder: string;
  readonly region: string;
  readonly account: string;
}

/** The streams of the local Kinesis: what the operations and the consumers inside the process share. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #streams = new Map<string, Stream>();

  /** @param options the folder is made with the first stream */
  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** Makes a stream, or opens the one that an earlier run made. */
  async create(wanted: Omit<StreamSettings, 'createdMs'>): Promise<Stream> {
    const folder = join(this.#options.folder, wanted.name);
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'stream.json');
    const found = (await readdir(folder)).includes('stream.json')
      ? (JSON.parse(await readFile(file, 'utf8')) as StreamSettings)
      : null;
    if (found !== null && found.shards !== wanted.shards) {
      throw new Error(
        `stream ${wanted.name} has ${found.shards} shards on disk, the template wants ${wanted.shards}: resharding is not implemented locally; delete ${folder} to start anew`,
      );
    }
    const settings = { ...wanted, createdMs: found?.createdMs ?? Date.now() };
    await writeFile(`${file}.new`, JSON.stringify(settings));
    await rename(`${file}.new`, file);
    const logs = await Promise.all(
      Array.from({ length: settings.shards }, (_, index) =>
        openShardLog(join(folder, shardId(index)), settings.retentionHours * 3_600_000),
      ),
    );
    const stream = { settings, arn: this.arn(wanted.name), logs };
    this.#streams.set(wanted.name, stream);
    return stream;
  }

  /** ARN of a stream of this account. */
  arn(name: string): string {
    return `arn:aws:kinesis:${this.#options.region}:${this.#options.account}:stream/${name}`;
  }

  /** Names of all streams, sorted. */
  names(): string[] {
    return [...this.#streams.keys()].sort();
  }

  /** @throws ServiceError ResourceNotFoundException */
  get(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream !== undefined) return stream;
    throw new ServiceError(
      'ResourceNotFoundException',
      `Stream ${name} under account ${this.#options.account} not found.`,
    );
  }

  /** Ids of a stream's shards. */
  shards(name: string): string[] {
    return this.get(name).logs.map((_, index) => shardId(index));
  }

  /**
   * Records of a shard after a sequence number (null: from the oldest), oldest first. An empty answer means that there is
   * nothing more yet; fewer than the limit does not.
   */
  async readShard(
    name: string,
    shard: string,
    afterSequence: string | null,
    limit: number,
    maxBytes = 10 * 1024 * 1024,
  ): Promise<readonly StreamRecord[]> {
    const { stream, index, log, counter } = this.#locate(name, shard, afterSequence);
    const records = await log.readAfter(counter, limit, maxBytes);
    return records.map((record) => ({
      sequenceNumber: sequenceNumber(stream.settings.createdMs, index, record.counter),
      partitionKey: record.key,
      data: record.data,
      arrivalMs: record.arrivalMs,
    }));
  }

  /** Resolves once the shard has a record after the sequence number, or the signal aborts. */
  async waitForData(
    name: string,
    shard: string,
    afterSequence: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    const { log, counter } = this.#locate(name, shard, afterSequence);
    await log.waitAfter(counter, signal);
  }

  /** Sequence number of the newest record of a shard; before the first one, what stands before it. */
  head(name: string, shard: string): string {
    const { stream, index, log } = this.#locate(name, shard, null);
    return sequenceNumber(stream.settings.createdMs, index, log.lastCounter);
  }

  /** Bytes of the records of a shard after a sequence number. */
  bytesAfter(name: string, shard: string, afterSequence: string | null): number {
    const { log, counter } = this.#locate(name, shard, afterSequence);
    return log.bytesAfter(counter);
  }

  /** Number of records of a shard after a sequence number. */
  countAfter(name: string, shard: string, afterSequence: string | null): number {
    const { log, counter } = this.#locate(name, shard, afterSequence);
    return log.lastCounter - Math.max(counter, log.firstCounter - 1);
  }

  /** Keeps the records of a shard that a consumer has not read yet from being trimmed. */
  hold(name: string, shard: string, consumer: string, readTo: string | null): void {
    const { log, counter } = this.#locate(name, shard, readTo);
    log.hold(consumer, counter);
  }

  /** Waits for writes under way and closes all files. */
  async close(): Promise<void> {
    for (const { logs } of this.#streams.values()) {
      for (const log of logs) await log.close();
    }
    this.#streams.clear();
  }

  #locate(name: string, shard: string, sequence: string | null) {
    const stream = this.get(name);
    const index = stream.logs.findIndex((_, candidate) => shardId(candidate) === shard);
    const log = stream.logs[index];
    if (log === undefined) {
      throw new ServiceError(
        'ResourceNotFoundException',
        `Could not find shard ${shard} in stream ${name}`,
      );
    }
    const counter = sequence === null ? 0 : counterOf(sequence, stream.settings.createdMs, index);
    if (counter === null) {
      throw new ServiceError(
        'InvalidArgumentException',
        `sequence number ${sequence} is none of shard ${shard} of stream ${name}`,
      );
    }
    return { stream, index, log, counter };
  }
}
