import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { DEFAULT_PRIVACY, type PrivacyConfig } from '../../../../core/privacy.ts';
import { digestOf } from '../../../../lambdas/collect/privacy/digest.ts';
import { Redactor } from '../../../../lambdas/collect/privacy/redactor.ts';

const digest = digestOf('secret', 'shop');

function redactor(privacy: PrivacyConfig = {}): Redactor {
  return new Redactor({ ...DEFAULT_PRIVACY, ...privacy }, digest);
}

/** What becomes of a call. */
function stored(call: Record<string, unknown>, privacy: PrivacyConfig = {}): unknown {
  const text = JSON.stringify(call);
  return JSON.parse(JSON.stringify(redactor(privacy).call(JSON.parse(text), text)));
}

describe('a call', () => {
  it('loses what is private wherever it stands, and nothing else', () => {
    const call = {
      event: 'Mail to jane@example.com',
      messageId: 'm-1',
      properties: {
        card: '4111 1111 1111 1111',
        number: 4111111111111111,
        'jane@example.com': 1,
        'bob@example.com': 2,
        '[email]': 3,
        __proto__x: 4,
        list: ['ok', { iban: 'DE89370400440532013000' }],
        json: '{"a":[{"mail":"jane@example.com"}],"b":1.10}',
        base64: Buffer.from('{"mail":"jane@example.com"}').toString('base64'),
        order: '112-1234567-1234567',
        at: 1795284020615,
      },
      context: { page: { url: 'https://shop.example/?a=1&mail=jane%40example.com#b' } },
    };

    expect(stored(call)).toEqual({
      event: 'Mail to [email]',
      messageId: 'm-1',
      properties: {
        card: '[card]',
        number: '[card]',
        '[email]': 1,
        '[email] 2': 2,
        '[email] 3': 3,
        __proto__x: 4,
        list: ['ok', { iban: '[redacted]' }],
        json: '{"a":[{"mail":"[email]"}],"b":1.10}',
        base64: Buffer.from('{"mail":"[email]"}').toString('base64'),
        order: '112-1234567-1234567',
        at: 1795284020615,
      },
      context: { page: { url: 'https://shop.example/?a=1&mail=[email]#b' } },
    });
  });

  it('that is clean is given back as the same object', () => {
    const call = { event: 'x', properties: { at: '2026-11-21T18:00:20.615Z', price: 1.5 } };

    expect(redactor().call(call, JSON.stringify(call))).toBe(call);
  });

  it('keeps its ids as they are, personal or not', () => {
    const ids = {
      messageId: '4111111111111111',
      anonymousId: 'jane@example.com',
      userId: 'jane@example.com',
      previousId: '+4915112345678',
      groupId: 'team@example.com',
      context: { sessionId: '4111111111111111', groupId: 'team@example.com' },
    };

    expect(stored(ids)).toEqual(ids);
  });

  it('loses the values of secret keys, whatever they are, in JSON and in parameters', () => {
    const call = {
      properties: {
        password: 'x',
        user: { API_KEY: 5, 'access-token': ['a'], isSecret: false, tokens: 3 },
        url: 'https://a.example/?token=ab%26c&next=%2Fb%3Fpassword%3Dhunter2&user[password]=y&q=z',
        link: 'https://ann:secret@a.example/',
        pin: '',
        cvv: null,
      },
    };

    expect(stored(call)).toEqual({
      properties: {
        password: '[redacted]',
        user: { API_KEY: '[redacted]', 'access-token': '[redacted]', isSecret: false, tokens: 3 },
        url: 'https://a.example/?token=[redacted]&next=%2Fb%3Fpassword%3D[redacted]&user[password]=[redacted]&q=z',
        link: 'https://[redacted]@a.example/',
        pin: '',
        cvv: null,
      },
    });
  });

  it('has telephone numbers of any form taken where the key says what they are', () => {
    const traits = { phone: '5551234567', mobileNumber: 491511234567, fax: 'none', tel: '12' };

    expect(stored({ traits })).toEqual({
      traits: { phone: '[phone]', mobileNumber: '[phone]', fax: 'none', tel: '12' },
    });
  });

  it('has addresses cut to their network where the key says what they are', () => {
    const properties = {
      ip: '203.0.113.77',
      client_ip: '2001:db8:1234:5678::1',
      'X-Forwarded-For': '203.0.113.77, 10.1.2.3',
      ip_address: 'unknown',
      version: '203.0.113.77',
    };

    expect(stored({ properties })).toEqual({
      properties: {
        ip: '203.0.113.0',
        client_ip: '2001:db8:1234::',
        'X-Forwarded-For': '203.0.113.0, 10.1.2.0',
        ip_address: 'unknown',
        version: '203.0.113.77',
      },
    });
  });

  it('keeps what the app says, by kind', () => {
    const call = { properties: { a: 'jane@example.com', b: '4111111111111111' } };

    expect(stored(call, { email: 'keep' })).toEqual({
      properties: { a: 'jane@example.com', b: '[card]' },
    });
    expect(stored(call, { email: 'hash' })).toEqual({
      properties: { a: digest('jane@example.com'), b: '[card]' },
    });
  });

  it('takes names and paths of the config, whatever their case, also below lists', () => {
    const call = {
      properties: { Diagnosis: 'flu', items: [{ name: 'pill' }], name: 'stays', secret_note: 'x' },
    };

    expect(stored(call, { keys: ['diagnosis', 'properties.items.name', 'secret*'] })).toEqual({
      properties: {
        Diagnosis: '[redacted]',
        items: [{ name: '[redacted]' }],
        name: 'stays',
        secret_note: '[redacted]',
      },
    });
  });

  it('takes context.ip out, whatever the config says', () => {
    const call = { event: 'jane@example.com', context: { ip: '203.0.113.77', os: 'x' } };

    expect(stored(call, { ip: 'keep' })).toEqual({ event: '[email]', context: { os: 'x' } });
  });
});

