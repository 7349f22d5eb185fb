import type { DeadLetter } from '../../../../core/event.ts';
import type { RedrivePage } from '../../../../core/redrive.ts';
import { readRedriveInput } from '../../../../core/redrive.ts';
import { SchemaRegistry } from '../../../../lambdas/collect/schema.ts';
import { s3 } from '../../../../lambdas/runtime/clients/s3.ts';
import { basic, KEYS, RECEIVED_AT, send } from '../collector.ts';
import { selfDescribing, TP2 } from '../protocols/snowplow/tracker.ts';
import { bucket, cart, DAY, lettersOf, MENDED, startRedriver, Unnoted } from './redriver.ts';

let redriver: Awaited<ReturnType<typeof startRedriver>>;

beforeAll(async () => {
  redriver = await startRedriver();
});
beforeEach(() => redriver.clear());
afterAll(() => redriver.close());

const HEADERS = { userAgent: 'Mozilla/5.0 (iPhone)', acceptLanguage: 'de-DE,de', country: 'DE' };
const skewed = { timestamp: '2026-11-20T01:00:00Z', sentAt: '2026-11-20T01:00:10Z' };
const old = '2020-02-02T02:02:02Z';

/** A Snowplow tracker's event; a write key is an app id, too. */
const snowplow = {
  ...{ e: 'ue', eid: 'm1', aid: KEYS.shop, p: 'web', tv: 'js-4', duid: 'ann' },
  dtm: String(RECEIVED_AT - 90_000),
  stm: String(RECEIVED_AT - 60_000),
  ue_pr: selfDescribing('iglu:com.acme/cart/jsonschema/1-0-0', { quantity: 2 }),
};
const PAYLOAD_DATA = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4';
const UNSIGNED = { ...HEADERS, authorization: undefined };

