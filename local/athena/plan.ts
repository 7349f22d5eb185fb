import type { DuckDBConnection } from '@duckdb/node-api';
import type { Catalog } from '../glue/catalog.ts';
import type { GlueTable } from '../glue/types.ts';
import { type ObjectStore, ServiceError } from '../service.ts';
import type { Access } from './access.ts';
import { QueryError } from './errors.ts';
import { type Footers, parseLocation } from './files.ts';
import { identifier } from './literal.ts';
import { materialized } from './materialize.ts';
import { partitionsToRead, type ReadPartition } from './partitions.ts';
import { relationOf } from './relation.ts';
import type { TableName } from './statement.ts';
import type { Token } from './tokens.ts';
import { translateQuery } from './translate.ts';
import { type Node, readsOf, type TableReference } from './tree.ts';

/** A query ready to run in DuckDB. */
export interface Plan {
  readonly sql: string;
  /** Stored bytes of the columns that it uses in the files that it reads. */
  readonly bytes: number;
  /** Places of result columns that have no name. */
  readonly unnamed: readonly number[];
}

/** What planning needs. */
export interface PlanContext {
  readonly catalog: Catalog;
  readonly store: ObjectStore;
  readonly footers: Footers;
  readonly database?: string;
  readonly access: Access;
}

const NAME = /^(?:\w+|"(?:[^"]|"")*")(?:\s*\.\s*(?:\w+|"(?:[^"]|"")*"))*/;

/**
 * Makes DuckDB's SQL of a query in Athena's dialect: translates it, and puts the files of its tables in the place of their names.
 * @throws QueryError
 */
export async function planQuery(
  context: PlanContext,
  connection: DuckDBConnection,
  tokens: readonly Token[],
): Promise<Plan> {
  const translated = translateQuery(materialized(tokens));
  const reads = readsOf(await syntaxTree(connection, translated));
  let bytes = 0;
  let text = Buffer.from(translated);
  for (const reference of reads.tables.toSorted((a, b) => b.offset - a.offset)) {
    const table = findTable(context, reference.name);
    const partitions = await partitionsToRead(context.catalog, context.store, table, reference);
    authorizeFiles(context, table, partitions);
    const relation = await relationOf(
      connection,
      context.footers,
      table,
      partitions,
      reads.columns,
    );
    bytes += relation.bytes;
    text = replaceName(text, reference, relation.sql);
  }
  return { sql: text.toString(), bytes, unnamed: reads.unnamed };
}

async function syntaxTree(connection: DuckDBConnection, text: string): Promise<Node> {
  const reader = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [text]);
  const tree = JSON.parse(String(reader.getRows()[0]![0])) as Node;
  if (tree.error === true) throw new QueryError('SYNTAX_ERROR', String(tree.error_message));
  return tree;
}

/** The table of a name. @throws QueryError where there is none, or the caller may not see it. */
export function findTable(context: PlanContext, name: TableName): GlueTable {
  const database = name.database ?? context.database;
  if (database === undefined) {
    throw new QueryError(
      'MISSING_SCHEMA_NAME',
      `line 1:1: Schema must be specified when session schema is not set: ${name.table}`,
    );
  }
  context.access.table(database, name.table);
  try {
    const table = context.catalog.table(database, name.table);
    context.access.partitions(table);
    return table;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const what = error.message.startsWith('Database')
      ? ['SCHEMA_NOT_FOUND', `Schema '${database}' does not exist`]
      : ['TABLE_NOT_FOUND', `Table 'awsdatacatalog.${database}.${name.table}' does not exist`];
    throw new QueryError(what[0]!, what[1]!);
  }
}

function authorizeFiles(
  { access }: PlanContext,
  table: GlueTable,
  partitions: readonly ReadPartition[],
): void {
  for (const { location, files } of partitions) access.read(location, files);
  // Athena lists the table's own place even where no partition is left.
  if (partitions.length === 0)
    access.read(parseLocation(table.StorageDescriptor?.Location ?? ''), []);
}

function replaceName(text: Buffer, reference: TableReference, sql: string): Buffer<ArrayBuffer> {
  const before = text.subarray(0, reference.offset);
  const after = text.subarray(reference.offset).toString();
  const name = NAME.exec(after)?.[0];
  if (name === undefined)
    throw new QueryError('GENERIC_INTERNAL_ERROR', `no table name at ${after.slice(0, 40)}`);
  const alias = reference.alias === '' ? ` AS ${identifier(reference.name.table)}` : '';
  return Buffer.concat([before, Buffer.from(`${sql}${alias}${after.slice(name.length)}`)]);
}
