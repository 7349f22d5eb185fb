import { DuckDBConnection } from '@duckdb/node-api';
import type { DeadLetter, Redriven } from '../../../core/event.ts';
import type { Sql } from '../../../core/sql/quote.ts';
import { respondWithDeadLetters } from '../../../lambdas/query/dead-letters.ts';
import type { ResultRow } from '../../../lambdas/runtime/athena.ts';
import type { HttpRequest } from '../../../lambdas/runtime/http.ts';
import { HttpError } from '../../../lambdas/runtime/http-error.ts';
import { testApp } from './app-fixture.ts';

const at = (text: string): number => Date.parse(text);
const KEY = { authorization: 'Bearer read-shop' };
const RANGE = 'from=2026-03-01&to=2026-04-01&tz=UTC';
const TEXTS =
  'dead_letter_id app_id code pointer message schema message_id type event payload request outcome dt'.split(
    ' ',
  );

let connection: DuckDBConnection;
let statements: string[] = [];

beforeAll(async () => {
  connection = await DuckDBConnection.create();
  const columns = TEXTS.map((name) => `"${name}" varchar`).join(', ');
  await connection.run(`
    CREATE TABLE dead_letters (${columns}, received_at bigint);
    CREATE TABLE redrives (${columns}, redriven_at bigint);`);
});
beforeEach(async () => {
  statements = [];
  await connection.run('DELETE FROM dead_letters; DELETE FROM redrives');
});
afterAll(() => connection.closeSync());

async function insert(table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  const names = Object.keys(row).filter((name) => row[name] !== undefined);
  const values = names.map((name) => {
    const value = row[name];
    return typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
  });
  const list = names.map((name) => `"${name}"`).join(', ');
  await connection.run(`INSERT INTO ${table} (${list}) VALUES (${values.join(', ')})`);
}

async function letter(id: string, more: Partial<DeadLetter> & { dt?: string } = {}) {
  const received_at = more.received_at ?? at('2026-03-10T12:00:00Z');
  const row = {
    dead_letter_id: id,
    received_at,
    app_id: 'shop',
    code: 'schema_violation',
    pointer: '/properties/total',
    message: 'is wrong',
    schema: 'purchase/1-0-0',
    message_id: `m-${id}`,
    type: 'track',
    event: 'Purchase',
    payload: '{"a":1}',
    request: '{}',
    dt: new Date(received_at).toISOString().slice(0, 10),
    ...more,
  };
  await insert('dead_letters', row);
}

async function tried(id: string, more: Partial<Redriven> = {}) {
  await insert('redrives', {
    dead_letter_id: id,
    redriven_at: at('2026-03-12T00:00:00Z'),
    app_id: 'shop',
    outcome: 'failed',
    code: 'unknown_event',
    pointer: '/event',
    message: 'still wrong',
    dt: '2026-03-10',
    ...more,
  });
}

async function run(statement: Sql) {
  statements.push(statement);
  const rows = (await connection.runAndReadAll(statement)).getRowObjectsJS();
  const numbers = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'bigint' ? Number(value) : value,
      ]),
    ),
  );
  return { rows: numbers as ResultRow[], bytesScanned: 1_000 };
}

async function ask(query = RANGE, headers: Record<string, string> = KEY, method = 'GET') {
  const request = {
    rawPath: '/v1/apps/shop/dead-letters',
    rawQueryString: query,
    headers,
    requestContext: { http: { method } },
  };
  try {
    const apps = [testApp('shop'), testApp('blog')];
    const answer = await respondWithDeadLetters(request as unknown as HttpRequest, apps, run);
    const isJson = answer.headers?.['content-type'] === 'application/json';
    return { status: answer.statusCode, body: isJson ? JSON.parse(answer.body ?? '') : answer };
  } catch (error) {
    if (error instanceof HttpError) return { status: error.status, body: error.message };
    throw error;
  }
}

const ids = (body: { samples: { dead_letter_id: string }[] }) =>
  body.samples.map(({ dead_letter_id: id }) => id);

