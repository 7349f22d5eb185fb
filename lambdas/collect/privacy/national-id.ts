import type { NationalId } from '../../../core/privacy.ts';
import type { Found } from './found.ts';
import {
  beginsAt,
  digitsOf,
  endsAt,
  gapBefore,
  isWord,
  type NumberRun,
  sizeOf,
} from './number-run.ts';

/** A form of digits in groups: their sizes, what stands between them, what the digits must fulfil. */
interface GroupedForm {
  readonly country: NationalId;
  readonly sizes: readonly number[];
  readonly gaps: readonly string[];
  readonly check: (digits: string) => boolean;
}

const FRENCH_GAPS = [' ', ' ', ' ', ' ', ' ', ' '];

const GROUPED: readonly GroupedForm[] = [
  { country: 'us', sizes: [3, 2, 4], gaps: ['-', '-'], check: isSocialSecurity },
  { country: 'us', sizes: [3, 2, 4], gaps: [' ', ' '], check: isSocialSecurity },
  { country: 'br', sizes: [3, 3, 3, 2], gaps: ['.', '.', '-'], check: isCpf },
  { country: 'fr', sizes: [15], gaps: [], check: isFrench },
  { country: 'fr', sizes: [13, 2], gaps: [' '], check: isFrench },
  { country: 'fr', sizes: [1, 2, 2, 2, 3, 3, 2], gaps: FRENCH_GAPS, check: isFrench },
  { country: 'cn', sizes: [18], gaps: [], check: isChinese },
  { country: 'pl', sizes: [11], gaps: [], check: isPesel },
  { country: 'nl', sizes: [9], gaps: [], check: isBsn },
];

/** National ids of a run that are digits only. */
export function nationalIdsIn(
  run: NumberRun,
  countries: ReadonlySet<NationalId>,
  found: Found[],
): void {
  for (let first = 0; first < run.starts.length; first++) {
    if (!beginsAt(run, first)) continue;
    const form = GROUPED.find((form) => countries.has(form.country) && fits(run, first, form));
    if (form === undefined) continue;
    const last = first + form.sizes.length - 1;
    const [start = 0, end = 0] = [run.starts[first], run.ends[last]];
    found.push({ kind: 'nationalId', start, end, normal: digitsOf(run, first, last) });
    first = last;
  }
}

function fits(run: NumberRun, first: number, { sizes, gaps, check }: GroupedForm): boolean {
  for (let i = 0; i < sizes.length; i++) {
    if (sizeOf(run, first + i) !== sizes[i]) return false;
    if (i > 0 && gapBefore(run, first + i) !== gaps[i - 1]) return false;
  }
  const last = first + sizes.length - 1;
  return endsAt(run, last) && check(digitsOf(run, first, last));
}

const SPANISH = /(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]/iy;
const SPANISH_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';
const CHINESE = /\d{17}X/iy;
const ITALIAN = /[A-Z]{6}[\dLMNP-V]{2}[ABCDEHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]/iy;

/** A national id of letters and digits that starts at `start`. */
export function nationalIdAt(
  text: string,
  start: number,
  countries: ReadonlySet<NationalId>,
): Found | undefined {
  if (start < 0 || isWord(text.charCodeAt(start - 1))) return undefined;
  const normal =
    (countries.has('es') && whole(SPANISH, text, start, isSpanish)) ||
    (countries.has('it') && whole(ITALIAN, text, start, isItalian)) ||
    (countries.has('cn') && whole(CHINESE, text, start, isChinese));
  return normal ? { kind: 'nationalId', start, ...normal } : undefined;
}

function whole(form: RegExp, text: string, start: number, check: (id: string) => boolean) {
  form.lastIndex = start;
  const match = form.exec(text);
  if (match === null || isWord(text.charCodeAt(form.lastIndex))) return undefined;
  const normal = match[0].toUpperCase().replaceAll('-', '');
  return check(normal) ? { end: start + match[0].length, normal } : undefined;
}

/** No checksum: areas, groups and serials that were never given out are none, nor those of advertisements. */
function isSocialSecurity(digits: string): boolean {
  return /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(digits);
}

/** Two check digits, each of a weighted sum by 11. All digits the same pass and are none. */
function isCpf(digits: string): boolean {
  const check = (length: number) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += digitAt(digits, i) * (length + 1 - i);
    return ((sum * 10) % 11) % 10;
  };
  return (
    !/^(\d)\1+$/.test(digits) &&
    check(9) === digitAt(digits, 9) &&
    check(10) === digitAt(digits, 10)
  );
}

/** Sex, year, month, then a key of 97 minus the rest; Corsica's letters are left out. */
function isFrench(digits: string): boolean {
  if (!/^[12]\d\d(?:0[1-9]|1[0-2]|[2-4]\d|[5-9]\d)/.test(digits)) return false;
  const key = Number(digits.slice(13));
  return key > 0 && 97 - (Number(digits.slice(0, 13)) % 97) === key;
}

const CHINESE_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** Region, date of birth, serial, check character by 11. */
function isChinese(id: string): boolean {
  if (!/^[1-8]\d{5}(?:19|20)/.test(id) || !isDate(id.slice(6, 14))) return false;
  const sum = CHINESE_WEIGHTS.reduce((total, weight, i) => total + weight * digitAt(id, i), 0);
  return '10X98765432'[sum % 11] === id[17];
}

function isPesel(digits: string): boolean {
  const [month, day] = [Number(digits.slice(2, 4)) % 20, Number(digits.slice(4, 6))];
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  const sum = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3].reduce(
    (total, weight, i) => total + weight * digitAt(digits, i),
    0,
  );
  return (10 - (sum % 10)) % 10 === digitAt(digits, 10);
}

function isBsn(digits: string): boolean {
  let sum = -digitAt(digits, 8);
  for (let i = 0; i < 8; i++) sum += digitAt(digits, i) * (9 - i);
  return sum % 11 === 0 && digits !== '000000000';
}

/** DNI and NIE: the letter is the number by 23. */
function isSpanish(id: string): boolean {
  const number = id.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)));
  return SPANISH_LETTERS[Number(number) % 23] === id.at(-1);
}

const ODD_VALUES = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/** Codice fiscale: a date of birth, a check letter by 26. */
function isItalian(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const code = id.charCodeAt(i);
    const value = code < 0x41 ? code - 0x30 : code - 0x41;
    sum += i % 2 === 1 ? value : (ODD_VALUES[value] ?? 0);
  }
  return id.charCodeAt(15) - 0x41 === sum % 26;
}

function isDate(text: string): boolean {
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6)].map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day));
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day;
}

function digitAt(text: string, index: number): number {
  return text.charCodeAt(index) - 0x30;
}
