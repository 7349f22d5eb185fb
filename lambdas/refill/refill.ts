import { isTooLateToSend } from '../../core/dead-letters.ts';
import { DEAD_LETTER_FALLBACK } from '../../core/layout.ts';
import type { FallbackKind } from '../runtime/fallback.ts';
import { logger } from '../runtime/logger.ts';

/** Fallback objects, oldest day first. */
export interface FallbackObjects {
  keys(): AsyncIterable<string>;
  read(key: string): Promise<string>;
  remove(key: string): Promise<void>;
}

/** Where the lines of fallback objects belong. */
export interface Streams {
  /** Gives back how many records were not taken, and why. */
  putEvents(lines: readonly string[], key: string): Promise<Unsent>;
  putDeadLetters(lines: readonly string[]): Promise<Unsent>;
}

/** Records that a stream did not take. */
export interface Unsent {
  readonly count: number;
  readonly cause?: unknown;
}

/** What a run did. */
export interface Refilled {
  /** Objects sent and deleted. */
  readonly objects: number;
  readonly lines: number;
  /** Objects that stay for the next run. */
  readonly failed: number;
  /** False where time ran out before the last object. */
  readonly finished: boolean;
}

/** Failures in a row after which a stream is taken to be down still. */
const MOST_FAILURES = 3;

/**
 * Sends fallback objects to the streams they were meant for, but dead letters that are too late for theirs: `gather` takes those. An object is deleted only when all its records are in, so one
 * that was half sent is sent again whole: message ids find the repeats.
 * @param hasTime Asked before each object.
 */
export async function refill(
  objects: FallbackObjects,
  streams: Streams,
  hasTime: () => boolean,
): Promise<Refilled> {
  const done = { objects: 0, lines: 0, failed: 0 };
  // A stream each: dead letters come first, and must not hold up events while Firehose is down.
  const failuresInARow = { events: 0, 'dead-letters': 0 };
  let skipped = false;
  for await (const key of objects.keys()) {
    if (!hasTime()) return { ...done, finished: false };
    const kind = kindOf(key);
    if (kind === 'dead-letters' && isTooLateToSend(key, Date.now())) continue;
    if (failuresInARow[kind] >= MOST_FAILURES) {
      skipped = true;
      if (Object.values(failuresInARow).every((count) => count >= MOST_FAILURES)) break;
      continue;
    }
    try {
      done.lines += await sendObject(key, objects, streams);
      done.objects++;
      failuresInARow[kind] = 0;
    } catch (error) {
      // The others may go through: a wrong object must not hold them up.
      logger.error('a fallback object stays', { key, error: error as Error });
      done.failed++;
      failuresInARow[kind]++;
    }
  }
  return { ...done, finished: !skipped };
}

function kindOf(key: string): FallbackKind {
  return key.startsWith(DEAD_LETTER_FALLBACK) ? 'dead-letters' : 'events';
}

async function sendObject(key: string, objects: FallbackObjects, streams: Streams) {
  const text = await objects.read(key);
  const lines = text.split('\n').filter((line) => line !== '');
  const { count, cause } =
    kindOf(key) === 'dead-letters'
      ? await streams.putDeadLetters(lines)
      : await streams.putEvents(lines, key);
  if (count > 0) throw new Error(`${count} records of ${key} were not taken`, { cause });
  await objects.remove(key);
  return lines.length;
}
