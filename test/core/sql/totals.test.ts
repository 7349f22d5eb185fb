import { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  readTotals,
  type TotalsQuestion,
  type TotalsRow,
  totalsSql,
} from '../../../core/sql/totals.ts';
import { statementText } from '../../../lambdas/runtime/statements.ts';

const DAY_MS = 86_400_000;
const at = (text: string): number => Date.parse(text);

interface TestEvent {
  readonly event: string;
  readonly person?: number;
  readonly at?: number;
  readonly app?: string;
  readonly channel?: string | null;
  readonly device?: string;
  readonly bot?: boolean;
  readonly properties?: object;
}

let connection: DuckDBConnection;

beforeAll(async () => {
  connection = await DuckDBConnection.create();
  await connection.run(`
    CREATE TABLE events (app_id varchar, event_date varchar, event varchar, event_at bigint, person_key bigint,
      channel varchar, device varchar, is_bot boolean, properties varchar, traits varchar);
    CREATE MACRO json_extract_scalar(text, path) AS json_extract_string(text, path);`);
});
afterAll(() => connection.closeSync());

async function store(events: readonly TestEvent[]): Promise<void> {
  await connection.run('DELETE FROM events');
  const appender = await connection.createAppender('events');
  for (const [i, row] of events.entries()) {
    const time = row.at ?? at('2026-03-10T12:00:00Z');
    appender.appendVarchar(row.app ?? 'shop');
    appender.appendVarchar(new Date(time).toISOString().slice(0, 10));
    appender.appendVarchar(row.event);
    appender.appendBigInt(BigInt(time));
    appender.appendBigInt(BigInt(row.person ?? i));
    if (row.channel === null) appender.appendNull();
    else appender.appendVarchar(row.channel ?? 'search');
    appender.appendVarchar(row.device ?? 'mobile');
    if (row.bot === undefined) appender.appendNull();
    else appender.appendBoolean(row.bot);
    appender.appendVarchar(JSON.stringify(row.properties ?? {}));
    appender.appendNull();
    appender.endRow();
  }
  appender.closeSync();
}

const QUESTION: TotalsQuestion = {
  app: 'shop',
  range: { from: at('2026-03-01T00:00:00Z'), to: at('2026-04-01T00:00:00Z') },
  tz: 'UTC',
  events: [],
  count: 'events',
  filters: [],
  breakdown: [],
  dimensions: [{ name: 'plan', property: 'plan' }],
  includeBots: false,
};

async function ask(more: Partial<TotalsQuestion> = {}) {
  const question: TotalsQuestion = { ...QUESTION, ...more };
  const statement = totalsSql(statementText('questions/totals'), question);
  const result = await connection.runAndReadAll(statement);
  const rows = result
    .getRowObjectsJS()
    .map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          typeof value === 'bigint' ? Number(value) : value,
        ]),
      ),
    ) as TotalsRow[];
  return readTotals(rows, question);
}

const KINDS = { home: 150, search: 80, product: 80, cart: 40, payment: 10, confirmation: 7 };
const NAMES = Object.keys(KINDS);
const SHARES = [1, 0.5333, 0.5333, 0.2667, 0.0667, 0.0467];
const DROP_OFFS = [null, 0.4667, 0, 0.5, 0.75, 0.3];

function plainest(more: Partial<TestEvent> = {}): TestEvent[] {
  return Object.entries(KINDS).flatMap(([event, count]) =>
    Array.from({ length: count }, () => ({ event, ...more })),
  );
}

