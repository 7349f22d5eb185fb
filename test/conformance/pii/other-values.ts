import type { Random } from '../../../cli/sample/random.ts';
import { characters, digits, letters, oneOf, whole } from './random-text.ts';

/** Makes values that are nobody's and may look alike. */
export interface OtherValues {
  readonly name: string;
  /** Most of a hundred that may be taken for personal data. */
  readonly mostPercent: number;
  make(random: Random): string;
}

const HEX = '0123456789abcdef';
const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Numbers and ids of shops and machines. Where the bar is not near 0 the form alone cannot tell: one in ten numbers of a card's
 * first digits and length has its check digit, one in 23 numbers with a letter is a Spanish id, groups of 3, 3 and 4 digits
 * are how North America writes telephone numbers.
 */
export const OTHER_VALUES: readonly OtherValues[] = [
  { name: 'UUID', mostPercent: 0.001, make: uuid },
  {
    name: 'hex id',
    mostPercent: 0.01,
    make: (r) => characters(r, oneOf(r, [16, 24, 32, 40, 64]), HEX),
  },
  {
    name: 'ULID, nanoid',
    mostPercent: 0.01,
    make: (r) => (r.chance(0.5) ? `01${characters(r, 24, BASE32)}` : characters(r, 21, BASE64)),
  },
  { name: 'order number', mostPercent: 0.001, make: orderNumber },
  { name: 'invoice number', mostPercent: 0.001, make: invoiceNumber },
  {
    name: 'bare number, 5 to 13 digits',
    mostPercent: 0.001,
    make: (r) => `${whole(r, 1, 9)}${digits(r, whole(r, 4, 12))}`,
  },
  { name: 'epoch s, ms, µs, ns', mostPercent: 0.001, make: epoch },
  { name: 'date and time', mostPercent: 0.001, make: dateTime },
  { name: 'price, amount', mostPercent: 0.001, make: price },
  { name: 'version, address', mostPercent: 0.001, make: version },
  { name: 'ISBN, EAN, UPC', mostPercent: 0.01, make: productCode },
  { name: 'client id, message id', mostPercent: 0.001, make: clientId },
  { name: 'coordinates, sizes', mostPercent: 0.001, make: coordinates },
  { name: 'parcel number', mostPercent: 0.3, make: parcel },
  { name: 'SKU, file, selector, handle', mostPercent: 0.01, make: word },
  {
    name: '64-bit id',
    mostPercent: 0.1,
    make: (r) => `${whole(r, 1, 9)}${digits(r, whole(r, 16, 18))}`,
  },
  {
    name: '0, digits, hyphen, digits',
    mostPercent: 100,
    make: (r) => `0${whole(r, 1, 9)}${digits(r, 2)}-${digits(r, 6)}`,
  },
  {
    name: 'groups of 3, 3 and 4 digits',
    mostPercent: 74,
    make: (r) => `${digits(r, 3)} ${digits(r, 3)} ${digits(r, 4)}`,
  },
  { name: '8 digits and a letter', mostPercent: 4.35, make: (r) => digits(r, 8) + letters(r, 1) },
  {
    name: "16 digits with a card's first",
    mostPercent: 10,
    make: (r) => oneOf(r, ['4', '51', '55', '6011']).padEnd(4, digits(r, 4)) + digits(r, 12),
  },
];

function uuid(random: Random): string {
  const id = random.uuid();
  const form = oneOf(random, ['as it is', 'upper', 'bare', 'digits']);
  if (form === 'upper') return id.toUpperCase();
  if (form === 'bare') return id.replaceAll('-', '');
  // Of the digits only: the hardest to tell from a number.
  return form === 'digits' ? id.replace(/[a-f]/g, (char) => String(char.charCodeAt(0) % 10)) : id;
}

function orderNumber(random: Random): string {
  return oneOf(random, [
    () => `ORD-${whole(random, 2019, 2026)}-${digits(random, 6)}`,
    () => `${digits(random, 3)}-${digits(random, 7)}-${digits(random, 7)}`,
    () => `#${digits(random, whole(random, 4, 9))}`,
    () => `SO${digits(random, whole(random, 6, 10))}`,
    () => `${letters(random, 2)}-${digits(random, 4)}-${digits(random, 4)}-${digits(random, 4)}`,
    () => `100${digits(random, 6)}`,
    () => `W${digits(random, 10)}`,
    () =>
      `${whole(random, 2019, 2026)}${String(whole(random, 1, 12)).padStart(2, '0')}${digits(random, 8)}`,
  ])();
}

function invoiceNumber(random: Random): string {
  return oneOf(random, [
    () => `INV-${digits(random, 8)}`,
    () => `RE${whole(random, 2019, 2026)}/${digits(random, 5)}`,
    () => `${whole(random, 2019, 2026)}-${digits(random, 4)}`,
    () => `${digits(random, 4)}/${whole(random, 19, 26)}`,
    () => `F${whole(random, 19, 26)}-${digits(random, 3)}-${digits(random, 5)}`,
  ])();
}

function epoch(random: Random): string {
  const seconds = whole(random, 1_500_000_000, 1_900_000_000);
  return `${seconds}${digits(random, oneOf(random, [0, 3, 6, 9]))}`;
}

