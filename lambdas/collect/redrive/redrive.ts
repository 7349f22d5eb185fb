import type { App } from '../../../core/config.ts';
import { isChosen, letterDays } from '../../../core/dead-letters.ts';
import type { DeadLetter, Redriven } from '../../../core/event.ts';
import type { RedriveCursor, RedrivePage, RedriveRequest } from '../../../core/redrive.ts';
import { logger } from '../../runtime/logger.ts';
import type { Collector } from '../collect.ts';
import { isJsonObject } from '../json.ts';
import type { LetterObject, LetterObjects, Notes } from './letter-objects.ts';
import { recheck } from './recheck.ts';
import type { LetterReason, Rechecked, RedrivenLine } from './rechecked.ts';
import { Tally } from './tally.ts';

/** What a redrive works with. */
export interface Redriver {
  readonly app: App;
  readonly collector: Collector;
  readonly objects: LetterObjects;
  /** Puts lines on the stream, all of them, or throws. */
  send(lines: readonly RedrivenLine[]): Promise<void>;
  /** Epoch ms. */
  now(): number;
  /** Whether the page may go on; asked after each portion, so that each page gets on. */
  hasTime(): boolean;
}

/** Letters that are sent together and then noted. */
const PORTION = { letters: 500, bytes: 2_000_000 };
/** Objects that are read at once. They are packed, and unpack to twenty times that. */
const AT_ONCE = { objects: 8, bytes: 4_000_000 };

interface Portion {
  readonly line: number;
  readonly lines: RedrivenLine[];
  /** Letters of refused calls, by the letter of the batch that they were in. */
  readonly refused: Map<string, readonly DeadLetter[]>;
  readonly notes: Redriven[];
  letters: number;
  bytes: number;
}

/**
 * Does one page of a redrive. Letters are noted after they were sent: where it is ended between the two, the next run sends the same
 * lines again, which are the same events. A letter whose note says that it passed is not sent again.
 */
export async function redrivePage(
  request: RedriveRequest,
  redriver: Redriver,
): Promise<RedrivePage> {
  const days = letterDays(request.range);
  const tally = new Tally();
  const done = { objects: 0, bytes: 0 };
  const page = (cursor: RedriveCursor | null): RedrivePage => {
    return { cursor, dry_run: request.dryRun, ...(total && { total }), done, ...tally.counts };
  };
  const total =
    request.cursor === null ? await count(redriver.objects.list(days, null)) : undefined;
  let after = request.cursor?.after ?? null;
  for await (const group of inGroups(redriver.objects.list(days, after))) {
    const read = await Promise.all(group.map((object) => readObject(object, redriver.objects)));
    for (const { object, lines, notes, problem } of read) {
      if (problem !== undefined) tally.addUnreadable(object.key, problem);
      const first = object.key === request.cursor?.key ? request.cursor.line : 0;
      const next = await redriveLines({ object, lines, notes, first }, request, redriver, tally);
      if (next < lines.length) return page({ after, key: object.key, line: next });
      after = object.key;
      done.objects += 1;
      done.bytes += object.bytes;
      if (!redriver.hasTime()) return page({ after, key: '', line: 0 });
    }
  }
  return page(null);
}

interface OpenObject {
  readonly object: LetterObject;
  readonly lines: readonly string[];
  readonly notes: Notes;
  /** The line to begin with. */
  readonly first: number;
}

/** Does the lines of one object, as many as there is time for. Gives back the first line that is not done. */
async function redriveLines(
  open: OpenObject,
  request: RedriveRequest,
  redriver: Redriver,
  tally: Tally,
): Promise<number> {
  const { object, lines, notes, first } = open;
  let portion = newPortion(first);
  for (let at = first; at < lines.length; at++) {
    const letter = readLetter(lines[at] ?? '', `${object.key}, line ${at + 1}`, tally);
    if (letter !== undefined && takes(letter, notes, request, tally)) {
      const rechecked = recheckSafely(letter, redriver);
      tally.add(letter, rechecked);
      const known = notes.get(letter.dead_letter_id);
      if (request.dismiss === undefined) add(portion, letter, rechecked, known, redriver.now());
      else {
        dismiss(portion, letter, request.dismiss, known, redriver.now());
        tally.addDismissed();
      }
    }
    const isFull = portion.letters >= PORTION.letters || portion.bytes >= PORTION.bytes;
    if (!isFull) continue;
    await settle(portion, object, request, redriver);
    portion = newPortion(at + 1);
    if (!redriver.hasTime()) return at + 1;
  }
  await settle(portion, object, request, redriver);
  return lines.length;
}

/** One letter that our own code fails on must not hold up all others: the log has it, and the summary. */
function recheckSafely(letter: DeadLetter, { app, collector }: Redriver): Rechecked {
  try {
    return recheck(letter, app, collector);
  } catch (error) {
    const { dead_letter_id } = letter;
    logger.error('a dead letter cannot be checked', { dead_letter_id, error: error as Error });
    return { outcome: 'not_redrivable', code: 'error', message: String(error) };
  }
}

