/** A text in which what is found stands elsewhere than in the text that it was made of. */
export interface Decoded {
  readonly text: string;
  /** Where each character, and the end, stands in the original; absent where they are the same. */
  readonly places?: readonly number[];
}

const ESCAPE = /%(?:25)*([2-7][\da-f])/gi;
/** Blanks, hyphens, digits and letters of other scripts, full width ones among them, as people and keyboards write numbers. */
const ODD =
  /[\u00a0\u2000-\u200a\u202f\u205f\u3000\u2010-\u2015\u2212\uff00-\uff5e]|(?![0-9])\p{Nd}/gu;

/**
 * A text as it means: ASCII characters that are percent-encoded (as often as you like) are decoded, digits of other scripts
 * and odd blanks and hyphens become ASCII's.
 */
export function decoded(text: string): Decoded {
  const plain = hasOdd(text) ? text.replace(ODD, asciiOf) : text;
  if (!plain.includes('%')) return { text: plain };
  let out = '';
  let at = 0;
  const places: number[] = [];
  for (const match of plain.matchAll(ESCAPE)) {
    for (let i = at; i < match.index; i++) places.push(i);
    out += plain.slice(at, match.index) + String.fromCharCode(Number.parseInt(match[1] ?? '', 16));
    places.push(match.index);
    at = match.index + match[0].length;
  }
  if (at === 0) return { text: plain };
  for (let i = at; i <= plain.length; i++) places.push(i);
  return { text: out + plain.slice(at), places };
}

/** Whether a text has characters that `decoded` reads as ASCII. */
export function hasOdd(text: string): boolean {
  ODD.lastIndex = 0;
  return ODD.test(text);
}

function asciiOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0);
  if ((code >= 0x2010 && code <= 0x2015) || code === 0x2212) return '-';
  if (!/\p{Nd}/u.test(char)) return ' ';
  // Digits of a script stand in a row of ten that begins at its zero; beyond the first plane they take two units.
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return `${code - zero}`.padEnd(char.length, ' ');
}
