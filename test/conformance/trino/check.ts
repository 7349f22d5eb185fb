import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createTableAs } from '../../../core/sql/ctas.ts';
import type { Sql } from '../../../core/sql/quote.ts';
import { TRINO_FUNCTIONS } from '../../../local/athena/trino-functions.ts';
import { Stack } from '../../local/athena/stack.ts';
import { folderArgument } from '../../tool-arguments.ts';
import { difference } from './compare.ts';
import { arrivalHours, Lake, type LakeTable, RAW_TABLE, rawFolder, rawHourSql } from './lake.ts';
import { letterQuestions, makeLetters } from './letters.ts';
import { reconciliationStatements } from './reconciliation.ts';
import { Trino } from './server.ts';
import {
  BUILT,
  DATES,
  eventsOf,
  FUNNELS,
  factDates,
  factsOf,
  questions,
  scan,
} from './statements.ts';

let passed = 0;
let failed = 0;

/** Runs one comparison and prints its line. */
async function check(name: string, run: () => Promise<string | null>): Promise<void> {
  let problem: string | null;
  try {
    problem = await run();
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  if (problem === null) passed++;
  else failed++;
  console.log(problem === null ? `ok    ${name}` : `FAIL  ${name}: ${problem}`);
}

const home = folderArgument('npm run trino -- FOLDER, where .ci/trino/check.sh keeps Trino');
const folder = mkdtempSync(join(tmpdir(), 'trino-check-'));
const local = await new Stack(join(folder, 'local')).open();
const trino = await Trino.start(home, folder);
try {
  const lake = new Lake(local, trino);
  await trino.run('CREATE SCHEMA hive.lake');
  await check('SHOW FUNCTIONS is the list that local Athena checks calls against', sameFunctions);
  await expressions(lake);
  await makeRaw(lake);
  await check(scan().name, () => compareQuery(lake, scan().sql));
  await build(lake);
  await makeLetters(lake);
  for (const { name, sql } of [...questions(), ...letterQuestions(), ...reconciliationStatements()])
    await check(name, () => compareQuery(lake, sql));
} finally {
  await trino.stop();
  await local.close();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function compareQuery(lake: Lake, sql: string): Promise<string | null> {
  const [expected, got] = await Promise.all([lake.trino.run(sql), lake.local.allRows(sql)]);
  return difference(expected, got);
}

/** The names of Trino's functions, both ways. */
async function sameFunctions(): Promise<string | null> {
  const { rows } = await trino.run('SHOW FUNCTIONS');
  const names = new Set(rows.map(([name]) => String(name)));
  const missing = [...names].filter((name) => !TRINO_FUNCTIONS.includes(name));
  const unknown = TRINO_FUNCTIONS.filter((name) => !names.has(name));
  if (missing.length + unknown.length === 0) return null;
  return `not in our list: ${missing.join(', ')}; not in Trino: ${unknown.join(', ')}`;
}

/** Expressions one by one: both give the same value, or both refuse. */
async function expressions(lake: Lake): Promise<void> {
  const file = join(import.meta.dirname, 'expressions.sql');
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const line of lines.filter((text) => text !== '' && !text.startsWith('--'))) {
    await check(line, async () => {
      const sql = `SELECT ${line} AS value`;
      const [expected, got] = await Promise.allSettled([
        lake.trino.run(sql),
        lake.local.allRows(sql),
      ]);
      if (expected.status === 'rejected' && got.status === 'rejected') return null;
      if (expected.status === 'rejected') return `Trino refuses it: ${expected.reason}`;
      if (got.status === 'rejected') return `refused locally: ${got.reason}`;
      return difference(expected.value, got.value);
    });
  }
}

async function makeRaw(lake: Lake): Promise<void> {
  await lake.createTable(RAW_TABLE);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  for (const [i, hour] of arrivalHours().entries()) {
    await connection.run(rawHourSql(hour, i, join(lake.path(rawFolder(hour)), 'part.parquet')));
    const [dt, hh] = hour.split('T');
    await lake.register(RAW_TABLE, [dt!, hh!], rawFolder(hour));
  }
  connection.closeSync();
  instance.closeSync();
}

/** Builds all tables with the product's CTAS on both, compares the tables, and goes on with the local one's files. */
async function build(lake: Lake): Promise<void> {
  for (const table of Object.values(BUILT)) await lake.createTable(table);
  for (const date of DATES)
    await buildPartition(lake, BUILT.events, ['shop', date], eventsOf(date));
  for (const table of ['funnel_steps', 'funnel_attempts', 'funnel_months'] as const)
    for (const funnel of FUNNELS)
      for (const date of factDates(table, funnel))
        await buildPartition(
          lake,
          BUILT[table],
          ['shop', funnel.name, date],
          factsOf(table, funnel, date),
        );
}

async function buildPartition(
  lake: Lake,
  table: LakeTable,
  values: readonly string[],
  select: string,
): Promise<void> {
  const folder = `tables/${table.name}/${table.keys.map((key, i) => `${key}=${values[i]}`).join('/')}`;
  const name = `tmp_${table.name}`;
  await check(`CTAS ${folder}`, async () => {
    const statement = { database: 'lake', table: name, select: select as Sql };
    await lake.trino.run(
      createTableAs({
        ...statement,
        dialect: 'trino',
        location: `${lake.url(`trino/${folder}`)}/`,
      }),
      { 'hive.compression_codec': 'ZSTD' },
    );
    const location = `s3://lake/${folder}/run=1/`;
    const { state, reason } = await lake.local.run(createTableAs({ ...statement, location }));
    if (state !== 'SUCCEEDED') return reason;
    const problem = await compareQuery(lake, `SELECT * FROM ${name}`);
    await lake.trino.run(`DROP TABLE ${name}`);
    await lake.local.rows(`DROP TABLE ${name}`);
    return problem;
  });
  await lake.register(table, values, `${folder}/run=1`);
}
