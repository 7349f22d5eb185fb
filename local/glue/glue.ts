import type { Caller, JsonService, Operation, ResourceHandlers } from '../service.ts';
import { authorizeGlue, type Place } from './access.ts';
import { Catalog, columnsOf } from './catalog.ts';
import { alreadyExists, invalid, notFound } from './errors.ts';
import { Input } from './input.ts';
import { page } from './page.ts';
import { partitionOperations } from './partitions.ts';
import { glueResources } from './resources.ts';
import type { GlueColumn, GlueDatabase } from './types.ts';

/** The Glue data catalog of one machine. */
export interface Glue {
  readonly service: JsonService;
  readonly resources: ResourceHandlers;
  readonly catalog: Catalog;
  /**
   * Columns of a table's files and its partition keys: what Firehose converts by.
   * @throws ServiceError EntityNotFoundException
   */
  tableColumns(
    database: string,
    table: string,
  ): { readonly columns: readonly GlueColumn[]; readonly keys: readonly GlueColumn[] };
}

/** Opens the catalog kept in `folder`. */
export function createGlue(options: { readonly folder: string } & Place): Glue {
  const catalog = new Catalog(options.folder, options.account);
  const place = { account: options.account, region: options.region };
  return {
    catalog,
    resources: glueResources(catalog),
    tableColumns: (database, table) => columnsOf(catalog.table(database, table)),
    service: {
      target: 'AWSGlue',
      contentType: 'application/x-amz-json-1.1',
      operations: {
        ...databaseOperations(catalog, place),
        ...tableOperations(catalog, place),
        ...partitionOperations(catalog, place),
      },
    },
  };
}

function databaseOperations(catalog: Catalog, place: Place): Record<string, Operation> {
  return {
    GetDatabase: (fields, caller) => {
      const name = new Input(fields).string('Name');
      authorizeGlue(caller, place, 'GetDatabase', name);
      return { Database: catalog.database(name) };
    },
    GetDatabases: (fields, caller) => {
      const input = new Input(fields);
      authorizeGlue(caller, place, 'GetDatabases');
      const { items, NextToken } = page(
        catalog.databases(),
        input.optionalString('NextToken'),
        input.integer('MaxResults', 1, 100, 100),
      );
      return { DatabaseList: items, NextToken };
    },
    CreateDatabase: (fields, caller) => {
      const database = new Input(fields).object('DatabaseInput');
      const name = new Input(database).string('Name');
      authorizeGlue(caller, place, 'CreateDatabase', name);
      if (catalog.databases().some((other) => other.Name === name.toLowerCase()))
        throw alreadyExists(`Database ${name} already exists`);
      catalog.putDatabase(database as unknown as GlueDatabase);
      return {};
    },
  };
}

function tableOperations(catalog: Catalog, place: Place): Record<string, Operation> {
  const check = (caller: Caller, action: string, database: string, table: string): void =>
    authorizeGlue(caller, place, action, database, table);
  return {
    ...tableVersionOperations(catalog, check),
    GetTable: (fields, caller) => {
      const input = new Input(fields);
      const [database, name] = [input.string('DatabaseName'), input.string('Name')];
      check(caller, 'GetTable', database, name);
      return { Table: catalog.table(database, name) };
    },
    GetTables: (fields, caller) => {
      const input = new Input(fields);
      const database = input.string('DatabaseName');
      authorizeGlue(caller, place, 'GetTables', database);
      const pattern = input.optionalString('Expression');
      const tables = catalog
        .tables(database)
        .filter((table) => pattern === undefined || nameMatches(pattern, table.Name));
      const { items, NextToken } = page(
        tables,
        input.optionalString('NextToken'),
        input.integer('MaxResults', 1, 100, 100),
      );
      return { TableList: items, NextToken };
    },
    CreateTable: (fields, caller) => {
      const input = new Input(fields);
      const database = input.string('DatabaseName');
      const table = input.table('TableInput');
      check(caller, 'CreateTable', database, table.Name);
      catalog.createTable(database, table);
      return {};
    },
    UpdateTable: (fields, caller) => {
      const input = new Input(fields);
      const database = input.string('DatabaseName');
      const table = input.table('TableInput');
      check(caller, 'UpdateTable', database, table.Name);
      const expected = input.optionalString('VersionId');
      const { VersionId } = catalog.table(database, table.Name);
      if (expected !== undefined && expected !== VersionId)
        throw invalid(
          `table ${table.Name} is at version ${VersionId}, the call expects ${expected}`,
        );
      catalog.updateTable(database, table);
      return {};
    },
    DeleteTable: (fields, caller) => {
      const input = new Input(fields);
      const [database, name] = [input.string('DatabaseName'), input.string('Name')];
      check(caller, 'DeleteTable', database, name);
      catalog.deleteTable(database, name);
      return {};
    },
  };
}

function tableVersionOperations(
  catalog: Catalog,
  check: (caller: Caller, action: string, database: string, table: string) => void,
): Record<string, Operation> {
  return {
    GetTableVersion: (fields, caller) => {
      const input = new Input(fields);
      const [database, name] = [input.string('DatabaseName'), input.string('TableName')];
      check(caller, 'GetTableVersion', database, name);
      const asked = input.optionalString('VersionId');
      const versions = catalog.tableVersions(database, name);
      const table =
        asked === undefined || asked === 'LATEST'
          ? versions[0]
          : versions.find((version) => version.VersionId === asked);
      if (table === undefined) throw notFound(`Table ${name} has no version ${asked}.`);
      return { TableVersion: { Table: table, VersionId: table.VersionId } };
    },
    GetTableVersions: (fields, caller) => {
      const input = new Input(fields);
      const [database, name] = [input.string('DatabaseName'), input.string('TableName')];
      check(caller, 'GetTableVersions', database, name);
      const versions = catalog
        .tableVersions(database, name)
        .map((table) => ({ Table: table, VersionId: table.VersionId }));
      const { items, NextToken } = page(
        versions,
        input.optionalString('NextToken'),
        input.integer('MaxResults', 1, 100, 100),
      );
      return { TableVersions: items, NextToken };
    },
  };
}

/** GetTables takes a regular expression over the whole name; `*` alone is every name. */
function nameMatches(pattern: string, name: string): boolean {
  try {
    return new RegExp(`^(?:${pattern === '*' ? '.*' : pattern})$`).test(name);
  } catch (error) {
    throw invalid(`Expression ${pattern} is no regular expression: ${String(error)}`);
  }
}