describe('what is sent again', () => {
  it.each([
    ['of a public key with a wrong clock', '/v1/track', { ...cart('m1'), ...skewed }, HEADERS],
    [
      'of a server key with an old time',
      '/v1/track',
      { ...cart('m1'), timestamp: old },
      { authorization: basic(KEYS.shopServer) },
    ],
    [
      'of a batch with a time and a context of its own',
      '/v1/batch',
      {
        batch: [{ ...cart('m1'), originalTimestamp: skewed.timestamp }],
        sentAt: skewed.sentAt,
        context: { page: { url: 'https://shop.example/?utm_source=x' } },
      },
      HEADERS,
    ],
    [
      'with digits as they came',
      '/v1/track',
      JSON.stringify(cart('m1')).replace(':2', ':1.10'),
      {},
    ],
    [
      'of a pixel',
      '/v1/pixel/track',
      undefined,
      {
        method: 'GET',
        query: `data=${Buffer.from(JSON.stringify({ ...cart('m1'), writeKey: KEYS.shop })).toString('base64url')}`,
        authorization: undefined,
      },
    ],
    [
      "with digits as they came in its batch's context",
      '/v1/batch',
      JSON.stringify({ batch: [cart('m1')], context: { x: [2] } }).replace('[2]', '[1.0,1e400]'),
      {},
    ],
    ['of a Snowplow tracker', TP2, { schema: PAYLOAD_DATA, data: [snowplow] }, UNSIGNED],
    [
      'of a Snowplow tracker with parameters in the query',
      TP2,
      { schema: PAYLOAD_DATA, data: [{ ...snowplow, aid: undefined, eid: 'm0' }] },
      { ...UNSIGNED, query: `aid=${KEYS.shop}&eid=m1` },
    ],
    [
      'of a Snowplow pixel',
      '/i',
      undefined,
      { ...UNSIGNED, method: 'GET', query: new URLSearchParams(snowplow).toString() },
    ],
    [
      'of a webhook with a schema of Iglu',
      '/com.snowplowanalytics.iglu/v1',
      { quantity: 2 },
      {
        ...UNSIGNED,
        query: `schema=iglu:com.acme/cart/jsonschema/1-0-0&aid=${KEYS.shop}&eid=m1&nuid=ann`,
      },
    ],
  ])('is what collect would have made of an event %s', async (_, path, body, more) => {
    const request = [path, body, more] as Parameters<typeof send>;
    const { records } = await send(path, body, more, new SchemaRegistry(MENDED));
    const letters = await lettersOf(...(request as [string, unknown, object]));
    await redriver.put(letters);

    const page = await redriver.redrive();

    expect(letters).toHaveLength(1);
    expect(page).toMatchObject({ found: 1, passed: 1, events: 1, cursor: null });
    expect(records).toMatchObject([{ message_id: 'm1', received_at: RECEIVED_AT }]);
    expect(redriver.sent).toEqual(records);
  });

  it('has ids of its own where the client gave none, the same each time', async () => {
    await redriver.put(await lettersOf('/v1/batch', { batch: [cart(), cart()] }));

    await redriver.redrive({}, { objects: new Unnoted(s3(), bucket) });
    await redriver.redrive({}, { objects: new Unnoted(s3(), bucket) });

    const ids = redriver.sent.map((line) => line.message_id);
    expect(new Set(ids).size).toBe(2);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
  });

  it('is a webhook with all that came with it, and its message id, or one that stays', async () => {
    const query = `writeKey=${KEYS.shop}&list=news`;
    const more = { ...HEADERS, query, contentType: 'application/x-www-form-urlencoded' };
    const [named] = await lettersOf('/v1/webhook', 'quantity=1&quantity=2', {
      ...more,
      webhookId: 'msg_1',
    });
    const [nameless] = await lettersOf('/v1/webhook', { quantity: 2 }, more);
    if (named === undefined || nameless === undefined) throw new Error('a letter is missing');
    await redriver.put([named, nameless]);

    await redriver.redrive({}, { objects: new Unnoted(s3(), bucket) });
    await redriver.redrive({}, { objects: new Unnoted(s3(), bucket) });

    const context = { method: 'POST', query_parameters: { list: 'news' } };
    const properties = { quantity: ['1', '2'], _context: context };
    expect(named).toMatchObject({ message_id: 'msg_1', code: 'schema_violation' });
    expect(redriver.sent).toMatchObject([
      {
        message_id: 'msg_1',
        event: 'webhook_source_event',
        properties: JSON.stringify(properties),
      },
      { message_id: nameless.dead_letter_id, anonymous_id: nameless.dead_letter_id, is_bot: false },
      { message_id: 'msg_1' },
      { message_id: nameless.dead_letter_id, anonymous_id: nameless.dead_letter_id },
    ]);
  });

  it('is a whole batch where that was refused whole', async () => {
    const batch = Array.from({ length: 2_501 }, (_, i) => cart(i === 7 ? undefined : `b${i}`));
    const { sinks } = await send('/v1/batch', { batch, sentAt: skewed.sentAt });
    await redriver.put(sinks.deadLetters);

    const page = await redriver.redrive({ code: ['too_many_events'] });

    expect(page).toMatchObject({ found: sinks.deadLetters.length, failed: 0, events: 2_501 });
    expect(
      redriver.sent.filter(({ sent_at: at }) => at === Date.parse(skewed.sentAt)),
    ).toHaveLength(2_501);
    expect(new Set(redriver.sent.map((line) => line.message_id)).size).toBe(2_501);
  });

  it('has the context of a batch that was refused whole, less the address', async () => {
    const batch = Array.from({ length: 2_501 }, (_, i) => cart(`b${i}`));
    const context = { locale: 'de-DE', ip: '203.0.113.7', page: { path: '/cart' } };
    const { sinks } = await send('/v1/batch', { batch, context });
    await redriver.put(sinks.deadLetters);

    await redriver.redrive({ code: ['too_many_events'] });

    expect(JSON.stringify(sinks.deadLetters)).not.toContain('203.0.113');
    expect(redriver.sent).toHaveLength(2_501);
    expect(
      redriver.sent.filter(({ locale, path }) => locale === 'de-DE' && path === '/cart'),
    ).toHaveLength(2_501);
  });

  it('keeps to what was to be stored of the visitor', async () => {
    const signals = { gpc: true, dnt: false, serverAnonymous: false, isBrowser: true, cookies: [] };
    const letters = await lettersOf(
      '/v1/track',
      { ...cart('m1'), userId: 'user-ann' },
      { signals },
    );
    await redriver.put(letters);

    await redriver.redrive();

    expect(redriver.sent).toHaveLength(1);
    expect(JSON.stringify(redriver.sent)).not.toContain('ann');
  });

  it('passes a schema that asks for the form of what was redacted', async () => {
    const call = { ...cart('m1'), properties: { quantity: 2, email: 'ann@shop.example' } };
    await redriver.put(await lettersOf('/v1/track', call));

    expect(await redriver.redrive()).toMatchObject({ passed: 1 });
    expect(redriver.sent).toMatchObject([{ properties: '{"quantity":2,"email":"[email]"}' }]);
  });
});

