import type { NationalId, PiiKind, Privacy } from '../../../core/privacy.ts';
import { cardsIn } from './card.ts';
import { emailAt } from './email.ts';
import type { Found } from './found.ts';
import { ibanAt } from './iban.ts';
import { nationalIdAt, nationalIdsIn } from './national-id.ts';
import {
  isGluedAfter,
  isGluedBefore,
  isLetter,
  measureRun,
  type RunSize,
  runOf,
  runStart,
} from './number-run.ts';
import { decoded, hasOdd } from './percent.ts';
import { phonesIn } from './phone.ts';

/** Most specific first. */
const ORDER: readonly PiiKind[] = ['email', 'iban', 'card', 'nationalId', 'phone'];
/** Seven characters of a number that may be of some kind: shorter ones are dates, prices and amounts. Written out, it is faster. */
const DIGITS = /\d\d[ (-9][ (-9][ (-9][ (-9]\d/g;
/** Two letters and two digits, as accounts begin and Italian tax codes go on. */
const LETTERS = /[A-Za-z]{2}\d\d[A-Za-z\d +-]{8}/g;
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

/** Of the run that is looked at: one object for all of them, since each event has some. */
const size: RunSize = { digits: 0, groups: 0, first: 0, lastStart: 0, isApart: false, end: 0 };

function numbers(text: string, finder: Finder, found: Found[]): void {
  const { kinds, countries } = finder;
  let from = 0;
  DIGITS.lastIndex = 0;
  // No list of the match is made: its length is known.
  while (DIGITS.test(text)) {
    const start = runStart(text, DIGITS.lastIndex - 7, from);
    measureRun(text, start, size);
    from = Math.max(size.end, DIGITS.lastIndex - 6);
    DIGITS.lastIndex = from;
    if (kinds.has('nationalId')) lettered(text, finder, found);
    if (isPlain(text, start, size)) continue;
    const run = runOf(text, start, size);
    if (kinds.has('card')) cardsIn(run, found);
    if (kinds.has('nationalId') && run.digits >= 9) nationalIdsIn(run, countries, found);
    if (kinds.has('phone')) phonesIn(run, found);
  }
}

/** Ids that are a run's last digits and a letter. */
function lettered(text: string, { countries }: Finder, found: Found[]): void {
  const { lastStart, end } = size;
  const digits = end - lastStart;
  if (digits !== 7 && digits !== 8 && digits !== 17) return;
  const after = text.charCodeAt(end) === 0x2d ? end + 1 : end;
  if (!isLetter(text.charCodeAt(after))) return;
  const hyphen = digits === 7 && text.charCodeAt(lastStart - 1) === 0x2d ? 1 : 0;
  const one = nationalIdAt(text, digits === 7 ? lastStart - 1 - hyphen : lastStart, countries);
  if (one) found.push(one);
}

/** A number that is too short for any kind, a part of a word, or an id or time of a machine: 10 to 13 digits in a row. */
function isPlain(text: string, start: number, { digits, groups, first, isApart, end }: RunSize) {
  if (digits < 7) return true;
  const before = text.charCodeAt(start - 1);
  // ( + / :
  if (before === 0x28 || before === 0x2b || before === 0x2f || before === 0x3a) return false;
  if (digits < 9) return true;
  if (!isApart && (isGluedBefore(text, start) || isGluedAfter(text, end))) return true;
  if (groups === 1) return digits < 14 && digits !== 9 && digits !== 11;
  const rest = digits - first;
  return first >= 10 && first <= 13 && first !== 11 && rest < 9 && !(first === 13 && rest === 2);
}

function letters(text: string, { kinds, countries }: Finder, found: Found[]): void {
  const [ibans, ids] = [kinds.has('iban'), kinds.has('nationalId')];
  if (!ibans && !ids) return;
  LETTERS.lastIndex = 0;
  for (let match = LETTERS.exec(text); match; match = LETTERS.exec(text)) {
    const one =
      (ibans && ibanAt(text, match.index)) ||
      // The four letters before are the rest of the name.
      (ids && nationalIdAt(text, match.index - 4, countries));
    if (one) found.push(one);
    LETTERS.lastIndex = one ? one.end : match.index + 1;
  }
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
