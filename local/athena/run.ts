import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { Place } from '../glue/access.ts';
import type { Catalog } from '../glue/catalog.ts';
import type { Caller, ObjectStore } from '../service.ts';
import { Access } from './access.ts';
import { type CreateTableAs, planCreateTableAs } from './ctas.ts';
import { runDdl } from './ddl.ts';
import type { Engine } from './engine.ts';
import { QueryError } from './errors.ts';
import type { Execution, ResultColumn } from './executions.ts';
import { type Footers, type Location, parseLocation } from './files.ts';
import { formatValue } from './format.ts';
import { type Plan, type PlanContext, planQuery } from './plan.ts';
import { csvRow } from './results.ts';
import { parseStatement, type Statement } from './statement.ts';
import { significant, tokenize } from './tokens.ts';
import { bindParameters } from './translate.ts';
import { athenaType } from './types.ts';
import type { WorkGroup } from './workgroups.ts';

/** What running statements needs. */
export interface RunContext {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly store: ObjectStore;
  readonly place: Place;
  readonly footers: Footers;
  /** For files that are moved into the object store when they are whole. */
  readonly temporary: string;
}

/** A hand on a running query, to stop it. */
export interface Control {
  cancelled: boolean;
  connection?: DuckDBConnection;
  /** Called when the engine takes the query up: until then it is queued. */
  readonly started: () => void;
}

/** What a query changes in its record when it ends well. */
export type Outcome = Pick<
  Execution,
  'bytesScanned' | 'columns' | 'header' | 'updateCount' | 'resultLocation' | 'manifestLocation'
>;

/** A query that was stopped, by somebody or by the workgroup's byte limit. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  readonly bytesScanned: number;

  /** @param reason as it stands in StateChangeReason */
  constructor(reason: string, bytesScanned = 0) {
    super(reason);
    this.bytesScanned = bytesScanned;
  }
}

/** Kinds of a statement, as GetQueryExecution names them. */
export function statementTypes(
  statement: Statement,
): Pick<Execution, 'statementType' | 'substatementType'> {
  switch (statement.kind) {
    case 'query':
      return { statementType: 'DML', substatementType: 'SELECT' };
    case 'create-table-as':
      return { statementType: 'DDL', substatementType: 'CREATE_TABLE_AS_SELECT' };
    case 'drop-table':
      return { statementType: 'DDL', substatementType: 'DROP_TABLE' };
    default:
      return {
        statementType: 'UTILITY',
        substatementType: statement.kind.toUpperCase().replace('-', '_'),
      };
  }
}

/** The statement of an execution, with its parameters in place. @throws QueryError */
export function statementOf(query: string, parameters: readonly string[] = []): Statement {
  const values = parameters.map((parameter) => significant(tokenize(parameter)));
  return parseStatement(bindParameters(significant(tokenize(query)), values));
}

/**
 * Runs the statement of an execution to its end.
 * @throws QueryError, CancelledError, and whatever DuckDB throws.
 */
export async function runStatement(
  context: RunContext,
  execution: Execution,
  statement: Statement,
  workgroup: WorkGroup,
  caller: Caller,
  control: Control,
): Promise<Outcome> {
  const access = new Access(caller, context.place);
  const output = parseLocation(execution.output);
  const key = [output.prefix, execution.id].filter((part) => part !== '').join('/');
  access.write(output.bucket, `${key}.csv`);
  const shared = { ...context, database: execution.database, access };
  if (statement.kind === 'query') {
    return withConnection(context, control, async (connection) => {
      const plan = await planQuery(shared, connection, statement.tokens);
      checkBytes(plan, workgroup);
      stopIfCancelled(control);
      return query(context, connection, control, plan, {
        bucket: output.bucket,
        key: `${key}.csv`,
      });
    });
  }
  if (statement.kind !== 'create-table-as') {
    control.started();
    const { column, lines } = runDdl(shared, statement);
    const text = lines.map((line) => `${line}\n`).join('');
    await context.store.put(output.bucket, `${key}.txt`, text);
    return {
      bytesScanned: 0,
      columns: [resultColumn(column, 'VARCHAR')],
      header: false,
      resultLocation: `s3://${output.bucket}/${key}.txt`,
    };
  }
  const tables = [output.prefix, 'tables', execution.id].filter((part) => part !== '').join('/');
  return withConnection(context, control, (connection) =>
    createTable(
      { ...shared, temporaryFile: () => join(context.temporary, randomUUID()) },
      connection,
      control,
      statement,
      workgroup,
      { bucket: output.bucket, prefix: tables },
    ),
  );
}

