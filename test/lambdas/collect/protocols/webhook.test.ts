import { gzipSync } from 'node:zlib';
import { createCollector } from '../../../../lambdas/collect/collector.ts';
import type { CollectRequest } from '../../../../lambdas/collect/request.ts';
import { respond } from '../../../../lambdas/collect/respond.ts';
import { HttpError } from '../../../../lambdas/runtime/http-error.ts';
import { basic, CONFIG, KEYS, MemorySinks, RECEIVED_AT } from '../collector.ts';

const collector = createCollector(CONFIG);
const JSON_TYPE = { contentType: 'application/json' };
const FORM_TYPE = { contentType: 'application/x-www-form-urlencoded; charset=UTF-8' };

/** Sends a webhook with its key in the query. An error is an answer with its status and code. */
async function hook(body: string | undefined, more: Partial<CollectRequest> = {}) {
  const sinks = new MemorySinks();
  const request: CollectRequest = {
    method: 'POST',
    path: '/v1/webhook',
    query: `writeKey=${KEYS.shop}`,
    body,
    isBase64Encoded: false,
    receivedAt: RECEIVED_AT,
    ...more,
  };
  const { statusCode, body: answered } = await respond(request, collector, sinks).catch((error) => {
    if (!(error instanceof HttpError)) throw error;
    return { statusCode: error.status, body: JSON.stringify({ code: error.code }) };
  });
  const records = sinks.records().map(
    ({ properties, ...record }): Record<string, unknown> => ({
      ...record,
      properties: properties && JSON.parse(String(properties)),
    }),
  );
  const answer: unknown = answered === undefined ? undefined : JSON.parse(answered);
  return { status: statusCode, answer, records, letters: sinks.deadLetters };
}

/** Properties of the events of a webhook that must be accepted whole, without what stands beside the payload. */
async function payloads(body: string | undefined, more: Partial<CollectRequest> = {}) {
  const { status, answer, records } = await hook(body, more);
  expect({ status, answer }).toMatchObject({ status: 200, answer: { success: true, refused: [] } });
  return records.map(({ properties }) => {
    const { _context: _, ...payload } = properties as Record<string, unknown>;
    return payload;
  });
}

