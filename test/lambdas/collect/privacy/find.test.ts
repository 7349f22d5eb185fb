import { NATIONAL_IDS, PII_KINDS } from '../../../../core/privacy.ts';
import { findAll } from '../../../../lambdas/collect/privacy/find.ts';

const FINDER = {
  kinds: new Set(PII_KINDS),
  countries: new Set(NATIONAL_IDS.filter((country) => country !== 'pl' && country !== 'nl')),
};

/** What is found in a text, each as kind and the text that it takes. */
function foundIn(text: string): string[] {
  return findAll(text, FINDER).map(({ kind, start, end }) => `${kind}: ${text.slice(start, end)}`);
}

/** Texts and what is found in them: the whole where nothing is said. */
function expectFound(kind: string, texts: readonly (string | readonly [string, string])[]): void {
  const wanted = texts.map((entry) => {
    const [text, found] = typeof entry === 'string' ? [entry, entry] : entry;
    return [text, [`${kind}: ${found}`]];
  });
  expect(wanted.map(([text]) => [text, foundIn(text as string)])).toEqual(wanted);
}

describe('what is found in a text', () => {
  it('is cards of all issuers, by the numbers that they publish for tests', () => {
    expectFound('card', [
      '4111111111111111',
      '4012888888881881',
      '5555555555554444',
      '5105105105105100',
      '2223003122003222',
      '378282246310005',
      '371449635398431',
      '6011111111111117',
      '6011000990139424',
      '30569309025904',
      '38520000023237',
      '36227206271667',
      '3530111333300000',
      '6200000000000005',
      '6304000000000000',
      '2200000000000004',
    ]);
  });

  it('is cards in groups, in sentences, in URLs and in digits of other scripts', () => {
    expectFound('card', [
      '4111 1111 1111 1111',
      '4111-1111-1111-1111',
      '3782 822463 10005',
      '3056 930902 5904',
      '4222 222 222 222',
      '4000 0000 0000 0000 006',
      ['paid 2 with 4111 1111 1111 1111 12/27 123', '4111 1111 1111 1111'],
      ['card=4111+1111+1111+1111&x=1', '4111+1111+1111+1111'],
      ['/pay?n=4111%201111%201111%201111', '4111%201111%201111%201111'],
      ['/pay?n=%34111111111111111', '%34111111111111111'],
      '４１１１１１１１１１１１１１１１',
      '٤١١١١١١١١١١١١١١١',
      '4111\u00a01111\u00a01111\u00a01111',
      '4111\u200b1111\u200b1111\u200b1111',
      '4111–1111–1111–1111',
    ]);
  });

  it('is bank accounts in one piece, in groups, in either case and in URLs', () => {
    expectFound('iban', [
      'DE89370400440532013000',
      'DE89 3704 0044 0532 0130 00',
      'de89370400440532013000',
      'GB29NWBK60161331926819',
      'FR1420041010050500013M02606',
      'MT84MALT011000012345MTLCAST001S',
      'NO9386011117947',
      'KZ86125KZT5004100100',
      ['pay to GB29 NWBK 6016 1331 9268 19.', 'GB29 NWBK 6016 1331 9268 19'],
      ['?a=NL91%20ABNA%200417%201643%2000', 'NL91%20ABNA%200417%201643%2000'],
    ]);
  });

  it('is e-mail addresses, also encoded, quoted, in other scripts and at an address', () => {
    expectFound('email', [
      'jane@example.com',
      "o'brien+news@mail.example.co.uk",
      'müller@bücher.example',
      'почта@пример.рф',
      'jane@163.com',
      '"john doe"@example.com',
      'root@[192.0.2.1]',
      ['mailto:jane@example.com.', 'jane@example.com'],
      ['?email=jane%40example.com&a=b', 'jane%40example.com'],
      ['?email=jane%2540example.com', 'jane%2540example.com'],
      ['?email=jane%2Btag%40example.com', 'jane%2Btag%40example.com'],
    ]);
  });

  it('is telephone numbers that are written as such', () => {
    expectFound('phone', [
      '+4915112345678',
      '+49 151 12345678',
      '+44 (0)20 7946 0958',
      '+1 (415) 555-0132',
      '(415) 555-0132',
      '415-555-0132',
      '1-800-555-2134',
      '030 12345678',
      '0151/23456789',
      '01 23 45 67 89',
      '(02) 9876 5432',
      '0049 151 12345678',
      ['tel:4155550132', '4155550132'],
      ['?tel=%2B4915112345678', '%2B4915112345678'],
      ['call 415.555.0132 now', '415.555.0132'],
      ['call 030 12345678 2 times', '030 12345678'],
      ['+49 151 12345678 2x', '+49 151 12345678'],
    ]);
  });

  it('is national ids by their check digits or their strict form', () => {
    expectFound('nationalId', [
      '123-45-6789',
      '12345678Z',
      'X1234567L',
      'X-1234567-L',
      'RSSMRA85T10A562S',
      '1 85 05 78 006 084 91',
      '529.982.247-25',
      '11010519491231002X',
    ]);
  });

  it('is no number that only looks alike', () => {
    const others = [
      '4111111111111112',
      'a4111111111111111',
      '4111111111111111b',
      '9111111111111111',
      '0.4111111111111111',
      '112-1234567-1234567',
      '4000000000000000006',
      '4222222222222',
      'DE88370400440532013000',
      'ZZ89370400440532013000',
      '000-12-3456',
      '666-12-3456',
      '12345678A',
      '111.111.111-11',
      'RSSMRA85T10A562T',
      '2026-11-21T18:00:20.615Z',
      '2026-11-21 18:00:20',
      '01.02.2026 10:30',
      '08.30 09.45 10.15 11.00',
      'EE062F2B-0229-87B2-8AAE-4D6ABFA46ABD',
      '00586666-5907-8067-8907-390124144470',
      '007-7218277-2329283',
      '1795284020615',
      '1795284020615000',
      'ajs-next-1795284020615-12',
      'ae5b12fe-4883-4666-8e53-5e1eab76bf54',
      '11111111-1111-1111-1111-111111111111',
      'GA1.2.1234567890.1795284020',
      '978-3-16-148410-0',
      '0-306-40615-2',
      '4006381333931',
      '12.345.678,90',
      '1.234.567',
      '192.168.100.200',
      '156.0.0.0',
      '52.5200066,13.4049540',
      '0000123456789',
      '+1234567890',
      '100-200-3000',
      '@segment/analytics-node',
      'logo@2x.png',
      'react@18.2.0',
      'pkg@1.2.3.tgz',
      'jane@localhost',
      'https://maps.example/@52.52,13.40,15z',
    ];

    const taken = others.map((text) => [text, foundIn(text)]);

    expect(taken).toEqual(others.map((text) => [text, []]));
  });

  it('is several in one text, in their order', () => {
    expect(foundIn('jane@example.com or bob@example.org: +49 151 12345678')).toEqual([
      'email: jane@example.com',
      'email: bob@example.org',
      'phone: +49 151 12345678',
    ]);
  });

  it('is found in time that grows with the text only', () => {
    const long = ['a@b.cc ', '4111 ', '1-2.3 ', 'AB12CD34', '@', '%40', '0', '"a@'].map((part) =>
      part.repeat(100_000 / part.length),
    );
    const start = performance.now();

    for (const text of long) findAll(text, FINDER);

    expect(performance.now() - start).toBeLessThan(8_000);
  });
});
