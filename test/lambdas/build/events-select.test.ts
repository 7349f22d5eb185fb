import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { dayOf, hourOf } from '../../../core/arrival-hours.ts';
import { ENVELOPE } from '../../../core/columns.ts';
import { scanSql } from '../../../lambdas/build/discover.ts';
import { eventsHash, eventsSelect } from '../../../lambdas/build/events-select.ts';

/** A row of raw_events with what matters here. Times are epoch ms. */
interface Arrival {
  readonly message_id: string | null;
  readonly event_at: number | null;
  readonly received_at: number;
  readonly arrived_at: number;
  readonly app_id?: string | null;
  readonly user_key?: number;
  readonly anonymous_key?: number;
}

const at = (text: string): number => Date.parse(`${text}Z`);
let connection: DuckDBConnection;

beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => connection.closeSync());

async function arrive(arrivals: readonly Arrival[]): Promise<void> {
  const columns = ENVELOPE.map(
    ({ name, type }) => `"${name}" ${type === 'string' ? 'varchar' : type}`,
  );
  await connection.run('DROP TABLE IF EXISTS raw_events');
  await connection.run(`CREATE TABLE raw_events (${columns.join(', ')}, dt varchar, hour varchar)`);
  for (const { arrived_at, app_id = 'shop', ...row } of arrivals) {
    const hour = hourOf(arrived_at);
    const values = { ...row, app_id, dt: hour.slice(0, 10), hour: hour.slice(11) };
    const names = Object.keys(values).map((name) => `"${name}"`);
    const literals = Object.values(values).map((value) =>
      value === null || value === undefined ? 'NULL' : `'${value}'`,
    );
    await connection.run(
      `INSERT INTO raw_events (${names.join(', ')}) VALUES (${literals.join(', ')})`,
    );
  }
}

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return (await connection.runAndReadAll(sql)).getRowObjects();
}

/** Builds every day that the app's rows fall on, as plan and prepare do. */
async function buildAll(dedupWindowDays = 7): Promise<Map<string, Record<string, unknown>[]>> {
  const hours = [...new Set((await rows('SELECT dt, hour FROM raw_events')).map(hourName))];
  const touches = (await rows(scanSql(hours))).filter(
    (touch) => touch.event_day !== null && touch.app_id === 'shop',
  );
  const days = new Map<string, Record<string, unknown>[]>();
  for (const [eventDate, group] of Map.groupBy(touches, (t) => dayOf(Number(t.event_day)))) {
    const select = {
      appId: 'shop',
      eventDate,
      hours: group.map(hourName),
      dedupWindowDays,
      knownHours: hours,
    };
    days.set(eventDate, await rows(eventsSelect(select)));
  }
  return days;
}

function hourName(row: Record<string, unknown>): string {
  return `${row.dt}T${row.hour}`;
}

