import type { NationalId, PiiKind, Privacy } from '../../../core/privacy.ts';
import { cardsIn } from './card.ts';
import { emailAt } from './email.ts';
import type { Found } from './found.ts';
import { ibanAt } from './iban.ts';
import { nationalIdAt, nationalIdsIn } from './national-id.ts';
import { isLetter, isWord, type NumberRun, runAt } from './number-run.ts';
import { decoded, hasOdd } from './percent.ts';
import { phonesIn } from './phone.ts';

/** Most specific first. */
const ORDER: readonly PiiKind[] = ['email', 'iban', 'card', 'nationalId', 'phone'];
/** Digits with separators that may be a number of some kind: shorter ones are dates, prices and amounts. */
const DIGITS = /\d[\d ()+./-]{6,}/g;
/** Two letters and two digits, as accounts begin and tax codes go on; 7 digits and a letter. */
const LETTERS = /[A-Za-z]{2}\d\d[A-Za-z\d +-]{8}|\d{7}[-A-Za-z]/g;

/** Percent-encoded characters that a number, an address or a parameter may have: @ + - ( ) = digits, and blanks and / by a digit. */
const ENCODED = /%(?:25)*(?:40|2[589bd]|3[\dd]|20\d|2f\d)|\d%(?:25)*20/i;

/** What is looked for. */
export interface Finder {
  readonly kinds: ReadonlySet<PiiKind>;
  readonly countries: ReadonlySet<NationalId>;
}

/** What an app looks for: kinds that it keeps are not. */
export function finderOf(privacy: Privacy): Finder {
  return {
    kinds: new Set(ORDER.filter((kind) => privacy[kind] !== 'keep')),
    countries: new Set(privacy.nationalIds),
  };
}

/** Personal data in a text, percent-encoded parts too, in the order of the text, none over another. */
export function findAll(text: string, finder: Finder): Found[] {
  const { text: plain, places } = decoded(text);
  const found = kept(candidates(plain, finder));
  if (places === undefined) return found;
  return found.map((one) => ({ ...one, start: places[one.start] ?? 0, end: places[one.end] ?? 0 }));
}

/**
 * Whether the JSON text of an event may hold personal data, told by one quick look; escapes are not looked into, so a text that
 * has any that matter may.
 */
export function mayHold(json: string, finder: Finder): boolean {
  if (json.includes('\\') && /\\[^/]/.test(json)) return true;
  if (json.includes('%') && ENCODED.test(json)) return true;
  if (Buffer.byteLength(json) !== json.length && hasOdd(json)) return true;
  for (let at = json.indexOf('@'); at >= 0; at = json.indexOf('@', at + 1)) {
    if (json[at - 1] !== '"' && emailAt(json, at)) return true;
  }
  const found: Found[] = [];
  numbers(json, finder, found);
  if (found.length === 0) letters(json, finder, found);
  return found.length > 0;
}

function candidates(text: string, finder: Finder): Found[] {
  const found: Found[] = [];
  if (finder.kinds.has('email')) {
    for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
      const email = emailAt(text, at);
      if (email) found.push(email);
    }
  }
  numbers(text, finder, found);
  letters(text, finder, found);
  return found;
}

function numbers(text: string, { kinds, countries }: Finder, found: Found[]): void {
  DIGITS.lastIndex = 0;
  for (let match = DIGITS.exec(text); match; match = DIGITS.exec(text)) {
    const run = runAt(text, match.index);
    DIGITS.lastIndex = Math.max(run.ends.at(-1) ?? 0, match.index + 1);
    if (isPlain(run)) continue;
    if (kinds.has('card')) cardsIn(run, found);
    if (kinds.has('nationalId') && run.digits >= 9) nationalIdsIn(run, countries, found);
    if (kinds.has('phone')) phonesIn(run, found);
  }
}

/** A number too short for any kind, or without a separator and too short for a card: most dates, times and ids. */
function isPlain({ text, starts, digits }: NumberRun): boolean {
  const start = starts[0] ?? 0;
  if (digits < 7) return true;
  const before = text[start - 1];
  if (before === '+' || before === '(' || before === ':' || before === '/') return false;
  return digits < 9 || (starts.length === 1 && digits < 14 && digits !== 9 && digits !== 11);
}

function letters(text: string, { kinds, countries }: Finder, found: Found[]): void {
  const [ibans, ids] = [kinds.has('iban'), kinds.has('nationalId')];
  if (!ibans && !ids) return;
  LETTERS.lastIndex = 0;
  for (let match = LETTERS.exec(text); match; match = LETTERS.exec(text)) {
    const start = wordStart(text, match.index);
    const one =
      (ibans && start === match.index && ibanAt(text, start)) ||
      (ids && nationalIdAt(text, start, countries));
    if (one) found.push(one);
    LETTERS.lastIndex = one ? one.end : match.index + 1;
  }
}

/** Where the word begins that a match is a part of; letters and digits before it, at most those of an id. */
function wordStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && at - start < 17 && isWord(text.charCodeAt(start - 1))) start--;
  const hyphen = text.charCodeAt(start - 1) === 0x2d && isLetter(text.charCodeAt(start - 2));
  // X-1234567-L
  return hyphen && !isWord(text.charCodeAt(start - 3)) ? start - 2 : start;
}

/** Of two that overlap the more specific one; of the same kind the first. */
function kept(found: Found[]): Found[] {
  if (found.length < 2) return found;
  const rank = ({ kind }: Found) => ORDER.indexOf(kind);
  const accepted: Found[] = [];
  for (const one of found.sort((a, b) => a.start - b.start || rank(a) - rank(b))) {
    let last = accepted.at(-1);
    while (last !== undefined && last.end > one.start && rank(one) < rank(last)) {
      accepted.pop();
      last = accepted.at(-1);
    }
    if (last === undefined || last.end <= one.start) accepted.push(one);
  }
  return accepted;
}
