import type { Range } from './api.ts';
import { type LetterChoice, schemaChoiceProblem } from './dead-letters.ts';
import { DEAD_LETTER_CODES } from './event.ts';
import { shownValue } from './shown-value.ts';
import { InvalidRangeError, parseTime, timeZone } from './time-range.ts';

/** Where a redrive goes on: in the first object after `after`, and where that is still `key`, at its line. */
export interface RedriveCursor {
  readonly after: string | null;
  readonly key: string;
  /** From 0. */
  readonly line: number;
}

/** What the redrive function is asked for: the next page of the work. */
export interface RedriveInput {
  readonly app: string;
  readonly code?: readonly string[];
  readonly schema?: readonly string[];
  readonly event?: readonly string[];
  /** Of the time at which the server received them, as questions take it. Default: all that are kept. */
  readonly from?: string;
  readonly to?: string;
  /** IANA time zone of `from` and `to`. Default: the app's. */
  readonly tz?: string;
  /** Why the letters are settled without being sent. Default: they are sent. */
  readonly dismiss?: string;
  /** Only checks, sends and notes nothing. Default: false, and true with `dismiss`. */
  readonly dry_run?: boolean;
  /** What the page before gave back; none for the first. */
  readonly cursor?: RedriveCursor | null;
}

/** Letters, or calls of letters, that do not pass for the same reason. */
export interface RedriveReason {
  readonly outcome: 'failed' | 'refused_call' | 'not_redrivable';
  readonly code: string;
  readonly count: number;
  /** One of them. */
  readonly sample: {
    readonly dead_letter_id: string;
    readonly event?: string;
    readonly schema?: string;
    readonly pointer: string;
    readonly message: string;
  };
}

/**
 * What became of how many letters. Where letters are dismissed, what passes and fails says what sending them would do.
 */
export interface RedriveCounts {
  /** Letters that were chosen and waited. */
  readonly found: number;
  /** Those that passed, or would pass. */
  readonly passed: number;
  /** Events that were sent, or would be: a letter of a whole batch has several. */
  readonly events: number;
  /** Calls of a batch's letter that passed but for them: each is a letter of its own now, or would be. */
  readonly refused_calls: number;
  /** Those that are refused again. */
  readonly failed: number;
  /** Those that cannot be sent again. */
  readonly not_redrivable: number;
  /** Those that were settled without being sent, or would be. */
  readonly dismissed: number;
  /** Chosen letters that an earlier redrive sent. */
  readonly already_redriven: number;
  /** Chosen letters that were dismissed before. */
  readonly already_dismissed: number;
}

/** The counts of no letters. */
export const NO_LETTERS: RedriveCounts = {
  found: 0,
  passed: 0,
  events: 0,
  refused_calls: 0,
  failed: 0,
  not_redrivable: 0,
  dismissed: 0,
  already_redriven: 0,
  already_dismissed: 0,
};

/** What one page did. Counts are of this page only. */
export interface RedrivePage extends RedriveCounts {
  /** Where to go on; null at the end. */
  readonly cursor: RedriveCursor | null;
  readonly dry_run: boolean;
  /** Objects and bytes of the whole redrive: in the first page only. */
  readonly total?: { readonly objects: number; readonly bytes: number };
  /** Objects and bytes that are done with. */
  readonly done: { readonly objects: number; readonly bytes: number };
  readonly reasons: readonly RedriveReason[];
}

/** A redrive that is not asked for as it must be. */
export class InvalidRedriveError extends Error {
  override readonly name = 'InvalidRedriveError';
}

/** A redrive with every default filled in. */
export interface RedriveRequest {
  readonly app: string;
  readonly chosen: LetterChoice;
  readonly range: Range;
  /** Why the letters are settled; undefined where they are to be sent. */
  readonly dismiss: string | undefined;
  readonly dryRun: boolean;
  readonly cursor: RedriveCursor | null;
}

const KEYS = 'app, code, schema, event, from, to, tz, dismiss, dry_run, cursor';
/** Characters of a reason to dismiss. */
const LONGEST_REASON = 500;
/** 9999-12-31. */
const END_OF_TIME = 253_402_300_799_999;