describe('the statement of events', () => {
  test('a message that arrives five times over hours and days is one row, of its first arrival', async () => {
    const first = { message_id: 'm', event_at: at('2026-11-20T23:59:59'), received_at: 1 };
    const arrived = ['20T23:59', '20T23:59', '21T00:10', '21T05:00', '24T12:00'];
    await arrive(
      arrived.map((hour, i) => ({
        ...first,
        received_at: at(`2026-11-${hour}`) + i,
        arrived_at: at(`2026-11-${hour}`),
      })),
    );

    const days = await buildAll();

    expect([...days.keys()]).toEqual(['2026-11-20']);
    expect(days.get('2026-11-20')).toMatchObject([
      { message_id: 'm', received_at: BigInt(at('2026-11-20T23:59')) },
    ]);
  });

  test('copies whose event days differ are one row, in the day of the first arrival', async () => {
    await arrive([
      {
        message_id: 'm',
        event_at: at('2026-11-20T23:59'),
        received_at: 5,
        arrived_at: at('2026-11-21T09:00'),
      },
      {
        message_id: 'm',
        event_at: at('2026-11-21T00:01'),
        received_at: 4,
        arrived_at: at('2026-11-21T09:30'),
      },
      {
        message_id: 'm',
        event_at: at('2026-11-19T00:01'),
        received_at: 1,
        arrived_at: at('2026-11-21T10:00'),
      },
    ]);

    const days = await buildAll();

    expect(days.get('2026-11-20')).toEqual([]);
    expect(days.get('2026-11-19')).toEqual([]);
    expect(days.get('2026-11-21')).toMatchObject([{ received_at: 4n }]);
  });

  test('an event that arrives a month late is in the day that it happened', async () => {
    const event_at = at('2026-10-20T12:00');
    await arrive([
      { message_id: 'm', event_at, received_at: 1, arrived_at: at('2026-11-21T09:00') },
    ]);

    const days = await buildAll();

    expect(days.get('2026-10-20')).toHaveLength(1);
  });

  test('rows that are no events and rows of other apps are left out', async () => {
    const event = {
      event_at: at('2026-11-21T09:00'),
      received_at: 1,
      arrived_at: at('2026-11-21T09:00'),
    };
    await arrive([
      { ...event, message_id: 'a', user_key: 7, anonymous_key: 8 },
      { ...event, message_id: 'b', anonymous_key: 9 },
      { ...event, message_id: 'a', app_id: 'blog', arrived_at: event.arrived_at - 3_600_000 },
      { ...event, message_id: null },
      { ...event, message_id: '' },
      { ...event, message_id: 'c', event_at: null },
      { ...event, message_id: 'd', event_at: -1 },
      { ...event, message_id: 'e', event_at: 253_402_300_800_000 },
      { ...event, message_id: 'f', app_id: null },
    ]);

    const days = await buildAll();

    const found = days
      .get('2026-11-21')
      ?.map(({ message_id, person_key }) => [message_id, person_key]);
    expect(found?.sort()).toEqual([
      ['a', 7n],
      ['b', 9n],
    ]);
  });

  test('every message is one row over all days, whatever the order of arrival', async () => {
    const hour = fc.integer({ min: 0, max: 24 * 7 });
    const arrival = fc.record({
      message_id: fc.constantFrom('a', 'b', 'c'),
      event_at: hour.map((n) => at('2026-11-10T00:00') + n * 3_600_000),
      received_at: fc.integer({ min: 1, max: 3 }),
      arrived_at: hour.map((n) => at('2026-11-12T00:00') + n * 3_600_000),
    });
    const arrivals = fc.array(arrival, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(arrivals, async (all) => {
        await arrive(all);

        const days = await buildAll();

        const ids = [...days.values()].flat().map((row) => row.message_id);
        expect(ids.sort()).toEqual([...new Set(all.map(({ message_id }) => message_id))].sort());
      }),
      { numRuns: 30 },
    );
  });

  describe('says whose an event is', () => {
    /** An event that arrives when it happens, or later. */
    const seen = (
      message_id: string,
      day: string,
      keys: Pick<Arrival, 'user_key' | 'anonymous_key' | 'app_id'>,
      arrived = day,
    ): Arrival => {
      const event_at = at(`2026-11-${day}`);
      const arrived_at = at(`2026-11-${arrived}`);
      return { message_id, event_at, received_at: arrived_at, arrived_at, ...keys };
    };
    /** Whose each message is. */
    const people = async (dedupWindowDays = 7): Promise<Record<string, number>> => {
      const days = await buildAll(dedupWindowDays);
      const found = [...days.values()].flat();
      return Object.fromEntries(found.map((row) => [row.message_id, Number(row.person_key)]));
    };

    test("the user's whom its device names on the same day, before or after it", async () => {
      await arrive([
        seen('before', '20T09:00', { anonymous_key: 8 }),
        seen('login', '20T10:00', { anonymous_key: 8, user_key: 7 }),
        seen('after', '20T11:00', { anonymous_key: 8 }),
        seen('by user id', '20T12:00', { user_key: 7 }),
        seen('other device', '20T09:00', { anonymous_key: 9 }),
      ]);

      expect(await people()).toEqual({
        before: 7,
        login: 7,
        after: 7,
        'by user id': 7,
        'other device': 9,
      });
    });

    test("the first user's where a device is used by several, whatever the order of arrival", async () => {
      await arrive([
        seen('second', '20T10:00', { anonymous_key: 8, user_key: 5 }),
        seen('anonymous', '20T11:00', { anonymous_key: 8 }),
        seen('first', '20T09:00', { anonymous_key: 8, user_key: 70 }, '20T12:00'),
      ]);

      expect(await people()).toEqual({ second: 5, anonymous: 70, first: 70 });
    });

    test('the user with the smaller key where two identify at the same time', async () => {
      const largest = 2 ** 53 - 1;
      await arrive([
        seen('a', '20T10:00', { anonymous_key: 8, user_key: largest }),
        seen('b', '20T10:00', { anonymous_key: 8, user_key: 30 }),
        seen('anonymous', '20T11:00', { anonymous_key: 8 }),
      ]);

      expect(await people()).toEqual({ a: largest, b: 30, anonymous: 30 });
    });

    test('keys of 63 bits survive', async () => {
      await arrive([
        seen('login', '20T10:00', { anonymous_key: 8 }),
        seen('anonymous', '20T11:00', { anonymous_key: 8 }),
      ]);
      const key = 2n ** 63n - 1n;
      await connection.run(`UPDATE raw_events SET user_key = ${key} WHERE message_id = 'login'`);

      const days = await buildAll();

      expect(days.get('2026-11-20')?.map((row) => row.person_key)).toEqual([key, key]);
    });

    test('identities of another app, and rows that are no events, name nobody', async () => {
      await arrive([
        seen('elsewhere', '20T10:00', { anonymous_key: 8, user_key: 7, app_id: 'blog' }),
        { ...seen('timeless', '20T10:00', { anonymous_key: 8, user_key: 7 }), event_at: -1 },
        { ...seen('negative', '20T10:00', { anonymous_key: 8, user_key: -7 }) },
        seen('anonymous', '20T11:00', { anonymous_key: 8 }),
      ]);

      expect(await people()).toEqual({ negative: -7, anonymous: 8 });
    });

    test('identities of the window before and after the day are seen, and no others', async () => {
      await arrive([
        seen('a', '20T23:59', { anonymous_key: 1 }),
        seen('a1', '18T00:00', { anonymous_key: 1, user_key: 11 }),
        seen('b', '20T00:00', { anonymous_key: 2 }),
        seen('b1', '22T23:59', { anonymous_key: 2, user_key: 12 }),
        seen('c', '20T23:59', { anonymous_key: 3 }),
        seen('c1', '17T23:59', { anonymous_key: 3, user_key: 13 }),
        seen('d', '20T00:00', { anonymous_key: 4 }),
        seen('d1', '23T00:00', { anonymous_key: 4, user_key: 14 }),
      ]);

      expect(await people(2)).toMatchObject({ a: 11, b: 12, c: 3, d: 4 });
      expect(await people(1)).toMatchObject({ a: 1, b: 2, c: 3, d: 4 });
    });

    test('as it reads in the definition, for whatever arrives in whatever order', async () => {
      const hour = fc.integer({ min: 0, max: 60 });
      const key = (...keys: number[]) => fc.constantFrom(undefined, ...keys);
      const one = fc.record({ happened: hour, late: hour, device: key(81, 82), user: key(3, 12) });
      await fc.assert(
        fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 8 }), async (all) => {
          const arrivals = all.map(({ happened, late, device, user }, i) => {
            const event_at = at('2026-11-10T00:00') + happened * 3_600_000;
            const arrived_at = event_at + late * 3_600_000;
            const keys = {
              ...(device === undefined ? {} : { anonymous_key: device }),
              ...(user === undefined ? {} : { user_key: user }),
            };
            return { message_id: `m${i}`, event_at, received_at: 1, arrived_at, ...keys };
          });
          await arrive(arrivals);

          const found = await people();

          const firstUser = (device?: number): number | undefined =>
            arrivals
              .filter((row) => row.anonymous_key === device && device !== undefined)
              .filter((row) => row.user_key !== undefined)
              .sort((a, b) => a.event_at - b.event_at || a.user_key! - b.user_key!)[0]?.user_key;
          const expected = arrivals.map(({ message_id, user_key, anonymous_key }) => [
            message_id,
            user_key ?? firstUser(anonymous_key) ?? anonymous_key ?? 0,
          ]);
          expect(found).toEqual(Object.fromEntries(expected));
        }),
        { numRuns: 30 },
      );
    });

    test('history that was loaded much later sees who identified in it, whatever the days between', async () => {
      await arrive([
        seen('visit', '01T10:00', { anonymous_key: 8 }, '25T09:10'),
        seen('login', '15T10:00', { anonymous_key: 8, user_key: 7 }, '25T11:50'),
      ]);

      expect(await people()).toEqual({ visit: 7, login: 7 });
    });
  });

  test('its hash is the same for all days and differs by app and window', () => {
    expect(eventsHash('shop', 7)).toBe(eventsHash('shop', 7));
    expect(
      new Set([eventsHash('shop', 7), eventsHash('shop', 8), eventsHash('blog', 7)]).size,
    ).toBe(3);
  });
});

