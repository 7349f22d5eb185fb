import { QueryError } from './errors.ts';
import { findTable, type PlanContext } from './plan.ts';
import type { Statement } from './statement.ts';

/** What a statement that is no query answers: lines of text in one column. */
export interface TextResult {
  readonly column: string;
  readonly lines: readonly string[];
}

/** Runs DROP TABLE, SHOW … and DESCRIBE. @throws QueryError */
export function runDdl(
  context: PlanContext,
  statement: Exclude<Statement, { kind: 'query' | 'create-table-as' }>,
): TextResult {
  const { catalog, access } = context;
  switch (statement.kind) {
    case 'show-databases':
      access.glue('GetDatabases', 'default');
      return {
        column: 'database_name',
        lines: catalog.databases().map((database) => database.Name),
      };
    case 'show-tables': {
      const database = statement.database ?? databaseOf(context);
      access.glue('GetTables', database);
      const names = tablesOf(context, database).map((table) => table.Name);
      const { pattern } = statement;
      return {
        column: 'tab_name',
        lines: pattern === undefined ? names : names.filter((name) => matches(pattern, name)),
      };
    }
    case 'show-partitions': {
      const table = findTable(context, statement.name);
      const keys = (table.PartitionKeys ?? []).map((key) => key.Name);
      if (keys.length === 0)
        throw new QueryError(
          'GENERIC_USER_ERROR',
          `Table ${table.Name} is not a partitioned table`,
        );
      const lines = catalog
        .partitions(table.DatabaseName, table.Name)
        .map(({ Values }) => keys.map((key, i) => `${key}=${Values[i]}`).join('/'));
      return { column: 'partition', lines };
    }
    case 'show-columns': {
      const table = findTable(context, statement.name);
      const columns = [...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])];
      return { column: 'field', lines: columns.map((column) => column.Name.padEnd(20)) };
    }
    case 'describe':
      return { column: 'col_name', lines: describeLines(context, statement.name) };
    case 'drop-table':
      dropTable(context, statement);
      return { column: 'result', lines: [] };
  }
}

function databaseOf(context: PlanContext): string {
  if (context.database === undefined)
    throw new QueryError(
      'MISSING_SCHEMA_NAME',
      'Schema must be specified when session schema is not set',
    );
  return context.database;
}

function tablesOf({ catalog }: PlanContext, database: string): { readonly Name: string }[] {
  if (!catalog.databases().some((known) => known.Name === database.toLowerCase()))
    throw new QueryError('SCHEMA_NOT_FOUND', `Schema '${database}' does not exist`);
  return catalog.tables(database);
}

/** Athena's pattern is a regular expression in which * is any text. */
function matches(pattern: string, name: string): boolean {
  return pattern
    .split('|')
    .some((part) =>
      new RegExp(
        `^${part.replaceAll(/[.+?^${}()[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`,
        'i',
      ).test(name),
    );
}

function describeLines(context: PlanContext, name: Parameters<typeof findTable>[1]): string[] {
  const table = findTable(context, name);
  const line = (column: { Name: string; Type: string; Comment?: string }): string =>
    [column.Name, column.Type, column.Comment ?? ''].map((text) => text.padEnd(20)).join('\t');
  const keys = table.PartitionKeys ?? [];
  const lines = [...(table.StorageDescriptor?.Columns ?? []), ...keys].map(line);
  if (keys.length === 0) return lines;
  const heading = [
    '',
    '# Partition Information',
    '# col_name            \tdata_type           \tcomment             ',
    '',
  ];
  return [...lines, ...heading, ...keys.map(line)];
}

/** Removes a table from the catalog. External tables leave their data, as CTAS tables do. */
function dropTable(
  context: PlanContext,
  { name, ifExists }: Extract<Statement, { kind: 'drop-table' }>,
): void {
  const database = name.database ?? databaseOf(context);
  context.access.glue('DeleteTable', database, name.table);
  try {
    findTable(context, { database, table: name.table });
  } catch (error) {
    if (ifExists && error instanceof QueryError && error.code === 'TABLE_NOT_FOUND') return;
    throw error;
  }
  context.catalog.deleteTable(database, name.table);
}