/**
 * Reads what the function is asked for.
 * @param zoneOf gives an app's time zone; undefined where there is no such app.
 * @param apps ids of the apps there are, for the error, where they are known.
 * @throws InvalidRedriveError that says what is wrong, the value got and what is allowed.
 */
export function readRedriveInput(
  value: unknown,
  zoneOf: (app: string) => string | undefined,
  apps: readonly string[] = [],
): RedriveRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidRedriveError(
      `the input must be an object with ${KEYS}, got ${shownValue(value)}`,
    );
  }
  const input = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(input).find((key) => !KEYS.split(', ').includes(key));
  if (unknown !== undefined) {
    throw new InvalidRedriveError(`unknown member ${shownValue(unknown)}, allowed are ${KEYS}`);
  }
  const { app } = input;
  const zone = typeof app === 'string' ? zoneOf(app) : undefined;
  if (typeof app !== 'string' || zone === undefined) {
    const known = apps.length === 0 ? '' : ` (${apps.join(', ')})`;
    throw new InvalidRedriveError(
      `app must be the id of an app of the config${known}, got ${shownValue(app)}`,
    );
  }
  const dismiss = reason(input.dismiss);
  const { dry_run: dryRun = dismiss !== undefined } = input;
  if (typeof dryRun !== 'boolean') {
    throw new InvalidRedriveError(`dry_run must be true or false, got ${shownValue(dryRun)}`);
  }
  return {
    app,
    chosen: {
      codes: codes(texts('code', input.code)),
      schemas: schemas(texts('schema', input.schema)),
      events: texts('event', input.event),
    },
    range: range(input, zone),
    dismiss,
    dryRun,
    cursor: cursor(input.cursor),
  };
}

function texts(name: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string' && one);
  if (!isList)
    throw new InvalidRedriveError(`${name} must be a list of texts, got ${shownValue(value)}`);
  return value as string[];
}

function reason(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value.trim() : '';
  if (text !== '' && text.length <= LONGEST_REASON) return text;
  throw new InvalidRedriveError(
    `dismiss must be the reason, a text of 1 to ${LONGEST_REASON} characters, got ${shownValue(value)}`,
  );
}

function codes(given: readonly string[]): readonly string[] {
  const known: readonly string[] = DEAD_LETTER_CODES;
  const unknown = given.find((code) => !known.includes(code));
  if (unknown === undefined) return given;
  throw new InvalidRedriveError(
    `unknown code ${shownValue(unknown)}, allowed are ${known.join(', ')}`,
  );
}

function schemas(given: readonly string[]): readonly string[] {
  const problem = given.map(schemaChoiceProblem).find((found) => found !== undefined);
  if (problem !== undefined) throw new InvalidRedriveError(problem);
  return given;
}

function range(input: Readonly<Record<string, unknown>>, zone: string): Range {
  const text = (name: 'from' | 'to' | 'tz'): string | undefined => {
    const value = input[name];
    if (value === undefined || typeof value === 'string') return value;
    throw new InvalidRedriveError(`${name} must be a text, got ${shownValue(value)}`);
  };
  const [from, to] = [text('from'), text('to')];
  try {
    const tz = timeZone(text('tz') ?? zone);
    const found = {
      from: from === undefined ? 0 : parseTime('from', from, tz),
      to: to === undefined ? END_OF_TIME : parseTime('to', to, tz),
    };
    if (found.from < found.to) return found;
  } catch (error) {
    if (error instanceof InvalidRangeError) throw new InvalidRedriveError(error.message);
    throw error;
  }
  throw new InvalidRedriveError(`from must lie before to, got from ${from} and to ${to}`);
}

function cursor(value: unknown): RedriveCursor | null {
  if (value === undefined || value === null) return null;
  const { after, key, line } = Object(value) as Partial<RedriveCursor>;
  const isKey = after === null || typeof after === 'string';
  if (isKey && typeof key === 'string' && Number.isSafeInteger(line))
    return { after, key, line: line ?? 0 };
  throw new InvalidRedriveError(
    `cursor must be what the page before gave back, or null, got ${shownValue(value)}`,
  );
}