describe('the plainest funnel', () => {
  test('150, 80, 80, 40, 10 and 7 events give their shares and drop-offs', async () => {
    await store(plainest());
    const { events } = await ask({ events: NAMES });
    expect(events.map(({ event }) => event)).toEqual(NAMES);
    expect(events.map(({ count }) => count)).toEqual(Object.values(KINDS));
    expect(events.map(({ share }) => share)).toEqual(SHARES);
    expect(events.map(({ drop_off }) => drop_off)).toEqual(DROP_OFFS);
  });

  test('the same within a time range, by channel and by device, whatever lies around', async () => {
    await store([
      ...plainest({ channel: 'email', device: 'desktop' }),
      ...plainest({ channel: 'search', device: 'tablet' }).slice(0, 100),
      ...plainest({ at: at('2026-03-20T00:00:00Z') }),
    ]);
    const range = { from: at('2026-03-10T00:00:00Z'), to: at('2026-03-20T00:00:00Z') };
    const answer = await ask({ events: NAMES, range, breakdown: ['channel', 'device'] });
    expect(answer.events[0]).toEqual({ event: 'home', count: 250, share: 1, drop_off: null });
    expect(answer.groups.map(({ values }) => values)).toEqual([
      { channel: 'email', device: 'desktop' },
      { channel: 'search', device: 'tablet' },
    ]);
    const email = answer.groups[0]?.events ?? [];
    expect(email.map(({ share }) => share)).toEqual(SHARES);
    expect(email.map(({ drop_off }) => drop_off)).toEqual(DROP_OFFS);
    expect(answer.groups[1]?.events[1]).toEqual({
      event: 'search',
      count: 0,
      share: 0,
      drop_off: 1,
    });
    expect(answer.truncated).toBe(false);
  });

  test('without names: all events, the most frequent first', async () => {
    await store([...plainest(), { event: 'error' }]);
    const { events } = await ask();
    expect(events.map(({ event, count }) => [event, count])).toEqual([
      ['home', 150],
      ['product', 80],
      ['search', 80],
      ['cart', 40],
      ['payment', 10],
      ['confirmation', 7],
      ['error', 1],
    ]);
  });
});

describe('what is counted', () => {
  test('people count once, over all and in each part', async () => {
    await store([
      { event: 'a', person: 1, channel: 'email' },
      { event: 'a', person: 1, channel: 'search' },
      { event: 'a', person: 2, channel: 'search' },
      { event: 'b', person: 1, channel: 'search' },
    ]);
    const answer = await ask({ events: ['a', 'b'], count: 'people', breakdown: ['channel'] });
    expect(answer.events.map(({ count }) => count)).toEqual([2, 1]);
    expect(answer.groups.map(({ values, events }) => [values.channel, events[0]?.count])).toEqual([
      ['search', 2],
      ['email', 1],
    ]);
  });

  test('bots are out unless asked for; an unlabelled event is none', async () => {
    await store([{ event: 'a', bot: true }, { event: 'a', bot: false }, { event: 'a' }]);
    expect((await ask()).events[0]?.count).toBe(2);
    expect((await ask({ includeBots: true })).events[0]?.count).toBe(3);
  });

  test('other apps are never counted, not even by a name with a quote', async () => {
    await store([{ event: 'a' }, { event: 'a', app: 'other' }]);
    expect((await ask()).events[0]?.count).toBe(1);
    expect((await ask({ app: "x' OR '1'='1" })).events).toEqual([]);
  });

  test('the range is half-open', async () => {
    await store([
      { event: 'a', at: at('2026-03-01T00:00:00Z') },
      { event: 'a', at: at('2026-03-31T23:59:59.999Z') },
      { event: 'a', at: at('2026-04-01T00:00:00Z') },
      { event: 'a', at: at('2026-02-28T23:59:59.999Z') },
    ]);
    expect((await ask()).events[0]?.count).toBe(2);
  });

  test('no events, or none of the named: zeros without a division by them', async () => {
    await store([]);
    expect(await ask()).toEqual({ events: [], groups: [{ values: {}, events: [] }] });
    expect((await ask({ events: ['a', 'b'] })).events).toEqual([
      { event: 'a', count: 0, share: 0, drop_off: null },
      { event: 'b', count: 0, share: 0, drop_off: null },
    ]);
  });

  test('more after fewer is a negative drop-off', async () => {
    await store([{ event: 'a' }, { event: 'b' }, { event: 'b' }]);
    expect((await ask({ events: ['a', 'b'] })).events[1]).toEqual({
      event: 'b',
      count: 2,
      share: 1,
      drop_off: -1,
    });
  });
});

