import { parseConfig } from '../../../../../core/config-schema.ts';
import type { Sender } from '../../../../../lambdas/collect/authenticate.ts';
import { createCollector } from '../../../../../lambdas/collect/collector.ts';
import { respond } from '../../../../../lambdas/collect/respond.ts';
import { NO_SIGNALS } from '../../../../../lambdas/collect/visitor/signals.ts';
import { MemorySinks, RECEIVED_AT } from '../../collector.ts';
import { base64, contexts, event, get, post, SERVER_KEY, selfDescribing, TP2 } from './tracker.ts';

const PAYLOAD = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4';
const OK = { statusCode: 200, body: 'ok' };
const CHECKOUT = 'iglu:com.acme/checkout/jsonschema/1-0-0';

/** Deeper than events may be. */
const DEEP = JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`);

describe('requests of Snowplow trackers', () => {
  it('answers a POST with ok and a GET with an image that no cache keeps', async () => {
    const posted = await post([event({ e: 'pv' }), event({ e: 'pp' })]);
    const got = await get({ e: 'pv', aid: 'shop-web', duid: 'd' });

    expect(posted.answer).toMatchObject(OK);
    expect(posted.answer.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8' });
    expect(posted.records).toHaveLength(2);
    expect(got.answer).toMatchObject({ statusCode: 200, isBase64Encoded: true });
    expect(got.answer.headers).toMatchObject({
      'content-type': 'image/gif',
      'cache-control': expect.stringContaining('no-store'),
    });
    expect(got.records).toHaveLength(1);
  });

  it('reads a query as it reads an entry of a payload', async () => {
    const pairs = event({
      e: 'ue',
      page: 'Grüße & ☕ + 100 %',
      ue_px: base64(selfDescribing(CHECKOUT, { value: 12.5 })),
      cx: base64(contexts({ schema: 'iglu:com.acme/user/jsonschema/1-0-0', data: { plan: 'ü' } })),
    }) as Record<string, string>;

    const [posted, got] = [await post([pairs]), await get(pairs)];

    expect(got.records).toEqual(posted.records);
    expect(got.records).toMatchObject([{ event: 'checkout', title: 'Grüße & ☕ + 100 %' }]);
  });

  it.each(['/com.acme/t1', '/in/com.acme/t1', '/in/com.snowplowanalytics.snowplow/tp2'])(
    'takes events at %s',
    async (path) => {
      expect((await post([event({ e: 'pv' })], { path })).records).toHaveLength(1);
    },
  );

  it('takes parameters of the query for all events of a payload, before their own', async () => {
    const events = [event({ e: 'pv', aid: 'shop-web' }), event({ e: 'se', se_ac: 'play' })];

    const { records } = await post(events, { query: 'aid=blog&tna=cf&page=' });

    expect(records).toMatchObject([
      { app_id: 'blog', type: 'page', properties: { _context: { snowplow: { tna: 'cf' } } } },
      { app_id: 'blog', event: 'play', properties: { _context: { snowplow: { tna: 'cf' } } } },
    ]);
  });

  it('does not repeat a long query a thousand times', async () => {
    const events = Array.from({ length: 2_000 }, () => ({}));

    const { answer, sinks } = await post(events, { query: `aid=blog&x=${'y'.repeat(8_000)}` });

    expect(answer).toMatchObject(OK);
    expect(sinks.deadLetters).toMatchObject([{ app_id: 'blog', code: 'invalid_request' }]);
  });

  it.each(['1-0-0', '1-0-4', '1-0-9', '1-1-0'])('takes payload_data %s', async (version) => {
    const schema = `iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/${version}`;

    const { records } = await post(JSON.stringify({ schema, data: [event({ e: 'pv' })] }));

    expect(records).toHaveLength(1);
  });

  it('the app id names the app, a write key does too, and no app id is the default app', async () => {
    const aids = ['shop-ios', 'blog', 'wk_wiki_public', SERVER_KEY, ''];

    const apps = await Promise.all(
      aids.map(async (aid) => (await post([event({ e: 'pv', aid })])).records[0]?.app_id),
    );

    expect(apps).toEqual(['shop', 'blog', 'wiki', 'blog', 'shop']);
  });

  it('keeps the app id, but never a key', async () => {
    const { records } = await post([event({ e: 'pv' }), event({ e: 'pv', aid: SERVER_KEY })]);

    expect(records[0]?.properties).toMatchObject({ _context: { snowplow: { aid: 'shop-web' } } });
    expect(JSON.stringify(records)).not.toContain(SERVER_KEY);
  });

  it('an unknown app id, and none where there is no default app, get 401, which trackers do not repeat', async () => {
    const unknown = await post([event({ e: 'pv', aid: 'shop' })]);
    const none = await get({ e: 'pv' }, {});
    const withoutDefault = await post([event({ e: 'pv', aid: '' })], { withoutDefault: true });
    const noKeyOfSegment = await post([event({ e: 'pv' })], { path: '/v1/track' });

    expect(unknown).toMatchObject({
      answer: { statusCode: 401, body: 'unknown_app_id' },
      records: [],
    });
    expect(withoutDefault.answer).toMatchObject({ statusCode: 401, body: 'missing_app_id' });
    expect(none.records).toMatchObject([{ app_id: 'shop' }]);
    expect(noKeyOfSegment.answer.statusCode).toBe(401);
  });

  it('an event that names nobody is a newcomer, as with a collector that makes an id for it', async () => {
    const { records } = await post([event({ e: 'pv', duid: '' }), event({ e: 'pp', duid: '' })]);

    expect(new Set(records.map(({ anonymous_id: id }) => id)).size).toBe(2);
  });

  it('with SP-Anonymous no id and no address is kept, the session is where the tracker sends one', async () => {
    const session = (data: object) =>
      contexts({
        schema: 'iglu:com.snowplowanalytics.snowplow/client_session/jsonschema/1-0-2',
        data,
      });
    const co = session({ userId: 'installation-1', sessionIndex: 4 });
    const ids = {
      uid: 'user-1',
      nuid: 'network-1',
      tnuid: 'network-2',
      ip: '203.0.113.9',
      sid: 's-1',
    };
    const signals = { ...NO_SIGNALS, serverAnonymous: true, isBrowser: true };

    const events = [event({ e: 'pv', ...ids, co }), event({ e: 'zz', ...ids, cx: base64(co) })];
    events.push(event({ e: 'pv', ...ids, co: `${co},` }), event({ e: 'pv', ...ids, x: DEEP }));
    const { records, sinks } = await post(events, { signals });

    expect(records).toMatchObject([{ session_id: 's-1' }]);
    expect(sinks.deadLetters).toHaveLength(3);
    expect(JSON.stringify([records, sinks.deadLetters])).not.toMatch(
      /device-1|user-1|network-|installation-1|203\.0/,
    );
    expect(JSON.stringify(records)).toContain('"sessionIndex":4');
    expect(records[0]).not.toHaveProperty('anonymous_id');
  });

  it('the cookie of the server stands in for a device id, and is set with the answer', async () => {
    const signals = { ...NO_SIGNALS, isBrowser: true };

    const { answer, records } = await post([event({ e: 'pv', aid: 'cookies', duid: '' })], {
      signals,
    });

    expect(answer.cookies).toEqual([expect.stringContaining(String(records[0]?.anonymous_id))]);
  });

  it('a true timestamp is taken as it is from a server key only', async () => {
    const longAgo = RECEIVED_AT - 400 * 86_400_000;
    const times = { e: 'pv', dtm: '', ttm: String(longAgo) };

    const { records } = await post([event({ ...times, aid: SERVER_KEY }), event(times)]);

    expect(records[0]?.event_at).toBe(longAgo);
    expect(records[1]?.event_at).toBe(RECEIVED_AT - 60 * 86_400_000);
  });
});

describe('what Snowplow trackers send and cannot be taken', () => {
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
  const noName = selfDescribing('checkout', {});

  it.each<[string, Record<string, unknown>, string, string]>([
    ['no kind', { e: '' }, 'invalid_event', '/e'],
    ['an unknown kind', { e: 'zz' }, 'invalid_event', '/e'],
    ['no action', { e: 'se', se_ca: 'shop' }, 'invalid_event', '/se_ac'],
    ['no self-describing event', { e: 'ue' }, 'invalid_event', '/ue_px'],
    ['bad base64', { e: 'ue', ue_px: 'a b{c' }, 'invalid_event', '/ue_px'],
    ['base64 of no UTF-8', { e: 'ue', ue_px: '_____w' }, 'invalid_event', '/ue_px'],
    ['bad JSON', { e: 'ue', ue_pr: '{"schema":' }, 'invalid_event', '/ue_pr'],
    ['JSON of another shape', { e: 'ue', ue_pr: '[1]' }, 'invalid_event', '/ue_pr'],
    ['a schema without a name', { e: 'ue', ue_pr: noName }, 'invalid_event', '/ue_pr'],
    ['deep JSON', { e: 'ue', ue_pr: deep }, 'invalid_event', '/ue_pr'],
    ['deep entities', { e: 'pv', co: `{"data":${deep}}` }, 'invalid_event', '/co'],
    ['bad entities', { e: 'pv', cx: base64('{"data":{}}') }, 'invalid_event', '/cx'],
    ['bad entities and no JSON', { e: 'pv', co: 'null}' }, 'invalid_event', '/co'],
    ['a time that is none', { e: 'pv', dtm: 'yesterday' }, 'invalid_event', '/dtm'],
    ['a long id', { e: 'pv', eid: 'x'.repeat(101) }, 'invalid_event', '/messageId'],
    ['a huge event', { e: 'pv', page: 'x'.repeat(40_000) }, 'event_too_large', ''],
    [
      'an amount that is none',
      { e: 'tr', tr_tt: '12,50 €' },
      'schema_violation',
      '/properties/total',
    ],
  ])(
    '%s: ok, and a dead letter with the event as it came',
    async (_, parameters, code, pointer) => {
      const bad = event(parameters);

      const { answer, records, sinks } = await post([bad, event({ e: 'pv', eid: 'good' })]);

      expect(answer).toMatchObject(OK);
      expect(records.map(({ message_id: id }) => id)).toEqual(['good']);
      expect(sinks.deadLetters).toMatchObject([{ app_id: 'shop', code, pointer }]);
      expect(JSON.parse(sinks.deadLetters[0]?.payload ?? '')).toEqual(bad);
    },
  );

  it('a dead letter keeps whose it is, and nothing else that is private', async () => {
    const { sinks } = await post([
      event({ e: 'se', uid: 'ann@shop.example', page: 'Mail to bob@shop.example' }),
      event({ e: 'ue', ue_px: base64('{"data":"bob@shop.example"}') }),
    ]);

    const [first, second] = sinks.deadLetters.map(({ payload }) => JSON.parse(payload));
    expect(first).toMatchObject({ uid: 'ann@shop.example', page: 'Mail to [email]' });
    expect(Buffer.from(second.ue_px, 'base64url').toString()).toBe('{"data":"[email]"}');
  });

  it.each<[string, unknown]>([
    ['no object', 'pv'],
    ['null', null],
    ['nested', 'DEEP'],
  ])('an entry that is %s is a dead letter of the app that the others name', async (_, entry) => {
    const entries = JSON.stringify([entry, event({ e: 'pv', aid: 'blog' })]);
    const body = `{"schema":"${PAYLOAD}","data":${entries.replace('"DEEP"', deep)}}`;

    const { answer, records, sinks } = await post(body, { withoutDefault: true });

    expect(answer).toMatchObject(OK);
    expect(records).toHaveLength(1);
    expect(sinks.deadLetters).toMatchObject([{ app_id: 'blog', code: 'invalid_event' }]);
  });

  it.each([
    [
      'another schema',
      { schema: 'iglu:com.acme/other/jsonschema/1-0-0', data: [event({ e: 'pv' })] },
    ],
    ['a deep schema', { schema: 'DEEP', data: [event({ e: 'pv' })] }],
    ['no data', { schema: PAYLOAD }],
    ['no object', [1]],
  ])('a body with %s: ok, and the body is a dead letter', async (_, given) => {
    const body = JSON.stringify(given).replace('"DEEP"', deep);

    const { answer, sinks } = await post(body);

    expect(answer).toMatchObject(OK);
    expect(sinks.deadLetters).toMatchObject([{ app_id: 'shop', code: 'invalid_request' }]);
    expect(sinks.deadLetters[0]?.payload).toBe(body);
  });

  it('a body that is no JSON is a dead letter of the default app, and gets 401 without one', async () => {
    const [kept, unknown] = [
      await post('{"data":'),
      await post('{"data":', { withoutDefault: true }),
    ];

    expect(kept.answer).toMatchObject(OK);
    expect(kept.sinks.deadLetters).toMatchObject([{ app_id: 'shop', code: 'invalid_json' }]);
    expect(unknown.answer.statusCode).toBe(401);
  });

  it('a body that is no JSON counts against the limit of the default app, and comes from its pages only', async () => {
    const app = { id: 'shop', writeKeys: [{ key: 'wk_shop_public' }], readKeys: [] };
    const collector = createCollector(
      parseConfig({
        apps: [{ ...app, origins: ['https://shop.example'], snowplow: { isDefault: true } }],
      }),
    );
    const admitted: string[] = [];
    const admit = ({ app: { id } }: Sender) => admitted.push(id);
    const sinks = new MemorySinks();
    const from = (origin: string) =>
      respond(
        {
          ...{ method: 'POST', path: TP2, body: '{"data":', isBase64Encoded: false },
          ...{ receivedAt: RECEIVED_AT, origin },
        },
        { ...collector, admit },
        sinks,
      );

    await from('https://shop.example');
    await expect(from('https://evil.example')).rejects.toMatchObject({ status: 403 });

    expect(admitted).toEqual(['shop']);
    expect(sinks.deadLetters).toHaveLength(1);
  });

  it('a body that is too large is a dead letter of the app that it names; else 400, which trackers do not repeat as they do 413', async () => {
    const huge = (aid: string) =>
      JSON.stringify({ data: [{ aid, e: 'pv', page: 'x'.repeat(600_000) }] });

    const [kept, unknown] = [await post(huge('blog')), await post(huge('nobody'))];
    const unnamed = await post(huge(''));

    expect(kept.answer).toMatchObject(OK);
    expect(kept.sinks.deadLetters).toMatchObject([{ app_id: 'blog', code: 'request_too_large' }]);
    expect(unknown.answer.statusCode).toBe(401);
    expect(unnamed.answer).toMatchObject({ statusCode: 400, body: 'request_too_large' });
  });

  it('another encoding gets 400, which trackers do not repeat as they do 415', async () => {
    const { answer } = await post('AA==', { isBase64Encoded: true, contentEncoding: 'zstd' });

    expect(answer).toMatchObject({ statusCode: 400, body: 'unsupported_encoding' });
  });

  it('a payload of too many events is refused as a whole and kept', async () => {
    const { answer, sinks } = await post(Array.from({ length: 2_501 }, () => event({ e: 'pv' })));

    expect(answer).toMatchObject(OK);
    expect(sinks.lines).toEqual([]);
    expect(sinks.deadLetters.every(({ code }) => code === 'too_many_events')).toBe(true);
  });

  it('takes keys of prototypes, NUL and halves of surrogate pairs for what they are', async () => {
    const { answer, records, sinks } = await post([
      event({
        ...{ e: 'ue', constructor: 'x' },
        ue_pr: `{"data":{"schema":"${CHECKOUT}","data":{"__proto__":{"a":1},"t":"\\u0000\\ud800"}}}`,
        co: '{"data":[null,1,"x",{"schema":7},{"schema":"iglu:a/client_session/b/1"}]}',
      }),
    ]);

    expect(answer).toMatchObject(OK);
    expect(sinks.deadLetters).toEqual([]);
    expect(Object.keys(records[0]?.properties as object)).toContain('__proto__');
    expect(records[0]?.properties).toMatchObject({
      t: '\ufffd\ufffd',
      _context: { contexts: [null, 1, 'x', { schema: 7 }, {}], snowplow: { constructor: 'x' } },
    });
  });
});
