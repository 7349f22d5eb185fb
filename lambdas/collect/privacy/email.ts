import type { Found } from './found.ts';

/** Characters of the part before @. Those that separate parameters and paths of a URL are none, though mail allows them. */
const LOCAL = /[\p{L}\p{N}\p{M}._%+'~!^|*$`-]/u;
const DOMAIN = /[\p{L}\p{N}\p{M}.-]/u;
/** Files whose names hold @, as logo@2x.png: none of it is a top-level domain. */
const FILES = new Set(
  'png jpg jpeg gif webp avif svg css scss js mjs cjs jsx tsx json map html htm woff woff2 ttf pdf mp3 mp4'.split(
    ' ',
  ),
);
const ADDRESS_LITERAL = /\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[\da-f:.]+)\]/iy;
const QUOTED = /"(?:[^"\\\r\n]|\\.){1,64}"$/;

/** An e-mail address around the @ at `at`: ASCII or not, quoted or not, of a host with a top-level domain or of an address. */
export function emailAt(text: string, at: number): Found | undefined {
  const start = localStart(text, at);
  if (start === at) return undefined;
  const end = domainEnd(text, at + 1);
  if (end === undefined) return undefined;
  const normal = text.slice(start, end).toLowerCase();
  return { kind: 'email', start, end, normal };
}

function localStart(text: string, at: number): number {
  if (text[at - 1] === '"') {
    const quoted = QUOTED.exec(text.slice(Math.max(0, at - 70), at));
    return quoted ? at - quoted[0].length : at;
  }
  let start = at;
  while (start > 0 && LOCAL.test(text[start - 1] ?? '')) start--;
  // Quotes and dots around it are the sentence's.
  while (start < at && !/[\p{L}\p{N}_]/u.test(text[start] ?? '')) start++;
  return start;
}

function domainEnd(text: string, start: number): number | undefined {
  if (text[start] === '[') {
    ADDRESS_LITERAL.lastIndex = start;
    return ADDRESS_LITERAL.test(text) ? ADDRESS_LITERAL.lastIndex : undefined;
  }
  let end = start;
  while (end < text.length && DOMAIN.test(text[end] ?? '')) end++;
  const labels = text.slice(start, end).split('.');
  // The longest part that ends with a top-level domain: a sentence's full stop or a version may follow.
  for (let count = labels.length; count >= 2; count--) {
    const label = labels[count - 1] ?? '';
    const top = /^(?:xn--[a-z\d-]+|\p{L}{2,})/iu.exec(label)?.[0];
    if (top === undefined || /^\p{N}/u.test(label.slice(top.length))) continue;
    const host = labels.slice(0, count - 1);
    // pkg@1.2.3.tgz, which jane@163.com is not.
    if (host.length > 1 && host.every((label) => /^\d+$/.test(label))) return undefined;
    if (host.some((label) => label === '') || FILES.has(top.toLowerCase())) return undefined;
    return start + host.join('.').length + 1 + top.length;
  }
  return undefined;
}