describe('A webhook', () => {
  it("is a track call with its payload, of somebody of its own, as RudderStack's source makes it", async () => {
    const query = `writeKey=${KEYS.shop}&list=news&tag=a&tag=b`;
    const payload = '{"name":"Ann","order":{"lines":[1,2]}}';
    const [one, two] = [
      await hook(payload, { ...JSON_TYPE, query }),
      await hook(payload, { ...JSON_TYPE, query }),
    ];

    expect(one).toMatchObject({ status: 200, answer: { success: true, accepted: 1 } });
    expect(one.records).toMatchObject([
      {
        type: 'track',
        event: 'webhook_source_event',
        app_id: 'shop',
        anonymous_id: expect.any(String),
        message_id: expect.any(String),
        event_at: RECEIVED_AT,
      },
    ]);
    expect(one.records[0]?.properties).toEqual({
      name: 'Ann',
      order: { lines: [1, 2] },
      _context: { method: 'POST', query_parameters: { list: 'news', tag: ['a', 'b'] } },
    });
    expect(JSON.stringify(one.records)).not.toContain(KEYS.shop);
    expect(two.records[0]?.anonymous_id).not.toBe(one.records[0]?.anonymous_id);
  });

  it.each([
    ['in the query', { query: `writeKey=${KEYS.shop}` }],
    ['as the user of Basic', { query: undefined, authorization: basic(KEYS.shop) }],
    [
      'in the query though the header has another',
      { query: `writeKey=${KEYS.shop}`, authorization: basic('of-somebody-else') },
    ],
    [
      'in the header where the query has an empty one',
      { query: 'writeKey=', authorization: basic(KEYS.shop) },
    ],
  ])('has its key %s', async (_, more) => {
    expect(await payloads('{"a":1}', more)).toEqual([{ a: 1 }]);
  });

  it.each([
    ['no key', { query: undefined }, 'missing_write_key'],
    ['an unknown key', { query: 'writeKey=nobody' }, 'unknown_write_key'],
    ['a key in its payload only', { query: 'a=1' }, 'missing_write_key'],
  ])('with %s is refused', async (_, more, code) => {
    const { status, answer, letters } = await hook(`{"writeKey":"${KEYS.shop}"}`, more);

    expect({ status, answer, letters }).toEqual({ status: 401, answer: { code }, letters: [] });
  });

  it('stands under the base paths, with /v1 and without', async () => {
    expect(await payloads('{"a":1}', { path: '/in/webhook' })).toEqual([{ a: 1 }]);
    expect(await payloads('{"a":1}', { path: '/in/v1/webhook' })).toEqual([{ a: 1 }]);
  });

  it('keeps numbers and names as they came', async () => {
    const sinks = new MemorySinks();
    const payload = '{"id":12345678901234567890,"price":1.10,"__proto__":{"x":1},"writeKey":"w"}';
    await respond(
      {
        method: 'POST',
        path: '/v1/webhook',
        query: `writeKey=${KEYS.shop}`,
        body: payload,
        isBase64Encoded: false,
        receivedAt: RECEIVED_AT,
      },
      collector,
      sinks,
    );

    expect(String(sinks.records()[0]?.properties)).toBe(
      `${payload.slice(0, -1)},"_context":{"method":"POST"}}`,
    );
  });

  it('speaks of its sender in its headers, not of a visitor', async () => {
    const { records } = await hook('{"a":1}', {
      userAgent: 'curl/8.5.0',
      acceptLanguage: 'de-DE',
      country: 'DE',
      signals: {
        ...{ gpc: true, dnt: true, serverAnonymous: true, isBrowser: true },
        cookies: ['_mr=x'],
      },
    });

    expect(records).toMatchObject([{ is_bot: false, anonymous_id: expect.any(String) }]);
    expect(records[0]).not.toHaveProperty('country');
    expect(records[0]).not.toHaveProperty('locale');
    expect(records[0]).not.toHaveProperty('browser');
  });
});

