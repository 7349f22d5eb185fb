import { createHash } from 'node:crypto';
import { letterDay } from '../../core/dead-letters.ts';
import type { DeadLetter } from '../../core/event.ts';
import { DEAD_LETTER_PREFIX } from '../../core/layout.ts';
import { logger } from '../runtime/logger.ts';

/** Objects of one kind that hold events, or dead letters, which were not delivered. */
export interface Undelivered {
  /** Keys, the oldest first. */
  keys(): AsyncIterable<{ readonly key: string; readonly modifiedAt: number }>;
  /** Dead letters of one object, in an order that never changes. */
  letters(key: string): AsyncIterable<DeadLetter>;
  remove(key: string): Promise<void>;
}

/** Where dead letters are kept. */
export interface DeadLetterObjects {
  /** Writes an object whole; one of the same key is replaced. */
  put(key: string, letters: readonly DeadLetter[]): Promise<void>;
}

/** What a run did. */
export interface Gathered {
  /** Objects whose letters are stored, and which are removed. */
  readonly objects: number;
  readonly letters: number;
  /** Objects that stay for the next run. */
  readonly failed: number;
  /** False where time ran out before the last object. */
  readonly finished: boolean;
}

/** Letters that are written together, so that an object of Firehose's 128 MB never has to fit into memory. */
const MOST_LETTERS = 2_000;

/**
 * Makes dead letters of events that were accepted and then not delivered, and keeps those that were put aside. A source object is removed only when all its letters are
 * stored; keys and ids of letters follow from the source, so that one which was half done is done again and doubles nothing.
 * @param hasTime Asked before each object.
 */
export async function gather(
  sources: readonly Undelivered[],
  store: DeadLetterObjects,
  hasTime: () => boolean,
): Promise<Gathered> {
  const done = { objects: 0, letters: 0, failed: 0 };
  for (const source of sources) {
    for await (const { key, modifiedAt } of source.keys()) {
      if (!hasTime()) return { ...done, finished: false };
      try {
        done.letters += await storeLetters(source.letters(key), key, modifiedAt, store);
        await source.remove(key);
        done.objects++;
      } catch (error) {
        // The others may go through: a wrong object must not hold them up.
        logger.error('an object of undelivered events or letters stays', {
          key,
          error: error as Error,
        });
        done.failed++;
      }
    }
  }
  return { ...done, finished: true };
}

async function storeLetters(
  letters: AsyncIterable<DeadLetter>,
  sourceKey: string,
  modifiedAt: number,
  store: DeadLetterObjects,
): Promise<number> {
  /** Letters that are not stored yet, by the day under which they are kept. */
  const waiting = new Map<string, DeadLetter[]>();
  const found = dayOf(sourceKey, modifiedAt);
  let parts = 0;
  let count = 0;
  const flush = async () => {
    for (const [day, some] of waiting) await store.put(letterKey(sourceKey, day, parts++), some);
    waiting.clear();
  };
  for await (const letter of letters) {
    const day = letterDay(found, letter.received_at);
    const some = waiting.get(day) ?? [];
    waiting.set(day, some);
    some.push(letter);
    count++;
    if (count % MOST_LETTERS === 0) await flush();
  }
  await flush();
  return count;
}

function letterKey(sourceKey: string, day: string, part: number): string {
  const hash = createHash('sha256').update(sourceKey).digest('hex').slice(0, 20);
  const number = String(part).padStart(5, '0');
  return `${DEAD_LETTER_PREFIX}dt=${day}/gathered-${hash}-${number}.jsonl.gz`;
}

/** The day that a source object was written. Firehose and Lambda write it (UTC) into their keys, one as dt=2026-11-21, the other as 2026/11/21. */
function dayOf(key: string, modifiedAt: number): string {
  const [, year, month, day] = /[/=](\d{4})[-/](\d\d)[-/](\d\d)\//.exec(key) ?? [];
  if (year === undefined) return new Date(modifiedAt).toISOString().slice(0, 10);
  return `${year}-${month}-${day}`;
}
