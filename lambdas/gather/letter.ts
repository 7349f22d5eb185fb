import { createHash } from 'node:crypto';
import type { DeadLetter, DeadLetterCode } from '../../core/event.ts';
import { storableText } from '../../core/storable-text.ts';

/** What is known of an undelivered event beside its line. */
export interface Found {
  /** Key of the object that it was found in, and its place there: together they make the letter's id. */
  readonly key: string;
  readonly place: string;
  readonly code: DeadLetterCode;
  readonly message: string;
  /** Epoch ms: when it arrived on the stream. */
  readonly arrivedAt: number;
  /** Where it was found: JSON members of the letter's `request`. */
  readonly origin: Readonly<Record<string, unknown>>;
}

/** 9999-12-31: what a time of ours may be at most. */
const LAST_MS = 253_402_300_799_999;

/**
 * The dead letters of a record's text, one for each line: collect packs the events of a request into one record. Ids follow from
 * the place where a letter was found, so that the same object always makes the same letters.
 */
export function lettersOf(text: string, found: Found): DeadLetter[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  // A record of nothing is a letter, too: it was not delivered, and must not go unseen.
  return (lines.length > 0 ? lines : ['']).map((line, i) =>
    letterOf(line, { ...found, place: `${found.place}/${i}` }),
  );
}

/**
 * A dead letter that was put aside as it is.
 * @throws Error where the line is none.
 */
export function keptLetter(line: string, key: string): DeadLetter {
  const letter = JSON.parse(line) as Partial<DeadLetter> | null;
  if (typeof letter?.dead_letter_id === 'string' && typeof letter.received_at === 'number') {
    return letter as DeadLetter;
  }
  throw new Error(
    `a line of ${key} is no dead letter: dead_letter_id and received_at are needed, got ${line.slice(0, 200)}`,
  );
}

function letterOf(line: string, found: Found): DeadLetter {
  const event = parse(line);
  return {
    dead_letter_id: uuidOf(`${found.key}\0${found.place}`),
    received_at: time(event.received_at) ?? found.arrivedAt,
    app_id: short(event.app_id) ?? '',
    code: found.code,
    pointer: '',
    message: storableText(found.message),
    schema: short(event.schema),
    message_id: short(event.message_id),
    type: short(event.type),
    event: short(event.event),
    payload: storableText(line),
    request: JSON.stringify(found.origin),
  };
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch (error) {
    // What is no JSON has no columns; its text is the letter's payload.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function short(value: unknown): string | undefined {
  return typeof value === 'string' ? storableText(value.slice(0, 256)) : undefined;
}

function time(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= LAST_MS
    ? Math.trunc(value)
    : undefined;
}

/** A UUID of version 8, whose bits are ours to choose. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
