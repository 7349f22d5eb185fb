import type { Found } from './found.ts';
import { beginsAt, digitsOf, endsAt, gapBefore, type NumberRun, sizeOf } from './number-run.ts';

/**
 * Issuers by the first digits, and the lengths of their cards, then those that count only in groups: Visa's 13 digits are out of
 * use and those of many bar codes, the 19 of most issuers are hardly in use and those of 64-bit ids.
 */
const ISSUERS: readonly (readonly [
  prefix: RegExp,
  lengths: readonly number[],
  inGroups?: readonly number[],
])[] = [
  [/^4/, [16], [13, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:30[0-5]|3095|3[689])/, [14, 16]],
  [/^(?:6011|64[4-9]|65)/, [16], [19]],
  [/^35(?:2[89]|[3-8])/, [16], [19]],
  [/^(?:62|81)/, [16, 19], [17, 18]],
  [/^(?:5018|502|503|5[678]|6304|6390|67)/, [16], [18, 19]],
  [/^220[0-4]/, [16], [19]],
  [/^(?:50[0-9]|60|82|9792)/, [16]],
];
/** Groups as cards show them; one group is checked by its length alone. */
const GROUPINGS = [
  '4,4,4,4',
  '4,6,5',
  '4,6,4',
  '4,4,4,4,3',
  '6,13',
  '4,4,5',
  '4,4,4,2',
  '4,3,3,3',
  '8,8',
];
const LAYOUTS = GROUPINGS.map((grouping) => grouping.split(',').map(Number));
/** Between the groups of a card: a blank, as + in a URL, a hyphen or a dot. */
const GAP = /^(?: {1,2}|[+.-]| - )$/;

/**
 * Payment cards of a run: digits in a row or in the groups of a card, of an issuer that there is, of its length, with Luhn's
 * check digit.
 */
export function cardsIn(run: NumberRun, found: Found[]): void {
  if (run.digits < 13) return;
  for (let first = 0; first < run.starts.length; first++) {
    const last = lastGroup(run, first);
    if (last === undefined || !beginsAt(run, first) || !endsAt(run, last)) continue;
    const digits = digitsOf(run, first, last);
    if (!isCardNumber(digits, last > first)) continue;
    const [start = 0, end = 0] = [run.starts[first], run.ends[last]];
    found.push({ kind: 'card', start, end, normal: digits });
    first = last;
  }
}

/** Whether digits are a card's: issuer, length and check digit. */
export function isCardNumber(digits: string, isGrouped: boolean): boolean {
  const issued = ISSUERS.some(
    ([prefix, lengths, inGroups = []]) =>
      (lengths.includes(digits.length) || (isGrouped && inGroups.includes(digits.length))) &&
      prefix.test(digits),
  );
  return issued && passesLuhn(digits);
}

/** Luhn's check: every second digit from the right doubled, all digits summed, a multiple of ten. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  let isDoubled = false;
  for (let i = digits.length - 1; i >= 0; i--) {
    const digit = digits.charCodeAt(i) - 0x30;
    const value = isDoubled ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    isDoubled = !isDoubled;
  }
  return sum % 10 === 0;
}

/** The last group of a card that begins at `first`, by its layout alone. */
function lastGroup(run: NumberRun, first: number): number | undefined {
  const size = sizeOf(run, first);
  if (size >= 14 && size <= 19) return first;
  const layout = LAYOUTS.find((sizes) =>
    sizes.every(
      (wanted, i) =>
        sizeOf(run, first + i) === wanted && (i === 0 || GAP.test(gapBefore(run, first + i))),
    ),
  );
  if (layout === undefined) return undefined;
  // 19 digits begin as 16 do.
  const longer = layout.length === 4 && layout[3] === 4 && sizeOf(run, first + 4) === 3;
  const isLonger = longer && GAP.test(gapBefore(run, first + 4));
  return first + layout.length - (isLonger && isCardOf(run, first, first + 4) ? 0 : 1);
}

function isCardOf(run: NumberRun, first: number, last: number): boolean {
  return isCardNumber(digitsOf(run, first, last), true);
}
