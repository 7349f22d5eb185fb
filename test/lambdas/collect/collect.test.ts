import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { SchemaRegistry } from '../../../lambdas/collect/schema.ts';
import { basic, KEYS, RECEIVED_AT, recordOf, send } from './collector.ts';

const track = { event: 'Signed Up', userId: 'u1', messageId: 'm1' };

describe('the write key', () => {
  it.each([
    ['in the header, with a colon', { authorization: basic(KEYS.shop) }, {}],
    [
      'in the header, without one',
      { authorization: `Basic ${Buffer.from(KEYS.shop).toString('base64')}` },
      {},
    ],
    ['in the body', { authorization: undefined }, { writeKey: KEYS.shop }],
    ['in the body beside a bearer token', { authorization: 'Bearer x' }, { writeKey: KEYS.shop }],
  ])('is taken %s', async (_, more, body) => {
    const record = await recordOf('/v1/track', { ...track, ...body }, more);

    expect(record.app_id).toBe('shop');
    expect(JSON.stringify(record)).not.toContain(KEYS.shop);
  });

  it('may differ for each event of a batch', async () => {
    const batch = [
      { type: 'track', ...track, writeKey: KEYS.shop },
      { type: 'page', userId: 'u1', writeKey: KEYS.strict },
    ];

    const { records } = await send('/v1/batch', { batch }, { authorization: undefined });

    expect(records.map((record) => record.app_id)).toEqual(['shop', 'strict']);
  });

  it('may differ for each event of a batch that is refused whole: each is kept for its own app', async () => {
    const event = (key: string) => ({ type: 'page', userId: `of ${key}`, writeKey: key });
    const batch = [...Array.from({ length: 2_500 }, () => event(KEYS.shop)), event(KEYS.strict)];

    const { sinks } = await send('/v1/batch', { batch }, { authorization: undefined });

    const letters = Map.groupBy(sinks.deadLetters, (letter) => letter.app_id);
    expect([...letters.keys()]).toEqual(['shop', 'strict']);
    expect(JSON.stringify(letters.get('shop'))).not.toContain(KEYS.strict);
    expect(JSON.stringify(letters.get('strict'))).not.toContain(KEYS.shop);
    expect(letters.get('strict')).toHaveLength(1);
  });

  it.each([
    ['none', track, undefined],
    ['an unknown one in the header', track, basic('wk_other')],
    ['an empty one', track, basic('')],
    ['an unknown one in the body', { ...track, writeKey: 'wk_other' }, undefined],
    ['one that is no text', { ...track, writeKey: 5 }, undefined],
    ['none for one event', { batch: [{ ...track, writeKey: KEYS.shop }, track] }, undefined],
    ['none and no JSON', '{', undefined],
    ['none and an empty batch', { batch: [] }, undefined],
    ['none and a body that is no object', [], undefined],
  ])('%s: 401, and nothing is stored', async (_, body, authorization) => {
    const path = JSON.stringify(body).includes('batch') ? '/v1/batch' : '/v1/track';

    const { error, sinks } = await send(path, body, { authorization });

    expect(error?.status).toBe(401);
    expect(error?.message).not.toMatch(/wk_/);
    expect([sinks.lines, sinks.deadLetters]).toEqual([[], []]);
  });
});

describe('the origin', () => {
  it('is refused with 403 where the app names others', async () => {
    const key = { authorization: basic(KEYS.pages) };

    const wrong = await send('/v1/track', track, { ...key, origin: 'https://evil.example' });
    const right = await send('/v1/track', track, { ...key, origin: 'https://shop.example' });
    const none = await send('/v1/track', track, key);

    expect([wrong.error?.status, wrong.sinks.lines]).toEqual([403, []]);
    expect([right.records.length, none.records.length]).toEqual([1, 1]);
  });
});

