import type { Random } from '../../../cli/sample/random.ts';
import type { PiiKind } from '../../../core/privacy.ts';
import { digits, letters, oneOf, whole } from './random-text.ts';

/** Makes personal data of one kind. Written from the issuers' and registries' rules, not from the product's tables. */
export interface PersonalValues {
  readonly name: string;
  readonly kind: PiiKind;
  make(random: Random): string;
}

/** Issuer, first digits, length, groups. */
const CARDS: readonly (readonly [prefixes: string, length: number, groups: readonly number[]])[] = [
  ['4', 16, [4, 4, 4, 4]],
  ['51 52 53 54 55 2221 2300 2499 2650 2700 2720', 16, [4, 4, 4, 4]],
  ['34 37', 15, [4, 6, 5]],
  ['300 301 302 303 304 305 3095 36 38 39', 14, [4, 6, 4]],
  ['6011 644 645 646 647 648 649 65', 16, [4, 4, 4, 4]],
  ['3528 3540 3566 3589', 16, [4, 4, 4, 4]],
  ['620 622126 624 626 6282', 16, [4, 4, 4, 4]],
  ['6304 6759 6761 6762 6763 5018 5020 5038', 16, [4, 4, 4, 4]],
  ['2200 2201 2202 2203 2204', 16, [4, 4, 4, 4]],
];

/** Country, then its own part: n digits, a letters, c either, as the registry writes it. */
const IBANS =
  'AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n BR:23n1a1c BY:4c4n16c CH:5n12c CR:18n CY:8n16c ' +
  'CZ:20n DE:18n DJ:23n DK:14n DO:4c20n EE:16n EG:25n ES:20n FI:14n FK:2a12n FO:14n FR:10n11c2n GB:4a14n GE:2a16n GI:4a15c GL:14n ' +
  'GR:7n16c GT:4c20c HN:4a20n HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n IS:22n IT:1a10n12c JO:4a4n18c KW:4a22c KZ:3n13c LB:4n20c ' +
  'LC:4a24c LI:5n12c LT:16n LU:3n13c LV:4a13c LY:21n MC:10n11c2n MD:2c18c ME:18n MK:3n10c2n MN:16n MR:23n MT:4a5n18c MU:4a19n3a ' +
  'NI:4a20n NL:4a10n NO:11n OM:3n16c PK:4a16c PL:24n PS:4a21c PT:21n QA:4a21c RO:4a16c RS:18n RU:14n15c SA:2n18c SC:4a20n3a SD:14n ' +
  'SE:20n SI:15n SK:20n SM:1a10n12c SO:19n ST:21n SV:4a20n TL:19n TN:20n TR:5n1n16c UA:6n19c VA:18n VG:4a16n XK:16n YE:4a4n18c';

const NAMES = [
  'jane',
  'o.brien',
  "d'arcy",
  'zoë',
  'müller',
  'li',
  'anna-maria',
  'x_y',
  'j.r.r',
  '岡本',
];
const HOSTS = [
  'example.com',
  'mail.example.co.uk',
  'bücher.example',
  'a-b.example.org',
  'xn--bcher-kva.example',
  'пример.рф',
  'sub.sub2.example.photography',
  'EXAMPLE.NET',
  '1and1.example',
];

/** Country code and lengths of numbers behind it. */
const PLUS: readonly (readonly [code: string, digits: number])[] = (
  '7:10 20:10 27:9 30:10 31:9 32:9 33:9 34:9 36:9 39:10 40:9 41:9 43:10 44:10 45:8 46:9 47:8 48:9 49:11 51:9 52:10 54:10 55:11 56:9 57:10 ' +
  '60:9 61:9 62:10 63:10 64:9 65:8 66:9 81:10 82:10 84:9 86:11 90:10 91:10 92:10 94:9 98:10 212:9 213:9 216:8 221:9 234:10 254:9 ' +
  '351:9 352:9 353:9 354:7 356:8 358:9 359:9 370:8 371:8 372:8 375:9 380:9 381:9 385:9 386:8 420:9 421:9 506:8 593:9 598:8 852:8 ' +
  '880:10 886:9 961:8 962:9 966:9 971:9 972:9 974:8 977:10 994:9 995:9 998:9'
)
  .split(' ')
  .map((entry) => {
    const [code = '', length = ''] = entry.split(':');
    return [code, Number(length)];
  });

