import type { Range } from './api.ts';

const DAY_MS = 86_400_000;
/** Days that a dead letter may take to its bucket: while Firehose does not take it, it waits in the lake's fallback. */
const LATE_DAYS = 7;

/** What dead letters are chosen by, beside app and time. An empty list takes all. */
export interface LetterChoice {
  readonly codes: readonly string[];
  /** `purchase/1-0-2`, `purchase/1` for a major version, `purchase` for all versions. */
  readonly schemas: readonly string[];
  readonly events: readonly string[];
}

/** Values of `dt` under which dead letters that were received in a range can lie, both inclusive: YYYY-MM-DD. */
export function letterDays({ from, to }: Range): { readonly first: string; readonly last: string } {
  const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10);
  return {
    // Firehose names an object after its oldest record, which may have come before midnight.
    first: day(Math.max(0, from - DAY_MS)),
    last: day(Math.min(to - 1 + LATE_DAYS * DAY_MS, Date.UTC(9999, 11, 31))),
  };
}

/**
 * Whether a fallback object of dead letters is too late for their delivery stream: Firehose keeps letters under the day on which they
 * arrive, and `letterDays` would not look for them there.
 * @param key of the object: it names the day on which it was put aside.
 * @param now epoch ms.
 */
export function isTooLateToSend(key: string, now: number): boolean {
  const day = /\/dt=(\d{4}-\d\d-\d\d)\//.exec(key)?.[1];
  // A day less: Firehose collects before it writes, and a letter may be put aside on the day after its receipt.
  return day !== undefined && now >= Date.parse(day) + (LATE_DAYS - 1) * DAY_MS;
}

/**
 * What is wrong with a text that is to choose letters by their schema; undefined where nothing is. An event's name is none: its
 * schemas have the name of their folder.
 */
export function schemaChoiceProblem(text: string): string | undefined {
  if (/^[a-z0-9_]+(\/\d+(-\d+-\d+)?)?$/.test(text)) return undefined;
  return `schema must be as purchase, purchase/1 or purchase/1-0-2, got ${JSON.stringify(text.slice(0, 100))}`;
}

/** The day under which a letter is kept that was found on one: of its receipt where it is found too late, or too early, for `letterDays`. */
export function letterDay(found: string, receivedAt: number): string {
  const { first, last } = letterDays({ from: receivedAt, to: receivedAt + 1 });
  return found >= first && found <= last ? found : new Date(receivedAt).toISOString().slice(0, 10);
}

/** What the schema of a letter begins with, beside being the same, for a schema that was chosen by its name or its major version. */
export function schemaPrefix(chosen: string): string {
  return chosen.includes('/') ? `${chosen}-` : `${chosen}/`;
}

/** Whether a letter, with its newest reason, is chosen. */
export function isChosen(
  letter: { readonly code: string; readonly schema?: string; readonly event?: string },
  { codes, schemas, events }: LetterChoice,
): boolean {
  const { code, schema, event } = letter;
  return (
    (codes.length === 0 || codes.includes(code)) &&
    (events.length === 0 || (event !== undefined && events.includes(event))) &&
    (schemas.length === 0 ||
      (schema !== undefined &&
        schemas.some((chosen) => schema === chosen || schema.startsWith(schemaPrefix(chosen)))))
  );
}