describe('The payload of a webhook', () => {
  it('is a list: each of its objects is an event', async () => {
    const { records, letters, status, answer } = await hook('[{"a":1.10}, 7, {"a":[]}]', {
      webhookId: 'msg_1',
    });

    expect(status).toBe(200);
    expect(answer).toMatchObject({
      success: false,
      accepted: 2,
      refused: [{ index: 1, message_id: 'msg_1/1', pointer: '/properties' }],
    });
    expect(records).toMatchObject([
      { message_id: 'msg_1', properties: { a: 1.1 } },
      { message_id: 'msg_1/2', properties: { a: [] } },
    ]);
    expect(letters).toMatchObject([
      { payload: '{"method":"POST","message_id":"msg_1/1","payload": 7}' },
    ]);
  });

  it('is a form, whose fields are text, or lists of text where they come more than once', async () => {
    const body = 'name=Ann+B%C3%A4r&tag=a&tag=b&empty=&__proto__=x';

    expect(await payloads(body, FORM_TYPE)).toEqual([
      JSON.parse('{"name":"Ann Bär","tag":["a","b"],"empty":"","__proto__":"x"}'),
    ]);
    const packed = gzipSync(body).toString('base64');
    expect(await payloads(packed, { ...FORM_TYPE, isBase64Encoded: true })).toHaveLength(1);
  });

  it('is JSON though it is sent as a form, or as what is nothing that is known', async () => {
    expect(await payloads('{"a":1}', FORM_TYPE)).toEqual([{ a: 1 }]);
    expect(await payloads('{"a":1}', { contentType: 'text/plain' })).toEqual([{ a: 1 }]);
    expect(await payloads('{"a":1}')).toEqual([{ a: 1 }]);
  });

  it('is a form of several parts; of files what they are stays', async () => {
    const form = new FormData();
    form.append('from', 'Ann');
    form.append('to', 'one');
    form.append('to', 'two');
    form.append(
      'photo',
      new File([new Uint8Array([0xff, 0xd8, 0])], 'p.jpg', { type: 'image/jpeg' }),
    );
    const sent = new Response(form);
    const more = {
      contentType: sent.headers.get('content-type') ?? '',
      isBase64Encoded: true,
    };

    expect(await payloads(Buffer.from(await sent.arrayBuffer()).toString('base64'), more)).toEqual([
      {
        from: 'Ann',
        to: ['one', 'two'],
        photo: { filename: 'p.jpg', content_type: 'image/jpeg', size: 3 },
      },
    ]);
  });

  it('that is no form of several parts though it says so is refused', async () => {
    for (const contentType of ['multipart/form-data', 'multipart/form-data; boundary=x']) {
      expect(await hook('--y\r\nno', { contentType })).toMatchObject({
        status: 400,
        answer: { code: 'invalid_request' },
      });
    }
  });

  it('that is empty is an event without properties', async () => {
    expect(await payloads('', JSON_TYPE)).toEqual([{}]);
    expect(await payloads(undefined)).toEqual([{}]);
    expect(await payloads('', FORM_TYPE)).toEqual([{}]);
    expect(await payloads(' [ ] ', JSON_TYPE)).toEqual([{}]);
  });

  it('that is no JSON is a dead letter as it came, and 400', async () => {
    const { status, answer, letters } = await hook('<order id="1"/>', {
      contentType: 'application/xml',
    });

    expect({ status, answer }).toEqual({ status: 400, answer: { code: 'invalid_json' } });
    expect(letters).toMatchObject([
      { code: 'invalid_json', payload: '<order id="1"/>', app_id: 'shop' },
    ]);
  });

  it('that is refused is kept, and the sender hears 200: it would repeat it, and then give up', async () => {
    const { status, answer, letters } = await hook('{"order":"1"}', {
      query: `writeKey=${KEYS.strict}&x=1`,
    });

    expect({ status, answer }).toMatchObject({
      status: 200,
      answer: { success: false, accepted: 0, refused: [{ code: 'unknown_event' }] },
    });
    expect(letters).toMatchObject([
      {
        code: 'unknown_event',
        event: 'webhook_source_event',
        payload: '{"method":"POST","query_parameters":{"x":"1"},"payload":{"order":"1"}}',
      },
    ]);
  });

  it('is refused beyond the limits that hold for all events', async () => {
    const deep = '[{"a":'.repeat(50_000);
    const nested = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
    const cases: [string, string][] = [
      [nested, 'invalid_event'],
      [JSON.stringify({ text: 'x'.repeat(40_000) }), 'event_too_large'],
      [`[${'1,'.repeat(2_500)}1]`, 'too_many_events'],
      [deep, 'invalid_json'],
      [`"${'x'.repeat(600_000)}"`, 'request_too_large'],
    ];

    for (const [body, code] of cases) {
      expect((await hook(body)).letters).toMatchObject([{ code }]);
    }
  });

  it('does not take what comes beside it a thousand times over', async () => {
    const query = `writeKey=${KEYS.shop}&q=${'x'.repeat(8_000)}`;
    const { letters, records } = await hook(`[${'{},'.repeat(1_999)}{}]`, { query });

    expect(records).toEqual([]);
    expect(letters).toMatchObject([{ code: 'invalid_request' }]);
  });
});

describe('A webhook by GET', () => {
  it('has its payload in the query', async () => {
    const query = `writeKey=${KEYS.shop}&event=install&app=a%26b&tag=1&tag=2`;
    const { status, records } = await hook(undefined, { method: 'GET', query });

    expect(status).toBe(200);
    expect(records[0]?.properties).toEqual({
      ...{ event: 'install', app: 'a&b', tag: ['1', '2'] },
      _context: { method: 'GET' },
    });
  });

  it('is a question whether the address is there, where it has nothing but the key', async () => {
    expect(await hook(undefined, { method: 'GET' })).toMatchObject({
      status: 200,
      answer: { success: true, accepted: 0 },
      records: [],
      letters: [],
    });
    expect(await hook(undefined, { method: 'HEAD' })).toMatchObject({ status: 200, records: [] });
  });
});
