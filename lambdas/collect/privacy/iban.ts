import type { Found } from './found.ts';
import { isWord } from './number-run.ts';

/** Length of an account number by country, as SWIFT's registry lists them. */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 ' +
    'FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 ' +
    'LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 ' +
    'SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** Countries with account numbers, and their lengths. */
export const IBAN_LENGTHS = LENGTHS;

/**
 * An international bank account number that starts at `start`: a country of the registry, its length, the remainder of ISO
 * 7064. In one piece or in groups, in either case; behind hyphens in groups of four only, which a UUID has not.
 */
export function ibanAt(text: string, start: number): Found | undefined {
  if (isWord(text.charCodeAt(start - 1))) return undefined;
  const length = LENGTHS.get(text.slice(start, start + 2).toUpperCase());
  if (length === undefined) return undefined;
  let normal = '';
  let i = start;
  let group = 0;
  for (; i < text.length && normal.length < length; i++) {
    const code = text.charCodeAt(i);
    if (isWord(code)) {
      normal += text[i];
      group++;
    } else if (group >= 2 && (code === 0x20 || code === 0x2b || (code === 0x2d && group === 4))) {
      group = 0;
    } else return undefined;
  }
  if (normal.length < length || isWord(text.charCodeAt(i))) return undefined;
  normal = normal.toUpperCase();
  return remainder(normal) === 1 ? { kind: 'iban', start, end: i, normal } : undefined;
}

/** Of the number that the account is with its first four characters behind and letters as 10 to 35, by 97. */
function remainder(iban: string): number {
  let rest = 0;
  for (let i = 0; i < iban.length; i++) {
    const value = Number.parseInt(iban[(i + 4) % iban.length] ?? '', 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}
