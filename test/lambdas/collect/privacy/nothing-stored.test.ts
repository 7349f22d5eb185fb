import { parseConfig } from '../../../../core/config-schema.ts';
import { collect } from '../../../../lambdas/collect/collect.ts';
import { createCollector } from '../../../../lambdas/collect/collector.ts';
import { HttpError } from '../../../../lambdas/runtime/http-error.ts';
import { basic, KEYS, MemorySinks, RECEIVED_AT, send } from '../collector.ts';

const PRIVATE = [
  '4111 1111 1111 1111',
  '4111111111111111',
  'jane@example.com',
  'DE89370400440532013000',
  '+49 151 12345678',
  '123-45-6789',
];
/** As JSON writes it within JSON within JSON, and as URLs write it. */
const FORMS = PRIVATE.flatMap((text) => [
  text,
  encodeURIComponent(text),
  encodeURIComponent(encodeURIComponent(text)),
  text.replaceAll(' ', '+'),
]);

/** What of it all is left in what was stored. */
function left(stored: unknown, forms: readonly string[] = FORMS): string[] {
  const text = JSON.stringify(stored);
  return forms.filter((form) => text.includes(form));
}

const ids = { messageId: 'm-1', anonymousId: 'a-1', userId: 'u-1' };

describe('what is private', () => {
  it.each(FORMS)('is stored nowhere of an accepted event: %s', async (text) => {
    const { sinks, answer } = await send('/v1/batch', {
      context: { app: { note: text } },
      batch: [
        {
          ...ids,
          type: 'track',
          event: `Sent ${text}`,
          properties: {
            value: text,
            sentence: `it is ${text}, or so.`,
            list: [[{ deep: text }]],
            [text]: 'as a key',
            json: JSON.stringify({ a: JSON.stringify({ b: text }) }),
            target: `input[value="${text}"]`,
            channel: text,
          },
          traits: { note: text },
          context: {
            page: {
              url: `https://shop.example/p/${text}?a=${text}&utm_content=${text}#${text}`,
              referrer: `https://other.example/?q=${text}`,
              path: `/p/${text}`,
              search: `?a=${text}`,
              title: `Hello ${text}`,
            },
            campaign: { name: text, term: text },
            consent: text,
            other: { thing: text },
          },
          unknown: text,
        },
        { ...ids, type: 'page', name: text, category: text, properties: { url: text } },
        { ...ids, type: 'identify', traits: { about: text } },
      ],
    });

    expect(answer?.accepted).toBe(3);
    expect(
      left(
        sinks.lines.map(({ json }) => json),
        [text],
      ),
    ).toEqual([]);
  });

  it.each(FORMS)('is stored nowhere of a refused event, its message included: %s', async (text) => {
    const { sinks } = await send(
      '/v1/batch',
      {
        context: { note: text },
        batch: [
          { ...ids, type: 'track', event: 'x', timestamp: text, properties: { a: text } },
          { ...ids, type: 'track', event: 'x', properties: `${'x'.repeat(70)} ${text}` },
          { ...ids, type: text, event: text },
          { ...ids, type: 'track', event: { [text]: text } },
          { ...ids, type: 'track', event: 'x', context: { ip: '203.0.113.77' }, properties: 5 },
          text,
        ],
      },
      { userAgent: `agent ${text}` },
    );

    expect(sinks.deadLetters).toHaveLength(6);
    expect(left(sinks.deadLetters, [text, '203.0.113.77'])).toEqual([]);
    for (const { payload } of sinks.deadLetters) expect(() => JSON.parse(payload)).not.toThrow();
  });

  it.each(FORMS)('is stored nowhere of a body that is no JSON: %s', async (text) => {
    const { sinks } = await send('/v1/track', `{"event":"x","a":"${text}","b":${text}`);

    expect(sinks.deadLetters).toHaveLength(1);
    expect(left(sinks.deadLetters, [text])).toEqual([]);
  });

  it('is stored nowhere of a payload that is cut, not even in part', async () => {
    const number = '4111 1111 1111 1111 ';
    const { sinks } = await send('/v1/track', `{"a":"${number.repeat(20_000)}"`);

    expect(sinks.deadLetters).toHaveLength(1);
    expect(left(sinks.deadLetters, ['4111', '1111'])).toEqual([]);
  });

  it('is not in what a message quotes, which goes back to the client too', async () => {
    const { answer } = await send('/v1/track', { ...ids, event: 'x', timestamp: 'jane@x.com' });

    expect(answer?.refused[0]?.message).toBe(
      '/timestamp is "[email]": ISO 8601 or seconds or milliseconds since 1970 are allowed',
    );
  });
});