describe('the body', () => {
  const text = JSON.stringify(track);

  it.each([
    ['base64', Buffer.from(text), undefined],
    ['gzip', gzipSync(text), 'gzip'],
    ['gzip that no header names', gzipSync(text), undefined],
    ['a header that says gzip of what is not', Buffer.from(text), 'gzip'],
    ['deflate', deflateSync(text), 'deflate'],
    ["deflate without zlib's header", deflateRawSync(text), 'deflate'],
    ['brotli', brotliCompressSync(text), 'br'],
    ['a byte order mark', Buffer.from(`\ufeff${text}`), undefined],
  ])('comes as %s', async (_, bytes, contentEncoding) => {
    const body = bytes.toString('base64');

    const record = await recordOf('/v1/track', body, { isBase64Encoded: true, contentEncoding });

    expect(record.message_id).toBe('m1');
  });

  it("comes as deflate without zlib's header also where it begins as such a header could", async () => {
    // By chance of one in some hundred.
    const packed = Array.from({ length: 5_000 }, (_, i) =>
      deflateRawSync(
        JSON.stringify({ ...track, messageId: `m${i}`, properties: { i, of: 'x'.repeat(i % 50) } }),
      ),
    ).filter((bytes) => bytes.readUInt16BE() % 31 === 0);
    expect(packed.length).toBeGreaterThan(0);

    for (const bytes of packed.slice(0, 5)) {
      const body = bytes.toString('base64');
      await recordOf('/v1/track', body, { isBase64Encoded: true, contentEncoding: 'deflate' });
    }
  });

  it('is refused in an encoding that is not known, or that it does not have', async () => {
    const body = Buffer.from(text).toString('base64');
    const zstd = await send('/v1/track', body, { isBase64Encoded: true, contentEncoding: 'zstd' });
    const broken = await send('/v1/track', body, { isBase64Encoded: true, contentEncoding: 'br' });

    expect([zstd.error?.status, broken.error?.status]).toEqual([415, 400]);
  });

  it.each([
    ['plain', 'x'.repeat(500 * 1024 + 1), false],
    ['of wide characters', '€'.repeat(171_000), false],
    ['unpacked', gzipSync('x'.repeat(50_000_000)).toString('base64'), true],
  ])('of more than 500 KB %s: 413 and a dead letter', async (_, body, isBase64Encoded) => {
    const { error, sinks } = await send('/v1/track', body, { isBase64Encoded });

    expect(error).toMatchObject({ status: 413, code: 'request_too_large' });
    expect(sinks.deadLetters.map(({ code }) => code)).toEqual(['request_too_large']);
  });

  it('that is no JSON: 400, and a dead letter holds the text', async () => {
    const { error, sinks } = await send('/v1/track', '{"event":"x",\0', { userAgent: 'curl/8' });

    expect(error).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(sinks.deadLetters).toMatchObject([
      {
        app_id: 'shop',
        code: 'invalid_json',
        payload: '{"event":"x",\ufffd',
        received_at: RECEIVED_AT,
        request: '{"method":"POST","path":"/v1/track","user_agent":"curl/8","key_kind":"public"}',
      },
    ]);
  });

  it('that is no JSON and long is cut in the dead letter, which says so', async () => {
    const { sinks } = await send('/v1/track', `{${'x'.repeat(300_000)}`);

    expect(sinks.deadLetters[0]?.payload).toHaveLength(100 * 1024);
    expect(sinks.deadLetters[0]?.message).toContain('payload cut to 102400 of 300001 bytes');
  });

  it.each(['[]', '5', 'null', '"text"'])('%s is no object: 400 and a dead letter', async (body) => {
    const { error, sinks } = await send('/v1/track', body);

    expect(error).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(sinks.deadLetters[0]?.payload).toBe(body);
  });
});

