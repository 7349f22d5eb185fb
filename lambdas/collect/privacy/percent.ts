/** A text in which what is found stands elsewhere than in the text that it was made of. */
export interface Decoded {
  readonly text: string;
  /** Where each character, and the end, stands in the original; absent where they are the same. */
  readonly places?: readonly number[];
}

/** Characters percent-encoded, as often as you like: an ASCII one, or bytes of others; and escapes of JSON in text that is none. */
const ESCAPE =
  /%(?:25)*([2-7][\da-f])|((?:%(?:25)*[89a-f][\da-f])+)|(?<!\\)\\+(?:u00([2-7][\da-f])|[nrt])/gi;
/** Blanks, hyphens, digits and letters of other scripts, full width ones among them, as people and keyboards write numbers. */
const ODD =
  /[\u00a0\u00ad\u2000-\u200d\u2060\ufeff\u202f\u205f\u3000\u2010-\u2015\u2212\uff00-\uff5e]|(?![0-9])\p{Nd}/gu;

const BEYOND_ASCII = /[\u0080-\uffff]/;

/**
 * A text as it means: what is percent-encoded or escaped is decoded, digits of other scripts and odd blanks and hyphens become
 * ASCII's.
 */
export function decoded(text: string): Decoded {
  const plain = hasOdd(text) ? text.replace(ODD, asciiOf) : text;
  if (!plain.includes('%') && !plain.includes('\\')) return { text: plain };
  let out = '';
  let at = 0;
  const places: number[] = [];
  for (const match of plain.matchAll(ESCAPE)) {
    for (let i = at; i < match.index; i++) places.push(i);
    out += plain.slice(at, match.index);
    at = match.index + match[0].length;
    const [whole, ascii, bytes, unicode] = match;
    if (bytes === undefined) {
      const hex = ascii ?? unicode;
      out += hex === undefined ? ' ' : String.fromCharCode(Number.parseInt(hex, 16));
      places.push(match.index);
    } else out += decodedBytes(whole, match.index, places);
  }
  if (at === 0) return { text: plain };
  for (let i = at; i <= plain.length; i++) places.push(i);
  return { text: out + plain.slice(at), places };
}

/** The text of percent-encoded bytes that are UTF-8, else they as they stand. */
function decodedBytes(encoded: string, start: number, places: number[]): string {
  const bytes = [...encoded.matchAll(/%(?:25)*([89a-f][\da-f])/gi)];
  const text = Buffer.from(bytes.map((byte) => Number.parseInt(byte[1] ?? '', 16))).toString();
  if (text.includes('\ufffd')) {
    for (let i = 0; i < encoded.length; i++) places.push(start + i);
    return encoded;
  }
  let byte = 0;
  for (const char of text) {
    for (let unit = 0; unit < char.length; unit++) places.push(start + (bytes[byte]?.index ?? 0));
    byte += Buffer.byteLength(char);
  }
  return text;
}

/** Whether a text has characters that `decoded` reads as ASCII. */
export function hasOdd(text: string): boolean {
  ODD.lastIndex = 0;
  return BEYOND_ASCII.test(text) && ODD.test(text);
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