describe('the scan', () => {
  test('counts the rows that name a device and a user', async () => {
    const event = {
      received_at: 1,
      arrived_at: at('2026-11-21T09:10'),
      event_at: at('2026-11-21T09:00'),
    };
    await arrive([
      { ...event, message_id: 'a', anonymous_key: 1, user_key: 2 },
      { ...event, message_id: 'b', anonymous_key: 1 },
      { ...event, message_id: 'c', user_key: 2 },
    ]);

    const found = await rows(scanSql(['2026-11-21T09']));

    expect(
      found.map(({ row_count, identity_count }) => [row_count, Number(identity_count)]),
    ).toEqual([[3n, 1]]);
  });

  test('counts rows by arrival hour, app and event day, and rows that are no events', async () => {
    const event = { received_at: 1, arrived_at: at('2026-11-21T09:10') };
    await arrive([
      { ...event, message_id: 'a', event_at: at('2026-11-21T09:00') },
      { ...event, message_id: 'a', event_at: at('2026-11-21T09:00') },
      { ...event, message_id: 'b', event_at: at('2026-11-20T09:00') },
      { ...event, message_id: null, event_at: at('2026-11-20T09:00') },
      {
        ...event,
        message_id: 'c',
        event_at: at('2026-11-20T09:00'),
        arrived_at: at('2026-11-21T10:00'),
      },
    ]);

    const found = await rows(scanSql(['2026-11-21T09']));

    const counts = found.map(({ event_day, row_count }) => [
      event_day === null ? null : dayOf(Number(event_day)),
      Number(row_count),
    ]);
    expect(new Map(counts as [string | null, number][])).toEqual(
      new Map([
        ['2026-11-20', 1],
        ['2026-11-21', 2],
        [null, 1],
      ]),
    );
  });
});
