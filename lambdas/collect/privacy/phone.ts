import type { Found } from './found.ts';
import { beginsAt, digitsOf, endsAt, gapBefore, type NumberRun, sizeOf } from './number-run.ts';

/** Country codes that are in use. */
const COUNTRY =
  /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-69]\d|3[578]\d|42\d|50\d|59\d|6[789]\d|8[0578]\d|9[679]\d)/;
/** Most digits of a number with its country code (E.164), and fewest of one that is in use. */
const MOST_DIGITS = 15;
const FEWEST_DIGITS = 8;
/** Between groups of one number. */
const GAP = /^(?:[ +./-]|[ .-]?\(|\)[ ./-]?| - | \/ )$/;
const NORTH_AMERICA = /^1?[2-9]\d\d[2-9]\d{6}$/;
/** Links that hold a number whatever its form. */
const LINK = /(?:\b(?:tel|sms|callto|whatsapp):(?:\/\/)?|\bwa\.me\/)\+?$/i;

/**
 * Telephone numbers of a run, with precision first: international with + (or 00 and separators), North American in
 * groups of 3, 3 and 4, national ones with a leading 0 and separators, and those of tel: links. Bare digits are no number.
 */
export function phonesIn(run: NumberRun, found: Found[]): void {
  const linked = linkedNumber(run);
  if (linked) {
    found.push(linked);
    return;
  }
  for (let first = 0; first < run.starts.length; first++) {
    const number = international(run, first) ?? northAmerican(run, first) ?? trunk(run, first);
    if (number === undefined) continue;
    found.push(number.found);
    first = number.last;
  }
}

/** Whether a text is a number of any form: what stands under a key that says so. */
export function isPhoneText(text: string): boolean {
  if (!/^[\s\d()+./x-]{7,30}$/i.test(text)) return false;
  const digits = text.replace(/\D/g, '').length;
  return digits >= 7 && digits <= MOST_DIGITS;
}