describe('a batch', () => {
  it('takes what is right and refuses what is wrong, each with code, pointer and message', async () => {
    const batch = [
      { type: 'track', event: 'a', userId: 'u' },
      { type: 'track', event: 'b' },
      { type: 'tarck', event: 'c', userId: 'u', messageId: 'm3' },
      { type: 'track', event: 'd', userId: 'u', properties: [1] },
      5,
      { type: 'page', userId: { id: 1 } },
      { type: 'track', event: 'e', userId: 'u', timestamp: 'yesterday' },
      { type: 'track', event: 'Order Completed', userId: 'u', properties: { order_id: true } },
      { type: 'alias', userId: 'u' },
      { type: 'track', event: 'z', userId: 'u', messageId: 'm'.repeat(101) },
      { type: 'track', event: 'last', anonymousId: 'a' },
    ];

    const { answer, records, sinks } = await send('/v1/batch', { batch, sentAt: 'S' });

    expect(records.map(({ event }) => event)).toEqual(['a', 'last']);
    expect(answer?.accepted).toBe(2);
    expect(answer?.refused.map(({ index, code, pointer }) => [index, code, pointer])).toEqual([
      [1, 'missing_id', ''],
      [2, 'invalid_event', '/type'],
      [3, 'invalid_event', '/properties'],
      [4, 'invalid_event', ''],
      [5, 'invalid_event', '/userId'],
      [6, 'invalid_event', '/timestamp'],
      [7, 'schema_violation', '/properties/order_id'],
      [8, 'invalid_event', '/previousId'],
      [9, 'invalid_event', '/messageId'],
    ]);
    expect(answer?.refused[1]).toEqual({
      index: 2,
      message_id: 'm3',
      code: 'invalid_event',
      pointer: '/type',
      message:
        '/type is "tarck": one of track, page, screen, identify, group, alias, click, url_change, element_time, stage_change is needed',
    });
    expect(sinks.deadLetters.map(({ payload }) => JSON.parse(payload))).toEqual(
      batch.filter((_, i) => i > 0 && i < 10),
    );
    expect(sinks.deadLetters[6]).toMatchObject({
      schema: 'order_completed/1-0-0',
      event: 'Order Completed',
      type: 'track',
      message: '/properties/order_id is true: string or integer or null is allowed',
    });
    expect(JSON.parse(sinks.deadLetters[0]?.request ?? '')).toMatchObject({ sent_at: 'S' });
  });

  it('gives its context and time of sending to each event; their own win', async () => {
    const { records } = await send('/v1/batch', {
      sentAt: '2026-11-21T18:00:20Z',
      context: { locale: 'de', campaign: { source: 'news' } },
      batch: [
        { type: 'track', event: 'a', userId: 'u', timestamp: '2026-11-21T18:00:10Z' },
        { type: 'track', event: 'b', userId: 'u', context: { locale: 'fr' }, sentAt: null },
      ],
    });

    expect(records).toMatchObject([
      { locale: 'de', source: 'news', event_at: RECEIVED_AT - 10_000 },
      { locale: 'fr', source: 'news', event_at: RECEIVED_AT },
    ]);
  });

  it('gives its context to the letter: the last one, its numbers as they were written', async () => {
    const context = '{ "price": 1.0, "id": 12345678901234567890, "list": [1e5, 1e400, "\\u0000"] }';
    const text = `{"context":{"a":1},"batch":[${JSON.stringify({ ...track, type: 'track' })}],"con\\u0074ext" : ${context} }`;

    const { records } = await send('/v1/batch', text);

    expect(records[0]?.properties).toContain(
      '"_context":{"price":1.0,"id":12345678901234567890,"list":[1e5,"1e400","\ufffd"]}',
    );
  });

  it('may be empty', async () => {
    const { answer } = await send('/v1/batch', { batch: [] });

    expect(answer).toMatchObject({ accepted: 0, refused: [] });
  });

  it.each([{}, { batch: null }, { batch: { 0: track } }, { batch: 'x' }])(
    'must be an array: %j',
    async (body) => {
      const { error, sinks } = await send('/v1/batch', body);

      expect(error).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(sinks.deadLetters).toHaveLength(1);
    },
  );

  it('of more than 2,500 events is refused as a whole, and kept so that it can be sent again', async () => {
    const batch = Array.from({ length: 2501 }, (_, i) => ({ ...track, type: 'track', n: i }));

    const { error, sinks } = await send('/v1/batch', { batch });

    expect(error).toMatchObject({ status: 400, code: 'too_many_events' });
    expect(sinks.lines).toEqual([]);
    const kept = sinks.deadLetters.flatMap(({ payload }) => JSON.parse(payload).batch);
    expect(kept).toEqual(batch);
  });

  it('with a large context is refused: each event would store it', async () => {
    const { error } = await send('/v1/batch', { batch: [track], context: { x: 'x'.repeat(9000) } });

    expect(error?.message).toContain('at most 8192');
  });

  it('with a context that its many events would make tens of megabytes is refused', async () => {
    const batch = Array.from({ length: 2_500 }, () => ({ type: 'track', ...track }));

    const { error } = await send('/v1/batch', { batch, context: { x: 'x'.repeat(4000) } });
    const fits = await send('/v1/batch', { batch, context: { x: 'x'.repeat(1500) } });

    expect(error?.message).toContain('at most 1677 are allowed with 2500 events');
    expect(fits.answer?.accepted).toBe(2_500);
  });
});