describe('a redrive', () => {
  it('sends what passes and notes it, and does not send it again', async () => {
    await redriver.put(await lettersOf('/v1/batch', { batch: [cart('m1'), cart('m2')] }));

    const [dry, first, second] = [
      await redriver.redrive({ dry_run: true }),
      await redriver.redrive(),
      await redriver.redrive(),
    ];

    expect(dry).toMatchObject({ dry_run: true, found: 2, passed: 2, total: { objects: 1 } });
    expect(first).toMatchObject({ dry_run: false, found: 2, passed: 2, already_redriven: 0 });
    expect(second).toMatchObject({ found: 0, passed: 0, already_redriven: 2 });
    expect(redriver.sent).toHaveLength(2);
    expect(await redriver.notes()).toMatchObject([{ outcome: 'passed' }, { outcome: 'passed' }]);
  });

  it('notes what failed again with its new reason, and the same reason once', async () => {
    await redriver.put(await lettersOf('/v1/track', cart('m1', null)));

    const page = await redriver.redrive();
    await redriver.redrive();

    expect(page).toMatchObject({ found: 1, failed: 1 });
    expect(page.reasons).toMatchObject([
      { outcome: 'failed', code: 'schema_violation', count: 1, sample: { schema: 'cart/1-0-1' } },
    ]);
    expect(await redriver.notes()).toMatchObject([
      {
        outcome: 'failed',
        app_id: 'shop',
        code: 'schema_violation',
        pointer: '/properties/quantity',
        schema: 'cart/1-0-1',
      },
    ]);
    expect(await redriver.redrive({ schema: ['cart/1-0-0'] })).toMatchObject({ found: 0 });
    expect(await redriver.redrive({ schema: ['cart/1-0-1'] })).toMatchObject({ found: 1 });
  });

  it('takes what is chosen', async () => {
    await redriver.put(await lettersOf('/v1/track', cart('m1')));
    await redriver.put(
      await lettersOf('/v1/track', {
        ...cart('m2'),
        anonymousId: undefined,
        properties: { quantity: '1' },
      }),
    );
    await redriver.put(
      await lettersOf('/v1/track', cart('m3'), { authorization: basic(KEYS.strict) }),
    );
    const received = new Date(RECEIVED_AT).toISOString();
    const later = new Date(RECEIVED_AT + 1).toISOString();

    const found = async (input: object) =>
      (await redriver.redrive({ ...input, dry_run: true })).found;

    expect(await found({})).toBe(2);
    expect(await found({ code: ['missing_id'] })).toBe(1);
    expect(await found({ schema: ['cart'] })).toBe(1);
    expect(await found({ event: ['cart'] })).toBe(2);
    expect(await found({ event: ['other'] })).toBe(0);
    expect(await found({ from: received, to: later })).toBe(2);
    expect(await found({ to: received })).toBe(0);
    expect(await found({ from: later })).toBe(0);
    expect(redriver.sent).toEqual([]);
  });

  it('notes nothing where the stream does not take it, so that the next one sends it', async () => {
    await redriver.put(await lettersOf('/v1/track', cart('m1')));
    redriver.fails = true;
    await expect(redriver.redrive()).rejects.toThrow('the stream is down');
    expect(await redriver.notes()).toEqual([]);
    redriver.fails = false;

    expect(await redriver.redrive()).toMatchObject({ passed: 1 });
  });

  it('goes on where the page before ended, also within an object', async () => {
    const batch = Array.from({ length: 1_100 }, (_, i) => cart(`p${i}`));
    const letters = await lettersOf('/v1/batch', { batch });
    await redriver.put(letters, `${DAY}/a`);
    await redriver.put(await lettersOf('/v1/track', cart('last')), 'dead-letters/dt=2026-11-22/b');
    const pages: RedrivePage[] = [];
    let cursor: RedrivePage['cursor'] = null;

    do {
      const page: RedrivePage = await redriver.redrive({ cursor }, { hasTime: () => false });
      pages.push(page);
      cursor = page.cursor;
    } while (cursor !== null);

    expect(pages.map(({ passed }) => passed)).toEqual([500, 500, 100, 1, 0]);
    expect(pages.map(({ total }) => total?.objects)).toEqual([2, ...Array(4).fill(undefined)]);
    expect(pages.reduce((sum, { done }) => sum + done.objects, 0)).toBe(2);
    expect(new Set(redriver.sent.map((line) => line.message_id)).size).toBe(1_101);
    expect(redriver.sent).toHaveLength(1_101);
  });

  it('is harmless beside another one: lines are the same, and a letter that passed stays passed', async () => {
    await redriver.put(await lettersOf('/v1/track', cart('m1')));

    await Promise.all([redriver.redrive(), redriver.redrive()]);

    expect(redriver.sent[1]).toEqual(redriver.sent[0]);
    expect(await redriver.redrive()).toMatchObject({ found: 0, already_redriven: 1 });
  });

  it('says of each letter that cannot be sent again why', async () => {
    const [letter] = await lettersOf('/v1/track', cart('m1'));
    const { sinks } = await send('/v1/track', `{"properties":"${'x'.repeat(600_000)}"}`);
    await redriver.put([
      ...(await lettersOf('/v1/track', '{"event":')),
      ...sinks.deadLetters,
      { ...letter, request: '{"method":"POST","path":"/v0/gone"}' } as DeadLetter,
      '{"dead_letter_id":',
      'null',
      { ...letter, request: 'null' } as DeadLetter,
    ]);
    await redriver.aws.objects.put(bucket, `${DAY}/broken.gz`, 'no gzip');

    const page = await redriver.redrive();

    expect(page).toMatchObject({ passed: 0, failed: 0, not_redrivable: 7 });
    expect(page.reasons.map(({ code, count }) => [code, count]).sort()).toEqual([
      ['error', 1],
      ['no_json', 1],
      ['payload_cut', 1],
      ['unknown_path', 1],
      ['unreadable', 3],
    ]);
    expect(await redriver.notes()).toEqual([]);
  });
});