describe('GET /v1/apps/{app}/dead-letters', () => {
  it('counts by code, schema, event and day, and shows the newest', async () => {
    await letter('a');
    await letter('b', { received_at: at('2026-03-11T23:30:00Z') });
    await letter('c', { code: 'invalid_json', schema: undefined, event: undefined });

    const { status, body } = await ask('from=2026-03-01&to=2026-04-01&tz=Europe/Berlin');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      app: 'shop',
      question: 'dead-letters',
      definition: { code: [], schema: [], event: [], samples: 10 },
      range: { from: '2026-03-01T00:00:00.000+01:00', tz: 'Europe/Berlin' },
      bytes_scanned: 2_000,
      cost_usd: 0.0001,
      ...{ waiting: 3, failed_again: 0, redriven: 0 },
      by_code: [
        { value: 'schema_violation', waiting: 2 },
        { value: 'invalid_json', waiting: 1 },
      ],
      by_schema: [
        { value: 'purchase/1-0-0', waiting: 2 },
        { value: null, waiting: 1 },
      ],
      by_event: [
        { value: 'Purchase', waiting: 2 },
        { value: null, waiting: 1 },
      ],
      by_day: [
        { value: '2026-03-10', waiting: 2 },
        { value: '2026-03-12', waiting: 1 },
      ],
    });
    expect(ids(body)).toEqual(['b', 'a', 'c']);
    expect(body.samples[0]).toEqual({
      dead_letter_id: 'b',
      received_at: '2026-03-11T23:30:00.000Z',
      redriven_at: null,
      code: 'schema_violation',
      pointer: '/properties/total',
      message: 'is wrong',
      schema: 'purchase/1-0-0',
      message_id: 'm-b',
      type: 'track',
      event: 'Purchase',
      payload: '{"a":1}',
      payload_length: 7,
      request: '{}',
    });
  });

  it('counts a letter that was delivered twice once', async () => {
    await letter('a');
    await letter('a', { dt: '2026-03-11' });

    const { body } = await ask();

    expect([body.waiting, ids(body)]).toEqual([1, ['a']]);
  });

  it('lists what failed again once, for its newest reason, and leaves out what passed', async () => {
    for (const id of ['a', 'b', 'c']) await letter(id);
    await tried('a', { code: 'schema_violation', schema: 'purchase/1-0-1' });
    await tried('a', { redriven_at: at('2026-03-13T00:00:00Z'), message: 'newest' });
    await tried('b', { outcome: 'passed', code: undefined });
    await tried('b', { redriven_at: at('2026-03-14T00:00:00Z') });

    const { body } = await ask();

    expect(body).toMatchObject({ waiting: 2, failed_again: 1, redriven: 1 });
    expect(body.by_code).toEqual([
      { value: 'schema_violation', waiting: 1, failed_again: 0, redriven: 1, dismissed: 0 },
      { value: 'unknown_event', waiting: 1, failed_again: 1, redriven: 0, dismissed: 0 },
    ]);
    expect(ids(body)).toEqual(['a', 'c']);
    expect(body.samples[0]).toMatchObject({
      code: 'unknown_event',
      pointer: '/event',
      message: 'newest',
      schema: null,
      redriven_at: '2026-03-13T00:00:00.000Z',
    });
  });

  it('counts what was dismissed, under its newest reason, and does not show it', async () => {
    for (const id of ['a', 'b', 'c']) await letter(id);
    const newest = { code: 'unknown_event', redriven_at: at('2026-03-13T00:00:00Z') } as const;
    await tried('a');
    await tried('a', { ...newest, outcome: 'dismissed', message: 'not wanted' });
    await tried('b', { ...newest, outcome: 'dismissed' });
    await tried('b', { outcome: 'passed', code: undefined });

    const { body } = await ask();

    expect(body).toMatchObject({ waiting: 1, failed_again: 0, redriven: 1, dismissed: 1 });
    expect(body.by_code).toEqual([
      { value: 'schema_violation', waiting: 1, failed_again: 0, redriven: 1, dismissed: 0 },
      { value: 'unknown_event', waiting: 0, failed_again: 0, redriven: 0, dismissed: 1 },
    ]);
    expect(ids(body)).toEqual(['c']);
  });

  it.each([
    ['code=invalid_json', ['c']],
    ['code=invalid_json,schema_violation', ['a', 'b', 'c', 'd']],
    ['schema=purchase', ['a', 'b']],
    ['schema=purchase/1', ['a']],
    ['schema=purchase/2-0-0', ['b']],
    ['schema=purch', []],
    ['event=Purchase,%20gift', ['d']],
    ['event=Purchase&schema=purchase/1', ['a']],
    ['event=o%27clock%27%20OR%201%3D1', []],
  ])('chooses by %s', async (query, expected) => {
    await letter('a');
    await letter('b', { schema: 'purchase/2-0-0' });
    await letter('c', { code: 'invalid_json', schema: undefined, event: undefined });
    await letter('d', { schema: 'purchase_gift/1-0-0', event: 'Purchase, gift' });

    const { body } = await ask(`${RANGE}&${query}`);

    expect([body.waiting, ids(body).sort()]).toEqual([expected.length, expected]);
  });

  it('looks at its own app and range only, also where letters took days to their bucket', async () => {
    await letter('other', { app_id: 'blog' });
    await letter('before', { received_at: at('2026-02-28T23:59:59.999Z') });
    await letter('first', { received_at: at('2026-03-01T00:00:00Z'), dt: '2026-02-28' });
    await letter('last', { received_at: at('2026-03-31T23:59:59.999Z'), dt: '2026-04-06' });
    await letter('after', { received_at: at('2026-04-01T00:00:00Z') });

    expect(ids((await ask()).body)).toEqual(['last', 'first']);
    for (const statement of statements) {
      expect(statement.match(/app_id = 'shop'/g)).toHaveLength(2);
      expect(statement.match(/dt >= '2026-02-28'\s+AND dt <= '2026-04-07'/g)).toHaveLength(2);
    }
  });

  it('cuts payloads, and asks for none where no sample is wanted', async () => {
    await letter('a', { payload: 'x'.repeat(30_000) });

    const [sample] = (await ask()).body.samples;
    expect([sample.payload.length, sample.payload_length]).toEqual([10_000, 30_000]);
    statements = [];
    expect((await ask(`${RANGE}&samples=0`)).body).toMatchObject({ waiting: 1, samples: [] });
    expect(statements).toHaveLength(1);
  });

  it('answers as CSV', async () => {
    await letter('a', { event: '=cmd()' });

    const { body } = await ask(`${RANGE}&format=csv`);

    expect(body.headers['content-type']).toMatch(/^text\/csv/);
    expect(body.body.split('\r\n')).toEqual([
      'by,value,waiting,failed_again,redriven,dismissed',
      'code,schema_violation,1,0,0,0',
      'schema,purchase/1-0-0,1,0,0,0',
      `event,"'=cmd()",1,0,0,0`,
      'day,2026-03-10,1,0,0,0',
      '',
    ]);
  });

  it('has zeros and no groups where there is nothing', async () => {
    const { body } = await ask();

    expect(body).toMatchObject({ waiting: 0, failed_again: 0, redriven: 0, by_code: [] });
  });

  it.each([
    ['code=wrong', 'unknown code "wrong", allowed are invalid_json,'],
    ['schema=Purchase', 'schema must be as purchase, purchase/1 or purchase/1-0-2, got "Purchase"'],
    ['samples=51', 'samples must be a whole number from 0 to 50, got "51"'],
    ['from=yesterday', 'from must be a date'],
    ['breakdown=code', 'unknown parameter "breakdown"'],
    [`event=${'x'.repeat(2_000)}`, 'too long'],
  ])('refuses %s', async (query, message) => {
    const answer = await ask(query);

    expect(answer).toEqual({ status: 400, body: expect.stringContaining(message) });
  });

  it.each([
    [{}, 401],
    [{ 'x-api-key': 'write-shop' }, 401],
    [{ 'x-api-key': 'read-blog' }, 403],
  ])('lets only a read key of the app in: %j', async (headers, status) => {
    expect((await ask(RANGE, headers as Record<string, string>)).status).toBe(status);
    expect(statements).toEqual([]);
  });

  it('takes GET only', async () => {
    expect((await ask(RANGE, KEY, 'POST')).status).toBe(405);
  });
});
