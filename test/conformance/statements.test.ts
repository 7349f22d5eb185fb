import { attemptColumns, monthColumns, stepColumns } from '../../core/sql/funnels.ts';
import { type FunnelEngine, startEngine } from './funnel-engine.ts';
import { representativeStatements } from './statements.ts';

const TYPES = {
  string: 'VARCHAR',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  int: 'INTEGER',
};
const KEYS = [{ name: 'app_id' }, { name: 'funnel' }, { name: 'event_date' }];
const DIMENSIONS = [{ name: 'plan', property: 'plan' }];

let engine: FunnelEngine;
beforeAll(async () => {
  engine = await startEngine();
  for (const [table, columns] of [
    ['funnel_steps', stepColumns(DIMENSIONS)],
    ['funnel_attempts', attemptColumns(DIMENSIONS)],
    ['funnel_months', monthColumns()],
  ] as const) {
    const all = [...columns, ...KEYS.map(({ name }) => ({ name, type: 'string' as const }))];
    const declared = all.map(({ name, type }) => `"${name}" ${TYPES[type]}`);
    await engine.run(`CREATE TABLE ${table} (${declared.join(', ')})`);
  }
});
afterAll(() => engine.close());

test.each(representativeStatements())(
  '$name runs on the tables as the catalog has them',
  async ({ sql }) => {
    expect(await engine.rows(sql)).toBeInstanceOf(Array);
  },
);

test.each(representativeStatements().filter(({ name }) => / of a (day|month)$/.test(name)))(
  '$name makes only columns that the catalog has, with their types',
  async ({ name, sql }) => {
    const made = await engine.rows(`DESCRIBE ${sql}`);

    const columns = name.includes('months of')
      ? monthColumns()
      : (name.includes('steps of') ? stepColumns : attemptColumns)(DIMENSIONS);
    const known = new Map<unknown, string>(
      columns.map((column) => [column.name, TYPES[column.type]]),
    );
    for (const { column_name, column_type } of made) {
      expect({ column_name, column_type }).toEqual({
        column_name,
        column_type: known.get(column_name),
      });
    }
  },
);

test.each(representativeStatements())(
  '$name names its tenant and days wherever it reads a table',
  ({ sql }) => {
    const reads = sql.match(/FROM (events|funnel_steps|funnel_attempts|funnel_months)\b/g) ?? [];
    expect(reads.length).toBeGreaterThan(0);
    expect(sql.match(/app_id = 'shop'/g) ?? []).toHaveLength(reads.length);
    expect((sql.match(/AND event_date <?= '/g) ?? []).length).toBe(reads.length);
  },
);

test.each(representativeStatements())(
  '$name uses nothing that the two engines read differently',
  ({ sql }) => {
    const text = sql.replaceAll(/'(?:[^']|'')*'/g, "''");
    for (const refused of [
      /\/(?!\*)/,
      /->/,
      /\bQUALIFY\b/i,
      /::/,
      /\bLIKE\b/,
      /approx_/,
      /bitwise/,
      /xor/i,
      /&/,
    ]) {
      expect(text).not.toMatch(refused);
    }
  },
);