describe('an accepted line that was not delivered', () => {
  const line = {
    message_id: 'm1',
    app_id: 'shop',
    type: 'track',
    event: 'x',
    event_at: RECEIVED_AT,
  };
  const letter = (payload: string, code: DeadLetter['code'] = 'conversion_failed'): DeadLetter => ({
    dead_letter_id: `id-${payload.length}`,
    received_at: RECEIVED_AT,
    app_id: 'shop',
    code,
    pointer: '',
    message: 'is wrong',
    payload,
    request: '{"source":"firehose"}',
  });

  it.each(['conversion_failed', 'consumer_gave_up'] as const)(
    'goes to the stream as it is: %s',
    async (code) => {
      const text = `${JSON.stringify(line).slice(0, -1)},"user_key":8070450532247928832}`;
      await redriver.put([letter(text, code)]);
      const texts: string[] = [];

      await redriver.redrive(
        {},
        { send: async (lines) => void texts.push(...lines.map(({ json }) => json)) },
      );

      expect(texts).toEqual([text]);
    },
  );

  it('is not sent where no record of the stream can hold it', async () => {
    await redriver.put([letter(JSON.stringify({ ...line, properties: 'x'.repeat(1_000_000) }))]);

    expect((await redriver.redrive()).reasons).toMatchObject([
      { code: 'line_too_large', count: 1 },
    ]);
  });

  it.each([
    [{ event_at: 'noon' }, '/event_at'],
    [{ event_at: 1e18 }, '/event_at'],
    [{ message_id: '' }, '/message_id'],
    [{ is_bot: 'no' }, '/is_bot'],
    [{ elapsed_ms: 1.5 }, '/elapsed_ms'],
    [{ user_key: 2 ** 63 }, '/user_key'],
    [{ properties: { a: 1 } }, '/properties'],
    [{ revenue: '1.10' }, '/revenue'],
    [{ Event: 'y' }, '/event'],
  ])('fails again where Firehose could not convert it: %j', async (change, pointer) => {
    await redriver.put([letter(JSON.stringify({ ...line, ...change }))]);

    expect((await redriver.redrive()).reasons).toMatchObject([
      { outcome: 'failed', code: 'conversion_failed', sample: { pointer } },
    ]);
    expect(redriver.sent).toEqual([]);
  });
});

describe('what a redrive is asked for', () => {
  it.each([
    [[], 'the input must be an object with app, code'],
    [{ app: 'nobody' }, 'app must be the id of an app of the config, got "nobody"'],
    [{ app: 'shop', since: 1 }, 'unknown member "since", allowed are app, code'],
    [{ app: 'shop', code: ['x'] }, 'unknown code "x", allowed are invalid_json'],
    [{ app: 'shop', event: 'x' }, 'event must be a list of texts, got "x"'],
    [{ app: 'shop', from: '2026-13-01' }, 'from must be a date (2026-03-29)'],
    [{ app: 'shop', from: '2026-03-02', to: '2026-03-01' }, 'from must lie before to'],
    [{ app: 'shop', tz: 'Mars/Olympus' }, 'tz must be an IANA time zone'],
    [{ app: 'shop', dry_run: 'yes' }, 'dry_run must be true or false, got "yes"'],
    [{ app: 'shop', cursor: { key: 1 } }, 'cursor must be what the page before gave back'],
  ])('%j is refused', (input, message) => {
    const zoneOf = (app: string) => (app === 'shop' ? 'UTC' : undefined);

    expect(() => readRedriveInput(input, zoneOf)).toThrow(message);
  });

  it.each([undefined, '', 'nobody', 7])('the app %j is refused with the apps there are', (app) => {
    const read = () => readRedriveInput({ app }, () => undefined, ['shop', 'blog']);

    expect(read).toThrow('app must be the id of an app of the config (shop, blog), got ');
  });
});