async function createTable(
  context: PlanContext & { readonly temporaryFile: () => string },
  connection: DuckDBConnection,
  control: Control,
  statement: CreateTableAs,
  workgroup: WorkGroup,
  tables: Location,
): Promise<Outcome> {
  const tablesLocation = `s3://${tables.bucket}/${tables.prefix}`;
  const { enforced } = workgroup;
  const planned = await planCreateTableAs(context, connection, statement, {
    enforced,
    tablesLocation,
  });
  checkBytes(planned.plan, workgroup);
  stopIfCancelled(control);
  const created = await planned.run();
  const manifest = `${tables.prefix}-manifest.csv`;
  const lines = created.files.map((file) => `${file}\n`);
  await context.store.put(tables.bucket, manifest, lines.join(''));
  return {
    bytesScanned: planned.plan.bytes,
    columns: [],
    header: false,
    updateCount: created.rows,
    resultLocation: tablesLocation,
    manifestLocation: `s3://${tables.bucket}/${manifest}`,
  };
}

async function withConnection<T>(
  context: RunContext,
  control: Control,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  return context.engine.use(async (connection) => {
    stopIfCancelled(control);
    control.started();
    control.connection = connection;
    try {
      return await work(connection);
    } finally {
      control.connection = undefined;
    }
  });
}

function stopIfCancelled(control: Control): void {
  if (control.cancelled) throw new CancelledError('Query cancelled by user');
}

/** Athena stops a query when it has scanned too much; here that is known before it starts. */
function checkBytes(plan: Plan, { bytesCutoff }: WorkGroup): void {
  if (bytesCutoff !== undefined && plan.bytes > bytesCutoff)
    throw new CancelledError('Bytes scanned limit was exceeded', bytesCutoff);
}

/** Characters of a result that are gathered before they are written. */
const WRITTEN_AT_ONCE = 1 << 20;

async function query(
  context: RunContext,
  connection: DuckDBConnection,
  control: Control,
  plan: Plan,
  target: { readonly bucket: string; readonly key: string },
): Promise<Outcome> {
  const result = await connection.stream(plan.sql);
  const types = result.columnTypes();
  const names = result.columnNames();
  const columns = types.map((type, i) =>
    resultColumn(plan.unnamed.includes(i) ? `_col${i}` : names[i]!, String(type)),
  );
  const path = join(context.temporary, randomUUID());
  const file = await open(path, 'w');
  try {
    let text = csvRow(columns.map((column) => column.name));
    for await (const rows of result.yieldRows()) {
      stopIfCancelled(control);
      for (const row of rows) row.forEach(refuseWide);
      for (const row of rows) text += csvRow(row.map((value, i) => formatValue(value, types[i]!)));
      if (text.length < WRITTEN_AT_ONCE) continue;
      await file.writeFile(text);
      text = '';
    }
    await file.writeFile(text);
    await file.close();
    await context.store.putFile(target.bucket, target.key, path);
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
  return {
    bytesScanned: plan.bytes,
    columns,
    header: true,
    updateCount: 0,
    resultLocation: `s3://${target.bucket}/${target.key}`,
  };
}

/** A sum beyond 64 bits: DuckDB goes on, Trino does not. */
function refuseWide(value: DuckDBValue): void {
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value)
    throw new QueryError('NUMERIC_VALUE_OUT_OF_RANGE', `bigint overflow: ${value}`);
}

const PRECISIONS: Readonly<Record<string, number>> = {
  varchar: 2_147_483_647,
  varbinary: 1_073_741_824,
  bigint: 19,
  integer: 10,
  smallint: 5,
  tinyint: 3,
  double: 17,
  real: 17,
  timestamp: 3,
  'timestamp with time zone': 3,
};

function resultColumn(name: string, duckdb: string): ResultColumn {
  const type = athenaType(duckdb);
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckdb);
  return {
    name,
    type,
    precision: decimal === null ? (PRECISIONS[type] ?? 0) : Number(decimal[1]),
    scale: decimal === null ? 0 : Number(decimal[2]),
  };
}

/** How an error reads in StateChangeReason. */
export function reasonOf(error: unknown): string {
  if (error instanceof QueryError) return `${error.code}: ${error.message}`;
  const text = error instanceof Error ? error.message : String(error);
  const first = text.split('\n\nLINE')[0]!.trim();
  const column =
    /Referenced column "([^"]+)" (?:was )?not found|does not have a column named "([^"]+)"/.exec(
      first,
    );
  if (column !== null) {
    return `COLUMN_NOT_FOUND: line 1:1: Column '${column[1] ?? column[2]}' cannot be resolved or requester is not authorized to access requested resources`;
  }
  if (/^(Parser|Binder|Catalog) Error/.test(first)) return `SYNTAX_ERROR: ${first}`;
  if (/^Conversion Error/.test(first)) return `INVALID_CAST_ARGUMENT: ${first}`;
  if (/^Out of Range Error/.test(first)) return `NUMERIC_VALUE_OUT_OF_RANGE: ${first}`;
  if (/^Invalid Input Error.*JSON/i.test(first)) return `HIVE_BAD_DATA: ${first}`;
  if (/^IO Error/.test(first)) return `HIVE_CANNOT_OPEN_SPLIT: ${first}`;
  if (/^(Invalid Input|Out of Memory) Error/.test(first)) return `GENERIC_USER_ERROR: ${first}`;
  return `GENERIC_INTERNAL_ERROR: ${first}`;
}