/** National forms with the leading 0; # is a digit, 9 one that is not 0. */
const NATIONAL = [
  '030 9#######',
  '0151/########',
  '0171-9######',
  '(089) 9######',
  '020 79## ####',
  '07911 ######',
  '01 4# ## ## ##',
  '06.##.##.##.##',
  '(02) 9### ####',
  '04## ### ###',
  '03-5###-####',
  '090-####-####',
  '010-####-####',
  '020-9######',
  '06 ########',
  '051 9######',
];
const NORTH_AMERICAN = [
  '(2##) 9##-####',
  '4##-5##-####',
  '6##.7##.####',
  '7## 8## ####',
  '1-8##-5##-####',
  '+1 3## 5##-####',
  '+12##5######',
  '+1 (9##) 2##-####',
];

/** All kinds of personal data that are looked for without the help of a key. */
export const PERSONAL_VALUES: readonly PersonalValues[] = [
  { name: 'card, in a row', kind: 'card', make: (random) => card(random, '') },
  {
    name: 'card, in groups',
    kind: 'card',
    make: (random) => card(random, oneOf(random, [' ', ' ', '-', '.'])),
  },
  { name: 'IBAN, in a row', kind: 'iban', make: iban },
  {
    name: 'IBAN, in groups',
    kind: 'iban',
    make: (random) => iban(random).replace(/(.{4})(?=.)/g, '$1 '),
  },
  { name: 'IBAN, lower case', kind: 'iban', make: (random) => iban(random).toLowerCase() },
  { name: 'e-mail', kind: 'email', make: email },
  { name: 'e-mail, unusual', kind: 'email', make: unusualEmail },
  { name: 'phone, +', kind: 'phone', make: (random) => international(random, false) },
  { name: 'phone, + and groups', kind: 'phone', make: (random) => international(random, true) },
  {
    name: 'phone, North America',
    kind: 'phone',
    make: (random) => filled(random, oneOf(random, NORTH_AMERICAN)),
  },
  {
    name: 'phone, national with 0',
    kind: 'phone',
    make: (random) => filled(random, oneOf(random, NATIONAL)),
  },
  { name: 'national id us', kind: 'nationalId', make: socialSecurity },
  { name: 'national id es', kind: 'nationalId', make: spanish },
  { name: 'national id it', kind: 'nationalId', make: italian },
  { name: 'national id fr', kind: 'nationalId', make: french },
  { name: 'national id br', kind: 'nationalId', make: brazilian },
  { name: 'national id cn', kind: 'nationalId', make: chinese },
];

function card(random: Random, separator: string): string {
  const [prefixes, length, groups] = oneOf(random, CARDS);
  const prefix = oneOf(random, prefixes.split(' '));
  const body = prefix + digits(random, length - 1 - prefix.length);
  const number = `${body}${luhnDigit(body)}`;
  let at = 0;
  return groups
    .map((size) => {
      at += size;
      return number.slice(at - size, at);
    })
    .join(separator);
}

