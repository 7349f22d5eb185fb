import type { Filter } from '../../../core/funnel.ts';
import { filterSql, jsonPath } from '../../../core/sql/filters.ts';
import { type FunnelEngine, startEngine, type TestEvent } from '../../conformance/funnel-engine.ts';

const EVENTS: readonly TestEvent[] = [
  event(1, { flag: true, n: 95, s: 'Hello World', 'a.b': 'dot', "it's": 'x', path: '/Cart' }),
  event(2, { flag: false, n: 95.5, s: '100%_sure', nested: { s: 'x' }, 'q"\\': 'odd' }),
  event(3, { n: 'ninety', s: '' }),
  { person: 4, event: 'e', event_at: 1, traits: { plan: 'pro' } },
];

let engine: FunnelEngine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.load(EVENTS, 'shop');
  await engine.run('UPDATE events SET revenue = 95, elapsed_ms = 95 WHERE person_key = 1');
});
afterAll(() => engine.close());

const CASES: readonly (readonly [Filter, readonly number[]])[] = [
  [{ property: 'flag', op: 'equals', value: true }, [1]],
  [{ property: 'flag', op: 'equals', value: 'true' }, [1]],
  [{ property: 'flag', op: 'not_equals', value: true }, [2, 3, 4]],
  [{ property: 'n', op: 'equals', value: 95 }, [1]],
  [{ property: 'n', op: 'in', value: ['95', '95.5'] }, [1, 2]],
  [{ property: 'n', op: 'not_in', value: ['95', '95.5'] }, [3, 4]],
  [{ property: 'n', op: 'gt', value: 95 }, [2]],
  [{ property: 'n', op: 'gte', value: '95' }, [1, 2]],
  [{ property: 'n', op: 'lt', value: 1000 }, [1, 2]],
  [{ property: 'n', op: 'lte', value: 95 }, [1]],
  [{ property: 's', op: 'contains', value: 'o w' }, [1]],
  [{ property: 's', op: 'contains', value: '%_S' }, [2]],
  [{ property: 's', op: 'contains', value: '_' }, [2]],
  [{ property: 's', op: 'not_contains', value: 'HELLO' }, [2, 3, 4]],
  [{ property: 's', op: 'is_set' }, [1, 2, 3]],
  [{ property: 's', op: 'is_not_set' }, [4]],
  [{ property: 'nested', op: 'is_set' }, []],
  [{ property: 'a.b', op: 'equals', value: 'dot' }, [1]],
  [{ property: "it's", op: 'is_set' }, [1]],
  [{ property: 'q"\\', op: 'equals', value: 'odd' }, [2]],
  [{ property: 'path', op: 'contains', value: 'cart' }, [1]],
  [{ property: 'revenue', op: 'equals', value: '95.0' }, [1]],
  [{ property: 'revenue', op: 'equals', value: 'much' }, []],
  [{ property: 'revenue', op: 'gt', value: 94.5 }, [1]],
  [{ property: 'elapsed_ms', op: 'equals', value: 95 }, [1]],
  [{ property: 'is_bot', op: 'equals', value: false }, [1, 2, 3, 4]],
  [{ property: 'plan', op: 'equals', value: 'pro', scope: 'person' }, [4]],
  [{ property: 'plan', op: 'equals', value: 'pro' }, []],
  [
    {
      any: [
        { property: 'n', op: 'equals', value: 95 },
        { property: 's', op: 'is_not_set' },
      ],
    },
    [1, 4],
  ],
  [
    {
      all: [
        { property: 'n', op: 'is_set' },
        { property: 'flag', op: 'is_not_set' },
      ],
    },
    [3],
  ],
  [{ any: [] }, []],
  [{ all: [] }, [1, 2, 3, 4]],
];

test.each(CASES)('%j is met by the events %j', async (filter, people) => {
  const rows = await engine.rows(
    `SELECT person_key FROM events WHERE ${filterSql(filter)} ORDER BY person_key`,
  );
  expect(rows.map((row) => Number(row.person_key))).toEqual(people);
});

test('a value that looks like SQL stays a value', async () => {
  const filter: Filter = { property: "x' OR true --", op: 'equals', value: "' OR 1=1 --" };

  expect(await engine.rows(`SELECT 1 AS one FROM events WHERE ${filterSql(filter)}`)).toEqual([]);
});

test('plain keys and odd keys become paths that Trino reads', () => {
  expect(jsonPath('plan')).toBe('$.plan');
  expect(jsonPath('$session_id')).toBe('$["$session_id"]');
  expect(jsonPath('a"b\\c')).toBe('$["a\\"b\\\\c"]');
});

function event(person: number, properties: Record<string, unknown>): TestEvent {
  return { person, event: 'e', event_at: 1, properties };
}