describe('what stands at a declared path', () => {
  const collector = createCollector(
    parseConfig({
      apps: [
        {
          id: 'strict',
          writeKeys: [{ key: KEYS.strict }],
          readKeys: [],
          unknownEvents: 'refuse',
          privacy: { keys: ['properties.customer.name', 'context.query_parameters.who'] },
        },
      ],
    }),
  );

  it.each([
    ['/v1/webhook', `writeKey=${KEYS.strict}&who=jane-doe`],
    [
      '/com.snowplowanalytics.iglu/v1',
      `aid=${KEYS.strict}&schema=iglu:com.acme/x/jsonschema/1-0-0`,
    ],
  ])('is not in the letter of a refused webhook: %s', async (path, query) => {
    const sinks = new MemorySinks();
    const route = collector.routes.of('POST', path);
    const body = '{"customer":{"name":"jane-doe"}}';
    const request = { method: 'POST', path, query, body, isBase64Encoded: false };

    await collect({ ...request, receivedAt: RECEIVED_AT }, route, collector, sinks);

    expect(sinks.deadLetters.map(({ code }) => code)).toEqual(['unknown_event']);
    expect(JSON.stringify(sinks.deadLetters)).not.toContain('jane-doe');
  });
});

describe('a declared user id', () => {
  const config = parseConfig({
    apps: [
      {
        id: 'shop',
        writeKeys: [{ key: KEYS.shop }],
        readKeys: [],
        privacy: { hash: ['userId', 'traits.email'], keys: ['nickname'] },
      },
    ],
  });
  const collector = createCollector(config, undefined, 'a secret of the deployment');

  async function sent(call: object, path = '/v1/identify') {
    const sinks = new MemorySinks();
    const route = collector.routes.of('POST', path);
    const request = {
      method: 'POST',
      path,
      authorization: basic(KEYS.shop),
      body: JSON.stringify(call),
      isBase64Encoded: false,
      receivedAt: RECEIVED_AT,
    };
    const answer = await collect(request, route, collector, sinks).catch((error: unknown) => {
      if (!(error instanceof HttpError)) throw error;
    });
    return Object.assign(sinks, { refused: answer?.refused });
  }

  it('joins: the same person has the same id, key and trait, and nobody reads the e-mail', async () => {
    const calls = [
      { userId: 'Jane@example.com ', traits: { email: 'JANE@example.com' } },
      { userId: 'jane@example.com', context: { traits: { email: 'jane@example.com' } } },
    ];
    const [first, second] = await Promise.all(
      calls.map(async (call) => (await sent(call)).records()[0]),
    );

    expect(first?.user_id).toMatch(/^hmac_[0-9a-f]{64}$/);
    expect(second?.user_id).toBe(first?.user_id);
    expect(second?.user_key).toBe(first?.user_key);
    expect(JSON.parse(String(first?.traits))).toEqual({ email: first?.user_id });
    expect(second?.traits).toBe(first?.traits);
  });

  it('is the same person when its dead letter is sent again', async () => {
    const refused = await sent({
      userId: 'jane@example.com',
      traits: { email: 5 },
      timestamp: 'no',
    });
    const [letter] = refused.deadLetters;
    const call = JSON.parse(letter?.payload ?? '');
    const again = await sent({ ...call, timestamp: undefined });
    const direct = await sent({ userId: 'jane@example.com' });

    expect(left(refused.deadLetters)).toEqual([]);
    expect(again.records()[0]?.user_id).toBe(direct.records()[0]?.user_id);
    expect(again.records()[0]?.user_key).toBe(direct.records()[0]?.user_key);
  });

  it('and a value of a named key is not shown by a message', async () => {
    const { deadLetters } = await sent({ userId: ['jane'], traits: { nickname: 'jj' } });

    expect(deadLetters[0]?.message).toMatch(/^the value is private: /);
    expect(JSON.stringify(deadLetters)).not.toContain('jj');
  });

  it.each([{ userId: ['jane-doe'] }, { userId: 'u', timestamp: { nickname: 'jane-doe' } }])(
    'and a value of a named key is not shown by the answer: %j',
    async (call) => {
      const { refused, deadLetters } = await sent(call);

      expect([refused?.length, deadLetters.length]).toEqual([1, 1]);
      expect(JSON.stringify([refused, deadLetters])).not.toContain('jane-doe');
    },
  );

  it('is hashed in a list, too, each value for itself', async () => {
    const email = ['jane@example.com', 'JOE@example.com', { old: 'jane@example.com' }];
    const [list] = (await sent({ userId: 'u', traits: { email } })).records();
    const [one] = (await sent({ userId: 'u', traits: { email: 'joe@example.com' } })).records();

    const hashes = JSON.parse(String(list?.traits)).email;
    expect(hashes).toEqual([
      expect.stringMatching(/^hmac_/),
      JSON.parse(String(one?.traits)).email,
      { old: hashes[0] },
    ]);
  });

  it('is not in the letter of a batch that is refused whole', async () => {
    const batch = Array.from({ length: 2_501 }, () => ({ type: 'track', userId: 'jane-doe' }));
    const { deadLetters } = await sent({ batch }, '/v1/batch');

    expect(deadLetters.map(({ code }) => code)).toContain('too_many_events');
    expect(JSON.stringify(deadLetters)).not.toContain('jane-doe');
  });

  it('needs a key: without one nothing starts', () => {
    expect(() => createCollector(config)).toThrow(
      'app shop hashes personal data, and no key to hash with is given',
    );
  });
});
