import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Column } from '../../../core/columns.ts';
import {
  type DeadLettersQuestion,
  deadLetterSamplesSql,
  deadLettersSql,
} from '../../../core/sql/dead-letters.ts';
import { statementText } from '../../../lambdas/runtime/statements.ts';
import { DAYS, FIRST_DAY, type Lake, type LakeTable } from './lake.ts';
import type { NamedStatement } from './statements.ts';

const START = Date.parse(FIRST_DAY);
const DAY_MS = 86_400_000;
const DATES = Array.from({ length: DAYS }, (_, i) =>
  new Date(START + i * DAY_MS).toISOString().slice(0, 10),
);

/** SQL of DuckDB for each column, of row i of a day. A letter in nine was delivered twice. */
const LETTER = {
  dead_letter_id: "'d' || (i % 900)",
  received_at: `${START} + (i % 900) * 190000`,
  app_id: "CASE WHEN i % 13 = 0 THEN 'other' ELSE 'shop' END",
  code: "['schema_violation','invalid_json','unknown_event'][1 + i % 900 % 3]",
  pointer: "'/properties/' || (i % 900 % 4)",
  message: "'is wrong: ' || (i % 900)",
  schema: "CASE WHEN i % 900 % 3 = 0 THEN 'cart/1-0-' || (i % 900 % 2) END",
  message_id: "'m' || (i % 900)",
  type: "'track'",
  event: "['cart','pay',NULL][1 + i % 900 % 3]",
  payload: "repeat('ü{}', i % 900)",
  request: "'{}'",
  part_of: "CASE WHEN i % 900 % 10 = 0 THEN 'd' || (i % 900 + 1) END",
};
const TRY = {
  dead_letter_id: "'d' || (i % 300)",
  redriven_at: `${START} + ${DAY_MS} + i`,
  app_id: "'shop'",
  outcome: "CASE WHEN i % 7 = 0 THEN 'passed' WHEN i % 11 = 0 THEN 'dismissed' ELSE 'failed' END",
  code: "CASE WHEN i % 7 <> 0 THEN 'schema_violation' END",
  pointer: "CASE WHEN i % 7 <> 0 THEN '/properties/x' END",
  message: "CASE WHEN i % 7 <> 0 THEN 'is still wrong: ' || i END",
  schema: "CASE WHEN i % 2 = 0 AND i % 7 <> 0 THEN 'cart/2-0-0' END",
  events: 'CASE WHEN i % 14 = 0 THEN CAST(1 + i % 5 AS int) END',
};

const TABLES = [
  { table: tableOf('dead_letters', LETTER), values: LETTER },
  { table: tableOf('redrives', TRY), values: TRY },
];

function tableOf(name: string, values: Readonly<Record<string, string>>): LakeTable {
  const columns = Object.keys(values).map(
    (column): Column => ({
      name: column,
      type: column === 'events' ? 'int' : column.endsWith('_at') ? 'bigint' : 'string',
      comment: '',
    }),
  );
  return { name, columns, keys: ['dt'] };
}

/** Makes dead letters and what became of them, in both catalogs. */
export async function makeLetters(lake: Lake): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  for (const { table, values } of TABLES) {
    await lake.createTable(table);
    for (const [day, date] of DATES.entries()) {
      const folder = `${table.name}/dt=${date}`;
      const file = join(lake.path(folder), 'part.parquet');
      mkdirSync(dirname(file), { recursive: true });
      const list = Object.entries(values).map(([name, sql]) => `${sql} AS "${name}"`);
      await connection.run(
        `COPY (SELECT ${list.join(', ')} FROM range(${day * 500}, ${day * 500 + 500}) AS rows(i)) TO '${file}' (FORMAT parquet)`,
      );
      await lake.register(table, [date], folder);
    }
  }
  connection.closeSync();
  instance.closeSync();
}

/** Questions for dead letters. */
export function letterQuestions(): NamedStatement[] {
  const question = (more: Partial<DeadLettersQuestion>): DeadLettersQuestion => ({
    app: 'shop',
    range: { from: START, to: START + DAYS * DAY_MS },
    tz: 'Europe/Berlin',
    chosen: { codes: [], schemas: [], events: [] },
    samples: 50,
    ...more,
  });
  const chosen = { codes: ['schema_violation'], schemas: ['cart/1', "o'clock"], events: ['cart'] };
  const asked = {
    'of all': question({}),
    chosen: question({ chosen, tz: 'America/New_York' }),
  };
  return Object.entries(asked).flatMap(([name, one]) => [
    {
      name: `questions/dead_letters ${name}`,
      sql: deadLettersSql(statementText, one),
    },
    {
      name: `questions/dead_letter_samples ${name}`,
      sql: deadLetterSamplesSql(statementText, one),
    },
  ]);
}