/** Digits, behind a + where the text has it or 00. */
export function normalPhone(text: string): string {
  const digits = text.replace(/\(0\)/, '').replace(/\D/g, '');
  return /^[\s(]*\+/.test(text) ? `+${digits}` : digits.replace(/^00/, '+');
}

interface PhoneAt {
  readonly found: Found;
  readonly last: number;
}

function linkedNumber(run: NumberRun): Found | undefined {
  const [start = 0] = run.starts;
  if (run.digits < 7 || !LINK.test(run.text.slice(Math.max(0, start - 14), start)))
    return undefined;
  let last = 0;
  let digits = sizeOf(run, 0);
  while (digits + sizeOf(run, last + 1) <= MOST_DIGITS && sizeOf(run, last + 1) > 0) {
    last++;
    digits += sizeOf(run, last);
  }
  return phone(run, 0, last).found;
}

/** +49 151 1234567, +1 (415) 555-0132, 0049 151 1234567. */
function international(run: NumberRun, first: number): PhoneAt | undefined {
  const start = run.starts[first] ?? 0;
  const zeros = run.text.startsWith('00', start) && beginsAt(run, first);
  if (!hasPlus(run, first) && !zeros) return undefined;
  const skipped = zeros ? 2 : 0;
  let digits = sizeOf(run, first) - skipped;
  if (digits > MOST_DIGITS) return undefined;
  const isNorthAmerican = run.text[start + skipped] === '1';
  let last = first;
  for (let next = first + 1; next < run.starts.length; next++) {
    const size = sizeOf(run, next);
    const gap = gapBefore(run, next);
    if (digits + size > MOST_DIGITS || !isGap(gap) || (digits === 11 && isNorthAmerican)) break;
    digits += size;
    last = next;
  }
  // What ends in a word is none of it.
  if (last === run.starts.length - 1 && !endsAt(run, last)) {
    if (last === first || !beginsAt(run, last)) return undefined;
    digits -= sizeOf(run, last);
    last--;
  }
  const number = digitsOf(run, first, last).slice(skipped);
  if (digits < FEWEST_DIGITS || !COUNTRY.test(number)) return undefined;
  if (isNorthAmerican && !NORTH_AMERICA.test(number)) return undefined;
  if (zeros && !isWrittenOut(run, first, last)) return undefined;
  return phone(run, first, last);
}

/** Numbers that are filled up with zeros are ids: behind 00 stands a country code, then an area, then all to the end. */
function isWrittenOut(run: NumberRun, first: number, last: number): boolean {
  const area = sizeOf(run, first + 1);
  return last > first && sizeOf(run, first) <= 5 && area > 0 && area <= 5 && endsAt(run, last);
}

/** (415) 555-0132, 415-555-0132, 1 415 555 0132. */
function northAmerican(run: NumberRun, first: number): PhoneAt | undefined {
  const hasOne = sizeOf(run, first) === 1 && run.text[run.starts[first] ?? 0] === '1';
  const area = hasOne ? first + 1 : first;
  const last = area + 2;
  if (sizeOf(run, area) !== 3 || sizeOf(run, area + 1) !== 3 || sizeOf(run, last) !== 4) return;
  if (!beginsAt(run, first) || !endsAt(run, last) || !gapsFit(run, first, last)) return undefined;
  return NORTH_AMERICA.test(digitsOf(run, first, last)) ? phone(run, first, last) : undefined;
}

/** 030 1234567, (02) 9876 5432, 01 23 45 67 89, 0151/12345678: from the run's start, so that dates and times are none. */
function trunk(run: NumberRun, first: number): PhoneAt | undefined {
  const start = run.starts[0] ?? 0;
  if (first > 0 || run.digits < 9 || sizeOf(run, 0) < 2 || sizeOf(run, 0) > 6) return undefined;
  if (!/0[1-9]/.test(run.text.slice(start, start + 2))) return undefined;
  if (!beginsAt(run, 0) || startsWithDate(run)) return undefined;
  let digits = sizeOf(run, 0);
  let whole: number | undefined;
  for (let last = 1; last < run.starts.length && digits <= 12; last++) {
    digits += sizeOf(run, last);
    if (sizeOf(run, last) < 2 || last > 5 || !isTrunkGap(run, last)) break;
    if (digits >= 9 && digits <= 12 && endsAt(run, last)) whole = last;
  }
  return whole === undefined ? undefined : phone(run, 0, whole);
}

/** Behind the area all gaps are the same; dots are everywhere or nowhere. */
function isTrunkGap(run: NumberRun, group: number): boolean {
  const gap = gapBefore(run, group);
  if (!isGap(gap)) return false;
  if (group === 1) return true;
  const first = gapBefore(run, 1);
  return gap === gapBefore(run, group - 1) || (group === 2 && first !== '.' && gap !== '.');
}

/** 01.02.2026 10, 01-02-26 10.30. */
function startsWithDate(run: NumberRun): boolean {
  if (sizeOf(run, 0) !== 2 || sizeOf(run, 1) !== 2) return false;
  const gap = gapBefore(run, 1);
  if (gap !== gapBefore(run, 2) || !/^[./-]$/.test(gap)) return false;
  if (sizeOf(run, 2) === 4) return /^(?:19|20)/.test(run.text.slice(run.starts[2], run.ends[2]));
  return sizeOf(run, 2) === 2 && gapBefore(run, 3) !== gap;
}

function hasPlus(run: NumberRun, group: number): boolean {
  const start = run.starts[group] ?? 0;
  const { text } = run;
  const plus = text[start - 1] === '+' ? start - 1 : text[start - 1] === '(' ? start - 2 : -1;
  if (plus < 0 || text[plus] !== '+') return false;
  return !/[\p{L}\p{N}]/u.test(text[plus - 1] ?? '');
}

function gapsFit(run: NumberRun, first: number, last: number): boolean {
  for (let group = first + 1; group <= last; group++) {
    if (!isGap(gapBefore(run, group))) return false;
  }
  return true;
}

function isGap(gap: string): boolean {
  return GAP.test(gap);
}

function phone(run: NumberRun, first: number, last: number): PhoneAt {
  const { text } = run;
  let start = run.starts[first] ?? 0;
  // The brackets and the plus belong to it.
  while (/[+(]/.test(text[start - 1] ?? '')) start--;
  const end = run.ends[last] ?? 0;
  const normal = normalPhone(text.slice(start, end));
  return { found: { kind: 'phone', start, end, normal }, last };
}
