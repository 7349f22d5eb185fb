import { createHash } from 'node:crypto';
import type { DeadLetter } from '../../core/event.ts';
import { DEAD_LETTER_PREFIX } from '../../core/layout.ts';
import { logger } from '../runtime/logger.ts';

/** Objects of one kind that hold events which were not delivered. */
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

/** Most letters of one object, so that an object of Firehose's 128 MB never has to fit into memory. */
const MOST_LETTERS = 2_000;

/**
 * Makes dead letters of events that were accepted and then not delivered. A source object is removed only when all its letters are
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
        logger.error('an object of undelivered events stays', { key, error: error as Error });
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
  let part: DeadLetter[] = [];
  let parts = 0;
  let count = 0;
  const flush = async () => {
    await store.put(letterKey(sourceKey, modifiedAt, parts), part);
    count += part.length;
    parts++;
    part = [];
  };
  for await (const letter of letters) {
    part.push(letter);
    if (part.length >= MOST_LETTERS) await flush();
  }
  if (part.length > 0) await flush();
  return count;
}

/** Key of the letters of a source object: by the day that the source was written. */
function letterKey(sourceKey: string, modifiedAt: number, part: number): string {
  const hash = createHash('sha256').update(sourceKey).digest('hex').slice(0, 20);
  const number = String(part).padStart(5, '0');
  return `${DEAD_LETTER_PREFIX}dt=${dayOf(sourceKey, modifiedAt)}/gathered-${hash}-${number}.jsonl.gz`;
}

/** Firehose and Lambda write the UTC day into their keys, one as dt=2026-11-21, the other as 2026/11/21. */
function dayOf(key: string, modifiedAt: number): string {
  const [, year, month, day] = /[/=](\d{4})[-/](\d\d)[-/](\d\d)\//.exec(key) ?? [];
  if (year === undefined) return new Date(modifiedAt).toISOString().slice(0, 10);
  return `${year}-${month}-${day}`;
}