describe('a declared path', () => {
  it('is hashed so that it joins: ids, traits of the call and of its context, e-mails that are found', () => {
    const privacy: PrivacyConfig = { hash: ['userId', 'traits.email'], email: 'hash' };
    const hashed = digest('jane@example.com');

    expect(
      stored({ userId: ' Jane@Example.com', traits: { email: 'JANE@example.com' } }, privacy),
    ).toEqual({ userId: hashed, traits: { email: hashed } });
    expect(
      stored(
        {
          previousId: 'jane@example.com',
          context: { traits: { email: 'jane@example.com' } },
          properties: { note: 'Jane@example.com' },
        },
        privacy,
      ),
    ).toEqual({
      previousId: hashed,
      context: { traits: { email: hashed } },
      properties: { note: hashed },
    });
  });

  it('is hashed with a key of the app: another app has other hashes', () => {
    expect(digestOf('secret', 'shop')('a')).toMatch(/^hmac_[0-9a-f]{64}$/);
    expect(digestOf('secret', 'other')('a')).not.toBe(digestOf('secret', 'shop')('a'));
  });
});

describe('a payload', () => {
  it('that is no JSON is looked at as text', () => {
    const text = '{"card":"4111111111111111","password":"hunter2","note":"n\\n4111111111111111", x';

    expect(redactor().payload(text)).toBe(
      '{"card":"[card]","password":"[redacted]","note":"n\\n[card]", x',
    );
  });

  it('that is a batch has its calls kept apart from their ids', () => {
    const batch = [{ userId: 'jane@example.com', properties: { a: 'jane@example.com' } }];

    expect(JSON.parse(redactor().payload(JSON.stringify({ batch })))).toEqual({
      batch: [{ userId: 'jane@example.com', properties: { a: '[email]' } }],
    });
  });

  it('has the values at declared paths taken also where they stand otherwise than in the call', () => {
    const privacy = { keys: ['properties.customer.name', 'context.query_parameters.who'] };
    const data = { customer: { name: 'Ann' }, plan: 'pro' };
    const clean = { customer: { name: '[redacted]' }, plan: 'pro' };
    const inner = (one: object) =>
      JSON.stringify({ schema: 'iglu:u', data: { schema: 'x', data: one } });
    const event = (one: object) => ({
      ...{ e: 'ue', eid: '4111111111111111', ue_pr: inner(one) },
      ue_px: Buffer.from(inner(one)).toString('base64url'),
    });
    const hook = (who: string, one: object) => ({
      ...{ method: 'POST', message_id: '4111111111111111' },
      ...{ query_parameters: { who }, payload: one },
    });
    const iglu = (one: object) => ({
      ...{ parameters: { eid: '4111111111111111' }, platform: 'app' },
      data: [one, { schema: 'x', data: one }],
    });
    const cases: [object, object][] = [
      [{ batch: [{ properties: data }] }, { batch: [{ properties: clean }] }],
      [event(data), event(clean)],
      [{ batch: [event(data)] }, { batch: [event(clean)] }],
      [
        { schema: 'x', data: [event(data)] },
        { schema: 'x', data: [event(clean)] },
      ],
      [hook('Ann', data), hook('[redacted]', clean)],
      [hook('Ann', [data]), hook('[redacted]', [clean])],
      [iglu(data), iglu(clean)],
    ];

    for (const [came, kept] of cases) {
      expect(JSON.parse(redactor(privacy).payload(JSON.stringify(came)))).toEqual(kept);
    }
  });

  it("of a tracker's event may have keys that objects have by themselves", () => {
    const text = '{"e":"zz","__proto__":"x","constructor":"y","toString":{"hasOwnProperty":1}}';

    expect(redactor().payload(text)).toBe(text);
    expect(redactor({ keys: ['properties.a'] }).payload(text)).toBe(text);
  });

  it('that is nested too deep to walk is looked at as text', () => {
    const text = `${'['.repeat(9_000)}"jane@example.com"${']'.repeat(9_000)}`;

    expect(redactor().payload(text)).toBe(text.replace('jane@example.com', '[email]'));
  });
});