describe('more events than an answer holds', () => {
  it('are cut, and the answer says so', () => {
    const rows = Array.from({ length: 20_001 }, (_, i) => ({
      event: `page ${i}`,
      counted: 1,
      is_overall: 1,
    }));

    const answer = readTotals(rows, QUESTION);

    expect(answer.events).toHaveLength(20_000);
    expect(answer.truncated).toBe(true);
    expect(readTotals(rows.slice(1), QUESTION)).not.toHaveProperty('truncated');
  });
});

describe('filters and breakdowns', () => {
  test('several values are alternatives, dimensions hold together, a missing value passes a negation', async () => {
    await store([
      { event: 'a', channel: 'email', properties: { plan: 'pro' } },
      { event: 'a', channel: 'search', properties: { plan: 'pro' } },
      { event: 'a', channel: 'social', properties: { plan: 'pro' } },
      { event: 'a', channel: 'email', properties: { plan: "it's" } },
      { event: 'a', channel: null, properties: {} },
    ]);
    const among = { property: 'channel', op: 'in', value: ['email', 'search'] } as const;
    const plan = { property: 'plan', op: 'in', value: ['pro'] } as const;
    const notEmail = { property: 'channel', op: 'not_in', value: ['email'] } as const;
    const count = async (filters: TotalsQuestion['filters']) =>
      (await ask({ filters })).events[0]?.count;
    expect(await count([among])).toBe(3);
    expect(await count([among, plan])).toBe(2);
    expect(await count([notEmail])).toBe(3);
    expect(await count([{ property: 'plan', op: 'in', value: ["it's"] }])).toBe(1);
  });

  test('a missing value is a group of its own and not the sum', async () => {
    await store([
      { event: 'a', channel: null },
      { event: 'a', channel: 'email' },
      { event: 'a', channel: 'email' },
    ]);
    const answer = await ask({ breakdown: ['channel'] });
    expect(answer.events[0]?.count).toBe(3);
    expect(answer.groups.map(({ values, events }) => [values.channel, events[0]?.count])).toEqual([
      ['email', 2],
      [null, 1],
    ]);
  });

  test('days are those of the time zone, those of 23 and 25 hours too', async () => {
    const hourly = (from: string): TestEvent[] =>
      Array.from({ length: 3 * 24 }, (_, i) => ({ event: 'a', at: at(from) + i * 3_600_000 }));
    await store([...hourly('2026-03-28T00:30:00Z'), ...hourly('2026-10-24T00:30:00Z')]);
    const answer = await ask({
      range: { from: at('2026-01-01T00:00:00Z'), to: at('2027-01-01T00:00:00Z') },
      tz: 'Europe/Berlin',
      breakdown: ['day'],
    });
    const counts = new Map(
      answer.groups.map(({ values, events }) => [values.day, events[0]?.count]),
    );
    expect(counts.get('2026-03-29')).toBe(23);
    expect(counts.get('2026-03-30')).toBe(24);
    expect(counts.get('2026-10-25')).toBe(25);
    expect([...counts.keys()]).toEqual([...counts.keys()].sort());
  });

  test('weeks start on Monday, months on the first, hours are told apart where the clock goes back', async () => {
    const time = at('2026-10-25T00:30:00Z');
    await store([
      { event: 'a', at: time },
      { event: 'a', at: time + 3_600_000 },
      { event: 'a', at: time + 3 * DAY_MS },
    ]);
    const by = async (period: string) =>
      (
        await ask({
          range: { from: at('2026-10-01T00:00:00Z'), to: at('2026-12-01T00:00:00Z') },
          tz: 'Europe/Berlin',
          breakdown: [period],
        })
      ).groups.map(({ values, events }) => [values[period], events[0]?.count]);
    expect(await by('week')).toEqual([
      ['2026-10-19', 2],
      ['2026-10-26', 1],
    ]);
    expect(await by('month')).toEqual([['2026-10-01', 3]]);
    expect((await by('hour'))?.slice(0, 2)).toEqual([
      ['2026-10-25T02:00+02:00', 1],
      ['2026-10-25T02:00+01:00', 1],
    ]);
  });
});
