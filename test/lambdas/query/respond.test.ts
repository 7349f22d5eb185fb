import { describe, expect, test } from '@jest/globals';
import { funnelKey } from '../../../core/registry.ts';
import type { Sql } from '../../../core/sql/quote.ts';
import type { AnswerSources } from '../../../lambdas/query/answer.ts';
import { respond } from '../../../lambdas/query/respond.ts';
import type { ResultRow } from '../../../lambdas/runtime/athena.ts';
import type { HttpRequest } from '../../../lambdas/runtime/http.ts';
import { testApp } from './app-fixture.ts';

const SETTLED = Date.parse('2026-04-01T00:00:00Z');
const RANGE = 'from=2026-03-01&to=2026-04-01';
const [CHECKOUT] = testApp('shop').funnels;
const BUILT = funnelKey(CHECKOUT!, testApp('shop').dimensions);
const ROWS: readonly ResultRow[] = [
  { event: 'home', counted: 4, is_overall: 1 },
  { event: '=cart', counted: 1, is_overall: 1 },
];

/** Collaborators in memory: what they were asked, and a version that a test moves on. */
class Sources implements AnswerSources {
  readonly statements: string[] = [];
  readonly stored = new Map<string, object>();
  version = 3;
  settled: number | null = SETTLED;
  built: Readonly<Record<string, string>> = { checkout: BUILT };
  rows: readonly ResultRow[] = ROWS;

  readonly cache = {
    get: async (key: string) => this.stored.get(key),
    put: async (key: string, answer: object) => void this.stored.set(key, answer),
  };
  readonly dataVersion = async () => ({
    version: this.version,
    settled_until: this.settled,
    built_funnels: this.built,
  });
  readonly run = async (statement: Sql) => {
    this.statements.push(statement);
    return { rows: this.rows, bytesScanned: 12_345_678 };
  };
}

