import { get, post, type Sent } from './tracker.ts';

const PATH = '/com.snowplowanalytics.iglu/v1';
const SCHEMA = 'iglu:com.acme/order_shipped/jsonschema/1-0-2';
const JSON_TYPE = { contentType: 'application/json; charset=utf-8' };
const FORM_TYPE = { contentType: 'application/x-www-form-urlencoded' };

function query(pairs: Readonly<Record<string, string>>): string {
  return new URLSearchParams(pairs).toString();
}

function hook(
  body: string,
  pairs: Readonly<Record<string, string>> = { schema: SCHEMA, aid: 'shop-web' },
  more: object = JSON_TYPE,
): Promise<Sent> {
  return post(body, { path: PATH, query: query(pairs), ...more });
}

/** Properties without what stands beside the data. */
function dataOf({ records }: Sent): unknown[] {
  return records.map(({ properties }) => {
    const { _context: _, ...data } = properties as Record<string, unknown>;
    return data;
  });
}

describe('A webhook with a schema of Iglu', () => {
  it('by GET is a self-describing event of its parameters', async () => {
    const pairs = {
      ...{ schema: SCHEMA, aid: 'shop-web', p: 'srv', nuid: 'n-1', eid: 'e-1', cv: 'clj-1' },
      ...{ order: 'o-1', items: '2' },
    };
    const sent = await get(pairs, { path: PATH });

    expect(sent.answer).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'image/gif' },
    });
    expect(sent.records).toMatchObject([
      {
        type: 'track',
        event: 'order_shipped',
        app_id: 'shop',
        message_id: 'e-1',
        anonymous_id: 'n-1',
      },
    ]);
    expect(sent.records[0]?.properties).toEqual({
      ...{ order: 'o-1', items: '2', eid: 'e-1' },
      _context: {
        library: { name: 'snowplow', version: 'com.snowplowanalytics.iglu-v1' },
        schema: SCHEMA,
        snowplow: { e: 'ue', p: 'srv', aid: 'shop-web', nuid: 'n-1', cv: 'clj-1' },
      },
    });
  });

  it('by POST has its data in the body, to the letter', async () => {
    const sent = await hook('{"order": 12345678901234567890, "ok": true}');

    expect(sent.answer).toMatchObject({ statusCode: 200, body: 'ok' });
    expect(String(sent.sinks.records()[0]?.properties)).toContain('"order":12345678901234567890');
    expect(sent.records).toMatchObject([
      { properties: { ok: true, _context: { schema: SCHEMA } } },
    ]);
  });

  it('is as many events as its list has data, each with an id of its own', async () => {
    const sent = await hook('[{"a":1},{"a":2}]', { schema: SCHEMA, aid: 'shop-web', eid: 'e-1' });

    expect(dataOf(sent)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(sent.records).toMatchObject([{ message_id: 'e-1' }, { message_id: 'e-1/1' }]);
  });

  it('may be a form', async () => {
    const sent = await hook('order=o-1&note=a+b', { schema: SCHEMA, aid: 'shop-web' }, FORM_TYPE);

    expect(dataOf(sent)).toEqual([{ order: 'o-1', note: 'a b' }]);
    expect(sent.records).toMatchObject([{ properties: { _context: { snowplow: { p: 'srv' } } } }]);
  });

  it('may name its schema in the body', async () => {
    const sent = await hook(JSON.stringify({ schema: SCHEMA, data: { a: 1 } }), { aid: 'blog' });

    expect(sent.records).toMatchObject([{ event: 'order_shipped', app_id: 'blog' }]);
    expect(dataOf(sent)).toEqual([{ a: 1 }]);
  });

  it('by POST without a body has its data in the query', async () => {
    expect(dataOf(await hook('', { schema: SCHEMA, a: '1' }))).toEqual([{ a: '1' }]);
  });

  it('that names no app is of the default app, and else is refused', async () => {
    const { records } = await hook('{"a":1}', { schema: SCHEMA });
    const { answer } = await post('{"a":1}', {
      ...{ path: PATH, query: query({ schema: SCHEMA }), withoutDefault: true },
      ...JSON_TYPE,
    });

    expect(records).toMatchObject([{ app_id: 'shop' }]);
    expect(answer).toMatchObject({ statusCode: 401, body: 'missing_app_id' });
  });

  it.each([
    ['without a schema', '{"a":1}', {}, 'invalid_request'],
    ['with a schema that is none', '{"a":1}', { schema: 'order_shipped' }, 'invalid_event'],
    ['of an empty list', '[]', { schema: SCHEMA }, 'invalid_request'],
    ['that is no JSON', '{"a":', { schema: SCHEMA }, 'invalid_json'],
    ['of too many events', `[${'1,'.repeat(2_500)}1]`, { schema: SCHEMA }, 'too_many_events'],
  ])('%s is a dead letter, and answered as taken', async (_, body, pairs, code) => {
    const { answer, sinks } = await hook(body, pairs);

    expect(answer).toMatchObject({ statusCode: 200, body: 'ok' });
    expect(sinks.deadLetters).toMatchObject([{ code }]);
  });

  it('is under the base paths, too', async () => {
    const { records } = await get({ schema: SCHEMA, a: '1' }, { path: `/in${PATH}` });

    expect(records).toMatchObject([{ event: 'order_shipped' }]);
  });
});

describe("Snowplow's long paths", () => {
  it.each(['/com.snowplowanalytics.snowplow/tp1', '/com.snowplowanalytics.snowplow/tp2'])(
    'GET %s is the pixel',
    async (path) => {
      const { answer, records } = await get({ e: 'pv', aid: 'shop-web', eid: 'e-1' }, { path });

      expect(answer).toMatchObject({ headers: { 'content-type': 'image/gif' } });
      expect(records).toMatchObject([{ type: 'page', message_id: 'e-1' }]);
    },
  );
});
