import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { DeadLetter } from '../../core/event.ts';
import type { FallbackKind } from '../runtime/fallback.ts';
import { UnavailableError } from '../runtime/http-error.ts';
import { packLines } from '../runtime/lines.ts';
import { logger } from '../runtime/logger.ts';
import type { Patience } from '../runtime/resend.ts';
import { partitionKey, putRecords } from '../runtime/stream.ts';
import type { Line } from './map.ts';
import type { Sinks } from './sinks.ts';

/** Names of what the function writes to. */
export interface Destinations {
  readonly streamName: string;
  readonly deadLetterStreamName: string;
  readonly lakeBucket: string;
}

/** Share of the remaining time that the streams get; the rest is the fallback's. */
const STREAM_SHARE = 0.5;
/** Clients wait and functions pile up while a stream is throttled: the fallback is as good, so it is turned to soon. */
const LONGEST_STREAM_MS = 2_500;
const LONGEST_TRY_MS = 1_500;
/** Left for the answer. */
const RESERVE_MS = 500;
const RETRY_AFTER_SECONDS = 5;

/** Stores events on the stream, then dead letters in Firehose, and both in the lake's fallback objects where those fail. */
export class Delivery implements Sinks {
  readonly #kinesis: KinesisClient;
  readonly #to: Destinations;
  readonly #streams: Patience;
  readonly #fallbackDeadline: number;

  /** @param remainingMs Time that the function has left. */
  constructor(kinesis: KinesisClient, destinations: Destinations, remainingMs: number) {
    this.#kinesis = kinesis;
    this.#to = destinations;
    const now = Date.now();
    const streamMs = Math.min(remainingMs * STREAM_SHARE, LONGEST_STREAM_MS);
    this.#streams = { deadline: now + streamMs, tryMs: LONGEST_TRY_MS };
    this.#fallbackDeadline = now + remainingMs - RESERVE_MS;
  }

  async store(lines: readonly Line[], deadLetters: readonly DeadLetter[]): Promise<void> {
    try {
      // In this order: what is answered 503 comes again whole, and letters have no id by which a repeat is found.
      await this.#events(lines);
      await this.#refused(deadLetters);
    } catch (cause) {
      throw new UnavailableError(
        'not_stored',
        'the events could not be stored, and none is accepted: send the whole request again; what is sent twice counts once by its messageId',
        RETRY_AFTER_SECONDS,
        { cause },
      );
    }
  }

  async #events(lines: readonly Line[]): Promise<void> {
    const [first] = lines;
    if (first === undefined) return;
    // One key a request: its events mostly belong to one person, and one record is what is billed.
    const key = partitionKey(first.appId, first.personId);
    const packed = packLines(lines.map(({ json }) => json)).map((data) => ({
      partitionKey: key,
      data,
    }));
    const { left, cause } = await putRecords(
      this.#kinesis,
      this.#to.streamName,
      packed,
      this.#streams,
    );
    if (left.length === 0) return;
    await this.#fallBack(
      'events',
      left.map(({ data }) => data),
      cause,
    );
  }

  async #refused(deadLetters: readonly DeadLetter[]): Promise<void> {
    if (deadLetters.length === 0) return;
    const packed = packLines(deadLetters.map((letter) => JSON.stringify(letter)));
    // Loaded when the first event is refused: most cold starts never need it.
    const [{ firehose }, { putDeadLetters }] = await Promise.all([
      import('../runtime/clients/firehose.ts'),
      import('../runtime/dead-letter-stream.ts'),
    ]);
    const { left, cause } = await putDeadLetters(
      firehose(),
      this.#to.deadLetterStreamName,
      packed,
      this.#streams,
    );
    if (left.length > 0) await this.#fallBack('dead-letters', left, cause);
  }

  async #fallBack(kind: FallbackKind, records: readonly Buffer[], cause: unknown): Promise<void> {
    logger.warn(`${kind} go to the fallback: the stream did not take them`, {
      records: records.length,
      error: cause,
    });
    const { putFallback } = await import('../runtime/fallback.ts');
    await putFallback(this.#to.lakeBucket, kind, records, this.#fallbackDeadline);
  }
}