function newPortion(line: number): Portion {
  return { line, lines: [], refused: new Map(), notes: [], letters: 0, bytes: 0 };
}

/** Whether a letter is to be sent again or dismissed: chosen by its newest reason, and neither happened yet. */
function takes(letter: DeadLetter, notes: Notes, request: RedriveRequest, tally: Tally): boolean {
  const { app, chosen, range } = request;
  const { received_at: time, event } = letter;
  if (letter.app_id !== app || !(time >= range.from && time < range.to)) return false;
  const note = notes.get(letter.dead_letter_id);
  const { code, schema } = newestReason(letter, note);
  if (!isChosen({ code, schema, event }, chosen)) return false;
  if (note === undefined || note.outcome === 'failed') return true;
  tally.addSettled(note.outcome);
  return false;
}

function newestReason(letter: DeadLetter, note: Redriven | undefined): LetterReason {
  if (note === undefined || note.outcome === 'passed') return letter;
  const { code = letter.code, pointer = '', message = '', schema } = note;
  return { code, pointer, message, schema };
}

function add(
  portion: Portion,
  letter: DeadLetter,
  rechecked: Rechecked,
  known: Redriven | undefined,
  now: number,
): void {
  portion.letters += 1;
  const base = { dead_letter_id: letter.dead_letter_id, redriven_at: now, app_id: letter.app_id };
  if (rechecked.outcome === 'passed') {
    const { lines, refused } = rechecked;
    portion.lines.push(...lines);
    portion.bytes += lines.reduce((sum, { json }) => sum + json.length, 0);
    if (refused !== undefined) {
      portion.refused.set(letter.dead_letter_id, refused);
      // Each repeats the request, and with it the context of the batch.
      portion.bytes += refused.reduce(
        (sum, one) => sum + one.payload.length + one.request.length,
        0,
      );
    }
    portion.notes.push({ ...base, outcome: 'passed', events: lines.length });
  } else if (rechecked.outcome === 'failed') {
    const { code, pointer, message, schema } = rechecked.reason;
    // The same reason again is no news: notes would grow with each try.
    const isKnown = known?.code === code && known.message === message && known.pointer === pointer;
    if (!isKnown) {
      portion.notes.push({ ...base, outcome: 'failed', code, pointer, message, schema });
    }
  }
}

function dismiss(
  portion: Portion,
  letter: DeadLetter,
  message: string,
  known: Redriven | undefined,
  now: number,
): void {
  const { dead_letter_id, app_id } = letter;
  const { code, pointer, schema } = newestReason(letter, known);
  const note = { dead_letter_id, redriven_at: now, app_id, code, pointer, message, schema };
  portion.letters += 1;
  portion.notes.push({ ...note, outcome: 'dismissed' });
}

/** Sends, keeps what was refused of batches, then notes: ended in between, the next run does the same again. */
async function settle(
  { line, lines, refused, notes }: Portion,
  object: LetterObject,
  { dryRun }: RedriveRequest,
  { send, objects }: Redriver,
): Promise<void> {
  if (dryRun) return;
  if (lines.length > 0) await send(lines);
  for (const [batchId, letters] of refused) await objects.keepRefused(object, batchId, letters);
  if (notes.length > 0) await objects.note(object, line, notes);
}

function readLetter(line: string, place: string, tally: Tally): DeadLetter | undefined {
  try {
    const letter: unknown = JSON.parse(line);
    if (isLetter(letter)) return letter;
    tally.addUnreadable(place, 'it is no dead letter');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    tally.addUnreadable(place, error.message);
  }
  return undefined;
}

function isLetter(value: unknown): value is DeadLetter {
  if (!isJsonObject(value)) return false;
  const { dead_letter_id: id, app_id: app, code, payload, request } = value;
  return [id, app, code, payload, request].every((member) => typeof member === 'string');
}

interface ReadObject {
  readonly object: LetterObject;
  readonly lines: readonly string[];
  readonly notes: Notes;
  /** Why there are no lines. */
  readonly problem?: string;
}

async function readObject(object: LetterObject, objects: LetterObjects): Promise<ReadObject> {
  try {
    const [lines, notes] = await Promise.all([objects.lines(object), objects.notes(object)]);
    return { object, lines, notes };
  } catch (error) {
    // One object that cannot be unpacked must not hold up all others.
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!code.startsWith('Z_')) throw error;
    return { object, lines: [], notes: new Map(), problem: message };
  }
}

async function count(objects: AsyncIterable<LetterObject>) {
  const total = { objects: 0, bytes: 0 };
  for await (const { bytes } of objects) {
    total.objects += 1;
    total.bytes += bytes;
  }
  return total;
}

async function* inGroups(objects: AsyncIterable<LetterObject>): AsyncGenerator<LetterObject[]> {
  let group: LetterObject[] = [];
  let bytes = 0;
  for await (const object of objects) {
    if (
      group.length > 0 &&
      (group.length >= AT_ONCE.objects || bytes + object.bytes > AT_ONCE.bytes)
    ) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(object);
    bytes += object.bytes;
  }
  if (group.length > 0) yield group;
}