interface Asked {
  readonly app?: string;
  readonly key?: string;
  readonly method?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(sources: Sources, pathAndQuery: string, asked: Asked = {}) {
  const [path = '', query = ''] = pathAndQuery.split('?');
  const { app = 'shop', key = 'read-shop', body } = asked;
  const request = {
    rawPath: `/v1/apps/${app}/${path}`,
    rawQueryString: query,
    headers: { authorization: `Bearer ${key}`, ...asked.headers },
    requestContext: { http: { method: asked.method ?? (body === undefined ? 'GET' : 'POST') } },
    body: body === undefined ? undefined : JSON.stringify(body),
    isBase64Encoded: false,
  } as unknown as HttpRequest;
  const response = await respond(request, [testApp('shop'), testApp('blog')], sources);
  const { statusCode, headers = {}, body: text = '' } = response;
  const json = headers['content-type'] === 'application/json' ? JSON.parse(text) : {};
  return { statusCode, headers, text, json };
}

describe('an answer', () => {
  test('of a window of 0 is allowed: events of one same instant alone follow each other', async () => {
    const definition = { window: 0, steps: [{ event: 'a' }, { event: 'b' }] };
    const { statusCode, json } = await ask(new Sources(), 'funnels', { body: { definition } });

    expect({ statusCode, window: json.definition.window_ms }).toEqual({
      statusCode: 200,
      window: 0,
    });
  });

  test('says everything around its numbers', async () => {
    const { json, headers } = await ask(new Sources(), `totals?${RANGE}&events=home,%3Dcart`);
    const events = [
      { event: 'home', count: 4, share: 1, drop_off: null },
      { event: '=cart', count: 1, share: 0.25, drop_off: 0.75 },
    ];
    expect(json).toEqual({
      app: 'shop',
      question: 'totals',
      definition: {
        events: ['home', '=cart'],
        count: 'events',
        filters: [],
        breakdown: [],
        include_bots: false,
      },
      range: {
        from: '2026-03-01T00:00:00.000+01:00',
        to: '2026-04-01T00:00:00.000+02:00',
        tz: 'Europe/Berlin',
      },
      settled_until: '2026-04-01T00:00:00.000Z',
      data_version: 3,
      cached: false,
      bytes_scanned: 12_345_678,
      cost_usd: 0.000065,
      query_ms: expect.any(Number),
      events,
      groups: [{ values: {}, events }],
    });
    expect(headers).toMatchObject({ 'cache-control': 'private, no-cache', vary: 'Accept' });
  });

  test('names the tenant and the version of the data in the statement', async () => {
    const sources = new Sources();
    await ask(sources, `totals?${RANGE}`);
    await ask(sources, `funnels?${RANGE}&name=checkout`, { app: 'blog', key: 'read-blog' });
    expect(sources.statements[0]).toMatch(/^\/\* 'shop' facts@v3 \*\/\n[\s\S]*app_id = 'shop'/);
    expect(sources.statements[1]).toMatch(/^\/\* 'blog' facts@v3 \*\/\n[\s\S]*app_id = 'blog'/);
  });

  test('of a funnel spells out the whole definition', async () => {
    const sources = new Sources();
    sources.rows = [];
    const { json } = await ask(sources, `funnels?${RANGE}&name=checkout&breakdown=channel`);
    expect(json.definition).toMatchObject({
      name: 'checkout',
      order: 'ordered',
      window_ms: 86_400_000,
      source: 'facts',
      breakdown_attribution: 'step 1',
      events_until: 'window',
      include_bots: false,
    });
    expect(json.definition.steps.map(({ label }: { label: string }) => label)).toEqual([
      'home',
      'cart',
      'confirmation',
    ]);
  });

  test.each([
    ['is not built yet', {}],
    ['is built of another definition', { checkout: BUILT.replace('1d', '2d') }],
  ])('of a funnel that %s is worked out from events', async (_, built) => {
    const sources = new Sources();
    sources.built = built;
    sources.rows = [];
    const { json } = await ask(sources, `funnels?${RANGE}&name=checkout`);
    expect(json.definition).toMatchObject({ name: 'checkout', source: 'events' });
    expect(sources.statements[0]).not.toContain('funnel_attempts');
  });

  test('before the first build has no rows, no time and no statement', async () => {
    const sources = new Sources();
    sources.version = 0;
    sources.settled = null;
    const { statusCode, json } = await ask(sources, `funnels?${RANGE}&name=checkout`);
    expect(statusCode).toBe(200);
    expect(json).toMatchObject({
      settled_until: null,
      data_version: 0,
      bytes_scanned: 0,
      cost_usd: 0,
    });
    expect(json.groups[0].steps.map(({ people }: { people: number }) => people)).toEqual([0, 0, 0]);
    expect(sources.statements).toEqual([]);
  });

  test('to a definition from the body is worked out from events', async () => {
    const sources = new Sources();
    sources.rows = [];
    const { json } = await ask(sources, 'funnels', {
      body: {
        from: '2026-03-01',
        to: '2026-04-01',
        definition: { window: '1h', steps: [{ event: 'a' }, { event: 'b' }] },
      },
    });
    expect(json.definition).toMatchObject({
      name: 'ad_hoc',
      source: 'events',
      window_ms: 3_600_000,
    });
    expect(sources.statements[0]).toContain('FROM events');
  });
});

describe('the cache', () => {
  test('answers an equal question again, whatever the order of its parameters', async () => {
    const sources = new Sources();
    await ask(sources, `totals?${RANGE}&filter=device:a&filter=channel:b`);
    const { json } = await ask(
      sources,
      `totals?filter=channel:b&${RANGE}&filter=device:a&tz=europe/berlin`,
    );
    expect(json).toMatchObject({ cached: true, bytes_scanned: 0, cost_usd: 0 });
    expect(json.events[0].count).toBe(4);
    expect(sources.statements.length).toBe(1);
  });

  test('never answers for another version, app, range, zone or filter', async () => {
    const sources = new Sources();
    await ask(sources, `totals?${RANGE}`);
    await ask(sources, `totals?${RANGE}`, { app: 'blog', key: 'read-blog' });
    await ask(sources, `totals?${RANGE}&tz=UTC`);
    await ask(sources, `totals?${RANGE}&filter=plan:x`);
    await ask(sources, `totals?${RANGE}&include_bots=true`);
    await ask(sources, `totals?${RANGE}&count=people`);
    sources.version = 4;
    await ask(sources, `totals?${RANGE}`);
    expect(sources.statements.length).toBe(7);
  });

  test('a funnel whose windows are all closed is not asked again when more is settled', async () => {
    const sources = new Sources();
    sources.settled = SETTLED + 5 * 86_400_000;
    await ask(sources, `funnels?${RANGE}&name=checkout`);
    sources.settled += 3_600_000;
    const { json } = await ask(sources, `funnels?${RANGE}&name=checkout`);
    expect(json.cached).toBe(true);
    expect(json.settled_until).toBe('2026-04-06T01:00:00.000Z');
  });
});

describe('ETags', () => {
  test('spare an unchanged answer, and change with version and settled time', async () => {
    const sources = new Sources();
    const etag = (await ask(sources, `totals?${RANGE}`)).headers.etag!;
    const again = await ask(sources, `totals?${RANGE}`, {
      headers: { 'if-none-match': `"x", ${etag}` },
    });
    sources.settled = SETTLED + 1;
    const later = await ask(sources, `totals?${RANGE}`, { headers: { 'if-none-match': etag } });
    expect(again).toMatchObject({ statusCode: 304, text: '' });
    expect(again.headers.etag).toBe(etag);
    expect(later.statusCode).toBe(200);
    expect(etag).toMatch(/^W\/"v3-[0-9a-f]{32}"$/);
  });

  test('tags an answer as CSV apart from the same as JSON', async () => {
    const sources = new Sources();
    const json = (await ask(sources, `totals?${RANGE}`)).headers.etag!;

    const csv = await ask(sources, `totals?${RANGE}&format=csv`, {
      headers: { 'if-none-match': json },
    });

    expect(csv.statusCode).toBe(200);
    expect(csv.headers.etag).not.toBe(json);
  });
});

describe('CSV', () => {
  test.each([
    ['the parameter', `totals?${RANGE}&format=csv`, {}],
    ['the header', `totals?${RANGE}`, { accept: 'text/csv' }],
  ])('by %s: a table that no spreadsheet takes for formulas', async (_, path, headers) => {
    const { headers: answered, text } = await ask(new Sources(), path, { headers });
    expect(answered['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(answered['content-disposition']).toBe('attachment; filename="shop-totals.csv"');
    expect(text).toBe('event,count,share,drop_off\r\nhome,4,1,\r\n"\'=cart",1,0.25,0.75\r\n');
  });

  test('of a funnel with a breakdown has the values first', async () => {
    const sources = new Sources();
    sources.rows = [1, 2].map((step) => ({
      by_1: 'email',
      step,
      people: 10 / step,
      provisional: 0,
      lap_sum: null,
      median_lap: null,
      elapsed_sum: null,
      median_elapsed: null,
    }));
    const { text } = await ask(
      sources,
      `funnels?${RANGE}&name=checkout&breakdown=channel&format=csv`,
    );
    expect(text.split('\r\n').slice(0, 3)).toEqual([
      'channel,step,label,people,provisional,share_of_first,share_of_previous,drop_off,median_seconds_from_previous,mean_seconds_from_previous,median_seconds_from_start,mean_seconds_from_start,small_sample',
      'email,1,home,10,0,1,,,,,,,true',
      'email,2,cart,5,0,0.5,0.5,0.5,,,,,true',
    ]);
  });
});

describe('bodies beyond reason', () => {
  const nested = (levels: number): object =>
    levels === 0 ? { property: 'a', op: 'is_set' } : { any: [nested(levels - 1)] };
  const definition = (more: object) => ({
    from: '2026-03-01',
    to: '2026-04-01',
    definition: { window: '1h', steps: [{ event: 'a' }], ...more },
  });
  const names = Array.from({ length: 95 }, (_, i) => `${i} ${'€'.repeat(1_000)}`);

  test.each<[string, string, object, number, string]>([
    ['deep filters', 'funnels', definition({ where: [nested(200)] }), 400, 'invalid_parameter'],
    ['much text', 'funnels', definition({ where: 'x'.repeat(200_000) }), 413, 'request_too_large'],
    ['a long statement', 'totals', { events: names }, 400, 'question_too_large'],
  ])('%s is refused', async (_, question, body, status, code) => {
    const sources = new Sources();
    await expect(ask(sources, question, { body })).rejects.toMatchObject({ status, code });
    expect(sources.statements).toEqual([]);
  });
});

describe('what cannot be answered', () => {
  test.each<[string, Asked, number, string, RegExp]>([
    [
      'trends',
      {},
      404,
      'unknown_question',
      /^unknown question "trends", there are funnels, totals, dead-letters, reconciliation$/,
    ],
    ['totals/more', {}, 404, 'unknown_path', /^no such path/],
    ['trends', { key: 'x' }, 401, 'unauthorized', /no read key/],
    ['totals', { app: 'blog' }, 403, 'forbidden', /does not read the app "blog"/],
    ['totals', { app: 'none' }, 403, 'forbidden', /does not read the app "none"/],
    ['totals', { method: 'DELETE' }, 405, 'method_not_allowed', /GET and POST/],
    ['totals?%ZZ=1', {}, 400, 'invalid_parameter', /unknown parameter "%ZZ", allowed are from, to/],
    ['totals?name=checkout', {}, 400, 'invalid_parameter', /unknown parameter "name"/],
    ['totals?funnel=x', {}, 400, 'invalid_parameter', /unknown funnel "x", allowed are checkout/],
    ['totals?funnel=checkout&events=a', {}, 400, 'invalid_parameter', /one is allowed/],
    ['totals?count=sessions', {}, 400, 'invalid_parameter', /count must be events or people/],
    ['totals?format=xml', {}, 400, 'invalid_parameter', /format must be json or csv, got "xml"/],
    ['totals?events=a%00b', {}, 400, 'invalid_value', /^"events" must be text without the NUL/],
    ['totals?tz=', {}, 400, 'invalid_parameter', /^tz is empty: give it a value or leave it out$/],
    [
      'totals',
      { body: { events: ['a', 'half \ud800'] } },
      400,
      'invalid_value',
      /^"events" must be text without .* half surrogate pairs, got "half \\ud800"$/,
    ],
    [
      'funnels?name=checkout&definition=%7B%7D',
      {},
      400,
      'invalid_parameter',
      /^definition stands in the query string: it is allowed in the JSON body of a POST$/,
    ],
    ['funnels', { body: [1] }, 400, 'invalid_json', /must be a JSON object .*, got \[1\]$/],
    [
      'funnels',
      { body: {}, headers: { 'content-encoding': 'gzip' } },
      415,
      'unsupported_encoding',
      /plain JSON, got content-encoding "gzip"$/,
    ],
    [`funnels?name=${'x'.repeat(9_000)}`, {}, 400, 'invalid_parameter', /"x{79}…, allowed are/],
    [
      `totals?filter=plan:${'x'.repeat(2_000)}`,
      {},
      400,
      'invalid_value',
      /2000 characters is too long/,
    ],
    ['funnels', {}, 400, 'invalid_parameter', /name is missing: it names a funnel \(checkout\)/],
    [
      'funnels?name=nope',
      {},
      400,
      'invalid_parameter',
      /unknown funnel "nope", allowed are checkout/,
    ],
    ['funnels?name=checkout&from=2026-02-30', {}, 400, 'invalid_parameter', /got "2026-02-30"/],
    [
      'funnels',
      { body: { definition: { steps: [] } } },
      400,
      'invalid_definition',
      /^definition\.steps/,
    ],
    ['funnels', { body: { definition: 'x' } }, 400, 'invalid_definition', /^definition/],
    [
      'funnels',
      { body: { name: 'checkout', definition: {} } },
      400,
      'invalid_parameter',
      /one is allowed/,
    ],
  ])('%s %j: %d %s', async (path, asked, status, code, message) => {
    const sources = new Sources();
    await expect(ask(sources, path, asked)).rejects.toMatchObject({
      status,
      code,
      message: expect.stringMatching(message),
    });
    expect(sources.statements).toEqual([]);
  });
});