function dateTime(random: Random): string {
  const iso = new Date(
    whole(random, 1_500_000_000, 1_900_000_000) * 1000 + whole(random, 0, 999),
  ).toISOString();
  const [year = '', month = '', day = ''] = iso.slice(0, 10).split('-');
  const time = iso.slice(11, 16);
  return oneOf(random, [
    iso,
    iso.slice(0, 10),
    `${iso.slice(0, 10)} ${iso.slice(11, 19)}`,
    `${iso.slice(0, 19)}+02:00`,
    `${day}.${month}.${year}`,
    `${day}.${month}.${year} ${time}`,
    `${month}/${day}/${year}`,
    `${day}/${month}/${year} ${time}`,
    `${day}-${month}-${year.slice(2)}`,
    `${year}${month}${day}`,
    `${year}${month}${day}-${time.replace(':', '')}00`,
    `${year}/${month}/${day}`,
    `${day}.${month}.-${day}.${month}.${year}`,
  ]);
}

function price(random: Random): string {
  const cents = digits(random, 2);
  const [a, b] = [whole(random, 1, 999), digits(random, 3)];
  return oneOf(random, [
    `${a}.${cents}`,
    `${a},${b}.${cents}`,
    `${a}.${b},${cents}`,
    `${a} ${b},${cents}`,
    `€${a}.${cents}`,
    `-${a}.${cents}`,
    `${a}.${b}.${digits(random, 3)},${cents}`,
    `${a} ${b} ${digits(random, 3)}`,
    `${random.next() * 1000}`,
  ]);
}

function version(random: Random): string {
  const number = () => whole(random, 0, 255);
  return oneOf(random, [
    `${number()}.${number()}.${number()}`,
    `${number()}.${number()}.${number()}.${number()}`,
    `v${number()}.${number()}.${number()}-beta.${number()}`,
    `Chrome/${number()}.0.${whole(random, 1000, 9999)}.${number()}`,
    `10_15_${number()}`,
    `2001:db8:${characters(random, 4, HEX)}::${characters(random, 4, HEX)}`,
  ]);
}

function productCode(random: Random): string {
  const body = oneOf(random, ['978', '400', '440', '500', '690', '360', '761']) + digits(random, 9);
  let sum = 0;
  [...body].forEach((char, i) => {
    sum += Number(char) * (i % 2 === 0 ? 1 : 3);
  });
  const code = `${body}${(10 - (sum % 10)) % 10}`;
  return oneOf(random, [
    code,
    code.slice(1),
    `978-3-${digits(random, 2)}-${digits(random, 6)}-${digits(random, 1)}`,
    `${whole(random, 0, 9)}-${digits(random, 3)}-${digits(random, 5)}-${oneOf(random, [...'0123456789X'])}`,
  ]);
}

function clientId(random: Random): string {
  const seconds = whole(random, 1_500_000_000, 1_900_000_000);
  return oneOf(random, [
    `GA1.2.${digits(random, 10)}.${seconds}`,
    `${digits(random, 10)}.${seconds}`,
    `ajs-next-${seconds}${digits(random, 3)}-${characters(random, 8, HEX)}`,
    `fb.1.${seconds}${digits(random, 3)}.${digits(random, 10)}`,
    `${seconds}${digits(random, 3)}-${digits(random, 7)}`,
    `req_${characters(random, 14, BASE64)}`,
  ]);
}

function coordinates(random: Random): string {
  const [lat, lon] = [random.next() * 90, random.next() * 180];
  return oneOf(random, [
    `${lat},${lon}`,
    `${lat.toFixed(6)}, ${lon.toFixed(6)}`,
    `-${lat.toFixed(4)}`,
    `${whole(random, 300, 4000)}x${whole(random, 300, 4000)}`,
    `${whole(random, 0, 1920)},${whole(random, 0, 1080)}`,
    `${whole(random, 10, 99)} x ${whole(random, 10, 99)} x ${whole(random, 10, 99)} cm`,
    `${random.next()}`,
  ]);
}

function parcel(random: Random): string {
  return oneOf(random, [
    `1Z${characters(random, 16, BASE32)}`,
    digits(random, 12),
    `00${digits(random, 18)}`,
    `JJD${digits(random, 18)}`,
    `${letters(random, 2)}${digits(random, 9)}${letters(random, 2)}`,
    `9${digits(random, 21)}`,
  ]);
}

function word(random: Random): string {
  return oneOf(random, [
    `${letters(random, 3)}-${digits(random, 5)}-${oneOf(random, ['S', 'M', 'L', 'XL'])}`,
    `img_${digits(random, 4)}@2x.png`,
    `IMG-${whole(random, 2019, 2026)}1121-WA${digits(random, 4)}.jpg`,
    `div#item-${digits(random, 4)}>a.btn:nth-child(${whole(random, 1, 9)})`,
    `//*[@id="r-${digits(random, 3)}"]/li[${whole(random, 1, 9)}]`,
    `@user_${digits(random, 3)}`,
    `@scope/pkg@${whole(random, 1, 20)}.${whole(random, 0, 20)}.${whole(random, 0, 20)}`,
    `${letters(random, 2)}${digits(random, 2)} ${digits(random, 1)}${letters(random, 2)}`,
    `${letters(random, 4)}${digits(random, 4)}`,
    `#${characters(random, 6, HEX)}`,
    `00:1A:${digits(random, 2)}:${digits(random, 2)}:${digits(random, 2)}:FF`,
  ]);
}