describe('a long key', () => {
  it('is not remembered: many of them would fill the memory', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const one = redactor();
    const used = () => {
      // Shapes of objects outlive some collections, and their keys with them.
      for (let i = 0; i < 6; i++) collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = used();

    for (let i = 0; i < 100; i++) one.payload(`{"${'k'.repeat(400_000)}${i}":1}`);

    expect(used() - before).toBeLessThan(20_000_000);
  });
});

describe('a long payload', () => {
  it.each([
    ['e-mails', 'jane@example.com '],
    ['parameters', '&token=a'],
    ['pairs', '"token":"a",'],
    ['nested parameters', '?a=?token='],
    ['backslashes and quotes', '\\\\"'],
    ['backslashes', '\\'],
  ])('of %s is redacted in a time that grows with it only', (_, part) => {
    const text = part.repeat(500_000 / part.length);
    const start = performance.now();

    redactor().payload(text);

    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('of keys that become one keeps them all', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => [`jane${i}@example.com`, i]);
    const text = JSON.stringify({ properties: Object.fromEntries(keys) });
    const start = performance.now();

    const { properties } = JSON.parse(redactor().payload(text));

    expect(Object.values(properties)).toHaveLength(20_000);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

const PRIVATE = [
  'jane@example.com',
  '4111 1111 1111 1111',
  'DE89370400440532013000',
  '+49 151 12345678',
  '123-45-6789',
];
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .tuple(
      fc.string(),
      fc.constantFrom(...PRIVATE, ...PRIVATE.map(encodeURIComponent)),
      fc.string(),
    )
    .map((parts) => parts.join(' ')),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    text,
    text.map((inner) => JSON.stringify({ inner })),
    fc.integer(),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('password', 'phone', 'ip')), tie('value'), {
      maxKeys: 3,
    }),
  ),
})).value;

describe('any value', () => {
  it('is the same when it is redacted or hashed again', () => {
    const twice = fc.property(value, fc.constantFrom('redact', 'hash'), (properties, action) => {
      const rules = redactor({ email: action, phone: action, hash: ['properties.email'] });
      const once = rules.payload(JSON.stringify({ properties }));

      expect(rules.payload(once)).toBe(once);
    });
    fc.assert(twice, { numRuns: 500 });
  });

  it('is passed over at a glance only where a close look finds nothing', () => {
    const pieces = fc.oneof(
      fc.constantFrom(...PRIVATE.flatMap((found) => [found, ...found.split(/(?<=[@ -])/)])),
      fc.constantFrom(
        '+',
        '00',
        '(0)',
        ' ',
        '-',
        '.',
        '/',
        'tel:',
        '?token=',
        '%40',
        '%2B',
        'X',
        '@',
      ),
      fc.string({ minLength: 1, maxLength: 3 }),
      fc.stringMatching(/^\d{1,9}$/),
    );
    const mixed = fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join(''));
    const seen = fc.property(fc.dictionary(mixed, fc.oneof(mixed, value)), (properties) => {
      const text = JSON.stringify({ event: 'x', properties });
      const call = JSON.parse(text);

      if (redactor().call(call, text) === call) expect(redactor().payload(text)).toBe(text);
    });
    fc.assert(seen, { numRuns: 1_000 });
  });

  it('stays JSON, and nothing of what is private is left in it', () => {
    const clean = fc.property(value, (properties) => {
      const once = redactor().payload(JSON.stringify({ properties }));

      expect(JSON.parse(once)).toBeInstanceOf(Object);
      for (const found of PRIVATE) expect(once).not.toContain(` ${found} `);
    });
    fc.assert(clean, { numRuns: 500 });
  });
});