function luhnDigit(body: string): number {
  let sum = 0;
  [...body].reverse().forEach((char, i) => {
    const value = Number(char) * (i % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return (10 - (sum % 10)) % 10;
}

function iban(random: Random): string {
  const [country = '', form = ''] = oneOf(random, IBANS.split(' ')).split(':');
  let own = '';
  for (const [, count, type] of form.matchAll(/(\d+)([nac])/g)) {
    for (let i = 0; i < Number(count); i++) {
      const isLetter = type === 'a' || (type === 'c' && random.chance(0.3));
      own += isLetter ? letters(random, 1) : digits(random, 1);
    }
  }
  const number = [...`${own}${country}00`].map((char) => Number.parseInt(char, 36)).join('');
  const check = 98n - (BigInt(number) % 97n);
  return `${country}${String(check).padStart(2, '0')}${own}`;
}

function email(random: Random): string {
  const name = letters(random, whole(random, 2, 12)).toLowerCase();
  return `${name}${random.chance(0.3) ? digits(random, 2) : ''}@${oneOf(random, ['gmail.com', 'example.org', 'web.de', 'corp.example.io'])}`;
}

function unusualEmail(random: Random): string {
  const name = oneOf(random, NAMES);
  const local = oneOf(random, [
    name,
    `${name}+${digits(random, 3)}`,
    `${name}%x`,
    `"${name} ${name}"`,
    `${name}~`,
    name.toUpperCase(),
  ]);
  return `${local}@${random.chance(0.05) ? '[192.0.2.7]' : oneOf(random, HOSTS)}`;
}

function international(random: Random, isGrouped: boolean): string {
  const [code, length] = oneOf(random, PLUS);
  const number = `${whole(random, 1, 9)}${digits(random, length - 1)}`;
  if (!isGrouped) return `+${code}${number}`;
  const separator = oneOf(random, [' ', '-', '.']);
  const parts = [number.slice(0, 2), number.slice(2, 5), number.slice(5)].filter(Boolean);
  return oneOf(random, [
    `+${code} ${parts.join(separator)}`,
    `+${code} (0)${parts.join(' ')}`,
    `+${code} (${parts[0]}) ${parts.slice(1).join('-')}`,
  ]);
}

function filled(random: Random, form: string): string {
  return form.replace(/[#]/g, () => digits(random, 1)).replace(/9(?=#)/g, '9');
}

function socialSecurity(random: Random): string {
  const area = oneOf(random, [whole(random, 1, 665), whole(random, 667, 899)]);
  const pad = (value: number, size: number) => String(value).padStart(size, '0');
  return `${pad(area, 3)}-${pad(whole(random, 1, 99), 2)}-${pad(whole(random, 1, 9999), 4)}`;
}

function spanish(random: Random): string {
  const foreign = random.chance(0.3) ? whole(random, 0, 2) : undefined;
  const number = digits(random, foreign === undefined ? 8 : 7);
  const letter = 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(`${foreign ?? ''}${number}`) % 23];
  return `${foreign === undefined ? '' : 'XYZ'[foreign]}${number}${random.chance(0.2) ? '-' : ''}${letter}`;
}

function italian(random: Random): string {
  const day = whole(random, 1, 31) + (random.chance(0.5) ? 40 : 0);
  const body = `${letters(random, 6)}${digits(random, 2)}${oneOf(random, [...'ABCDEHLMPRST'])}${String(day).padStart(2, '0')}${letters(random, 1)}${digits(random, 3)}`;
  const odd = 'BAKPLCQDREVOSFTGUHMINJWZYX';
  let sum = 0;
  [...body].forEach((char, i) => {
    const value = Number.parseInt(char, 36) - (/\d/.test(char) ? 0 : 10);
    sum += i % 2 === 1 ? value : odd.indexOf(String.fromCharCode(65 + value));
  });
  return body + String.fromCharCode(65 + (sum % 26));
}

function french(random: Random): string {
  const body = `${whole(random, 1, 2)}${digits(random, 2)}${String(whole(random, 1, 12)).padStart(2, '0')}${digits(random, 8)}`;
  const key = String(97 - (Number(body) % 97)).padStart(2, '0');
  if (random.chance(0.5)) return body + key;
  return `${body[0]} ${body.slice(1, 3)} ${body.slice(3, 5)} ${body.slice(5, 7)} ${body.slice(7, 10)} ${body.slice(10)} ${key}`;
}

function brazilian(random: Random): string {
  let body = digits(random, 8) + whole(random, 1, 9);
  if (/^(\d)\1+$/.test(body)) body = '123456789';
  for (const length of [9, 10]) {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += Number(body[i]) * (length + 1 - i);
    body += ((sum * 10) % 11) % 10;
  }
  return `${body.slice(0, 3)}.${body.slice(3, 6)}.${body.slice(6, 9)}-${body.slice(9)}`;
}

function chinese(random: Random): string {
  const date = `${whole(random, 1940, 2015)}${String(whole(random, 1, 12)).padStart(2, '0')}${String(whole(random, 1, 28)).padStart(2, '0')}`;
  const body = `${whole(random, 11, 65)}${digits(random, 4)}${date}${digits(random, 3)}`;
  let sum = 0;
  // Weights are the powers of 2 from the right, by 11.
  [...body].forEach((char, i) => {
    sum += Number(char) * (2 ** (17 - i) % 11);
  });
  const check = (12 - (sum % 11)) % 11;
  return body + (check === 10 ? 'X' : check);
}