describe('an event', () => {
  it('of more than 32 KB is refused and does not stop the others', async () => {
    const large = { type: 'track', event: 'x', userId: 'u', properties: { t: '€'.repeat(11_000) } };
    const fits = { ...large, properties: { t: 'x'.repeat(32_000) } };

    const { answer, records } = await send('/v1/batch', { batch: [large, fits] });

    expect(answer?.refused).toMatchObject([{ index: 0, code: 'event_too_large' }]);
    expect(records).toHaveLength(1);
  });

  it.each([
    ['deep', 33],
    ['very deep', 15_000],
  ])('that is nested %s is refused', async (_, levels) => {
    const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;

    const { answer } = await send(
      '/v1/track',
      `{"event":"x","userId":"u","properties":{"d":${deep}}}`,
    );

    expect(answer?.refused).toMatchObject([{ code: 'invalid_event' }]);
  });

  it('that is refused makes a dead letter that every reader of JSON can read', async () => {
    // The message shows 80 characters: the last one is the first half of a pair.
    const { sinks } = await send('/v1/track', {
      event: 'x',
      userId: 'u',
      context: `${'x'.repeat(78)}\u{1f600}`,
    });

    expect(sinks.deadLetters).toHaveLength(1);
    expect(Object.values(sinks.deadLetters[0] ?? {}).every((v) => String(v).isWellFormed())).toBe(
      true,
    );
  });

  it('must be of the type that the path says', async () => {
    const { answer } = await send('/v1/track', { ...track, type: 'page' });

    expect(answer?.refused[0]).toMatchObject({ pointer: '/type' });
  });

  it('without a schema is refused where the app says so; other calls need none', async () => {
    const strict = { authorization: basic(KEYS.strict) };

    const unknown = await send('/v1/track', track, strict);
    const known = await send(
      '/v1/track',
      { event: 'order completed', userId: 'u', properties: { order_id: 1 } },
      strict,
    );
    const page = await send('/v1/page', { userId: 'u' }, strict);

    expect(unknown.answer?.refused).toMatchObject([{ code: 'unknown_event', pointer: '/event' }]);
    expect(known.records).toMatchObject([{ schema: 'order_completed/1-0-0' }]);
    expect(page.records).toHaveLength(1);
  });

  it('finds nothing at another path', async () => {
    expect((await send('/v1/tracks', track)).error?.status).toBe(404);
  });
});

describe('the schema of an event', () => {
  const version = (name: string, passes: (value: unknown) => boolean) => ({
    version: name,
    validate: passes,
  });
  const registry = new SchemaRegistry({
    purchase: [
      version('1-0-2', () => true),
      version('1-0-10', () => true),
      version('2-0-0', () => true),
    ],
  });

  it.each([
    [{}, 'purchase/2-0-0'],
    [{ schema: 'purchase/1' }, 'purchase/1-0-10'],
    [{ context: { schema: 'purchase/1-0-2' } }, 'purchase/1-0-10'],
    [{ event: 'Purchase', schema: 'PURCHASE/2' }, 'purchase/2-0-0'],
    [{ schema: { not: 'a name' } }, 'purchase/2-0-0'],
    [{ event: 'constructor' }, undefined],
  ])('%j: %s', async (more, schema) => {
    const { records } = await send(
      '/v1/track',
      { ...track, event: 'purchase', ...more },
      {},
      registry,
    );

    expect(records[0]?.schema).toBe(schema);
  });

  it.each([
    [
      { event: 'purchase', schema: 'purchase/3' },
      'schema "purchase/3" is none of the event\'s: allowed are purchase/2-0-0, purchase/1-0-10, purchase/1-0-2',
    ],
    [
      { event: 'refund', schema: 'purchase/2' },
      'schema "purchase/2" is none of the event\'s: the event has no schema',
    ],
  ])(
    "is refused where the client names one that is not there, or another event's: %j",
    async (more, message) => {
      const { answer } = await send('/v1/track', { ...track, ...more }, {}, registry);

      expect(answer?.refused).toMatchObject([
        { code: 'unknown_event', pointer: '/schema', message },
      ]);
    },
  );
});
