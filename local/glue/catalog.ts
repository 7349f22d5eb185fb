import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { alreadyExists, invalid, notFound } from './errors.ts';
import type {
  GlueColumn,
  GlueDatabase,
  GluePartition,
  GlueTable,
  PartitionInput,
  TableInput,
} from './types.ts';

/** Older definitions of a table that are kept. AWS keeps up to 100,000. */
const KEPT_VERSIONS = 20;

interface TableState {
  table: GlueTable;
  readonly versions: GlueTable[];
  readonly partitions: Map<string, GluePartition>;
}

interface DatabaseState {
  readonly database: GlueDatabase;
  readonly tables: Map<string, TableState>;
}

/**
 * The catalog, in memory and on disk: a folder a database, a file a table (written aside and moved), a journal of partitions
 * (one line a change, so that a swap costs the same however many partitions there are). A line that a crash cut short never
 * took effect, and is dropped.
 */
export class Catalog {
  readonly #folder: string;
  readonly #account: string;
  readonly #databases = new Map<string, DatabaseState>();

  /** @param folder where the catalog is kept; made where it is missing. */
  constructor(folder: string, account: string) {
    this.#folder = folder;
    this.#account = account;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) this.#load(name);
  }

  /** All databases, by name. */
  databases(): GlueDatabase[] {
    return [...this.#databases.values()]
      .map((state) => state.database)
      .toSorted((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  /** @throws ServiceError EntityNotFoundException */
  database(name: string): GlueDatabase {
    return this.#database(name).database;
  }

  /** Makes a database, or changes the description of one that is there. */
  putDatabase(input: Omit<GlueDatabase, 'CatalogId' | 'CreateTime'>): GlueDatabase {
    const name = validName('database', input.Name);
    const before = this.#databases.get(name);
    const database: GlueDatabase = {
      ...input,
      Name: name,
      CatalogId: this.#account,
      CreateTime: before?.database.CreateTime ?? nowSeconds(),
    };
    mkdirSync(join(this.#folder, name), { recursive: true });
    this.#write(join(this.#folder, name, 'database.json'), database);
    this.#databases.set(name, { database, tables: before?.tables ?? new Map() });
    return database;
  }

  /** Tables of a database, by name. @throws ServiceError EntityNotFoundException */
  tables(database: string): GlueTable[] {
    return [...this.#database(database).tables.values()]
      .map((state) => state.table)
      .toSorted((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  /** @throws ServiceError EntityNotFoundException */
  table(database: string, name: string): GlueTable {
    return this.#table(database, name).table;
  }

  /** The definitions that a table has had, newest first, the present one included. */
  tableVersions(database: string, name: string): GlueTable[] {
    const { table, versions } = this.#table(database, name);
    return [table, ...versions.toReversed()];
  }

  /** @throws ServiceError AlreadyExistsException, EntityNotFoundException for the database */
  createTable(database: string, input: TableInput): GlueTable {
    const state = this.#database(database);
    const name = validName('table', input.Name);
    if (state.tables.has(name)) throw alreadyExists(`table ${name} already exists`);
    const now = nowSeconds();
    const table: GlueTable = {
      ...input,
      Name: name,
      DatabaseName: state.database.Name,
      CatalogId: this.#account,
      CreateTime: now,
      UpdateTime: now,
      VersionId: '0',
    };
    rmSync(this.#journal(table), { force: true });
    const created = { table, versions: [], partitions: new Map() };
    this.#writeTable(created);
    state.tables.set(name, created);
    return table;
  }

  /** Replaces a table's definition; the old one becomes a version. Partitions stay as they are. */
  updateTable(database: string, input: TableInput): GlueTable {
    const state = this.#table(database, input.Name);
    state.versions.push(state.table);
    state.versions.splice(0, Math.max(0, state.versions.length - KEPT_VERSIONS));
    state.table = {
      ...input,
      Name: state.table.Name,
      DatabaseName: state.table.DatabaseName,
      CatalogId: this.#account,
      CreateTime: state.table.CreateTime,
      UpdateTime: nowSeconds(),
      VersionId: String(Number(state.table.VersionId) + 1),
    };
    this.#writeTable(state);
    return state.table;
  }

  /** Removes a table and its partitions. Data stays. */
  deleteTable(database: string, name: string): void {
    const { table } = this.#table(database, name);
    // The definition goes first: a journal without one is no table.
    rmSync(this.#tableFile(table), { force: true });
    rmSync(this.#journal(table), { force: true });
    this.#database(database).tables.delete(table.Name);
  }

  /** Registered partitions of a table, by their values. */
  partitions(database: string, table: string): GluePartition[] {
    return [...this.#table(database, table).partitions.values()].toSorted((a, b) =>
      partitionKey(a.Values) < partitionKey(b.Values) ? -1 : 1,
    );
  }

  /** The partition with these values, if it is registered. */
  partition(database: string, table: string, values: readonly string[]): GluePartition | undefined {
    return this.#table(database, table).partitions.get(partitionKey(values));
  }

  /** @throws ServiceError AlreadyExistsException, InvalidInputException */
  createPartition(database: string, tableName: string, input: PartitionInput): GluePartition {
    const state = this.#table(database, tableName);
    const values = checkValues(state.table, input.Values ?? []);
    if (state.partitions.has(partitionKey(values)))
      throw alreadyExists('Partition already exists.');
    return this.#putPartition(state, { ...input, Values: values }, nowSeconds());
  }

  /** Replaces a partition in one step: readers see the old location or the new one. */
  updatePartition(
    database: string,
    tableName: string,
    values: readonly string[],
    input: PartitionInput,
  ): GluePartition {
    const state = this.#table(database, tableName);
    const before = state.partitions.get(partitionKey(values));
    if (before === undefined) throw notFound('Partition not found.');
    const next = checkValues(state.table, input.Values ?? values);
    if (partitionKey(next) !== partitionKey(values)) {
      if (state.partitions.has(partitionKey(next)))
        throw alreadyExists('Partition already exists.');
      this.#removePartition(state, values);
    }
    return this.#putPartition(state, { ...input, Values: next }, before.CreationTime);
  }

  /** @throws ServiceError EntityNotFoundException */
  deletePartition(database: string, tableName: string, values: readonly string[]): void {
    const state = this.#table(database, tableName);
    if (!state.partitions.has(partitionKey(values))) throw notFound('Partition not found.');
    this.#removePartition(state, values);
  }

  #putPartition(
    state: TableState,
    input: PartitionInput & { readonly Values: readonly string[] },
    creationTime: number,
  ): GluePartition {
    const partition: GluePartition = {
      ...input,
      DatabaseName: state.table.DatabaseName,
      TableName: state.table.Name,
      CatalogId: this.#account,
      CreationTime: creationTime,
    };
    appendFileSync(this.#journal(state.table), `${JSON.stringify({ put: partition })}\n`);
    state.partitions.set(partitionKey(partition.Values), partition);
    return partition;
  }

  #removePartition(state: TableState, values: readonly string[]): void {
    appendFileSync(this.#journal(state.table), `${JSON.stringify({ remove: values })}\n`);
    state.partitions.delete(partitionKey(values));
  }

  #database(name: string): DatabaseState {
    const state = this.#databases.get(name.toLowerCase());
    if (state === undefined) throw notFound(`Database ${name} not found.`);
    return state;
  }

  #table(database: string, name: string): TableState {
    const state = this.#database(database).tables.get(name.toLowerCase());
    if (state === undefined) throw notFound(`Table ${name} not found.`);
    return state;
  }

  #load(name: string): void {
    const folder = join(this.#folder, name);
    const file = join(folder, 'database.json');
    if (!existsSync(file)) return;
    const database = JSON.parse(readFileSync(file, 'utf8')) as GlueDatabase;
    const tables = new Map<string, TableState>();
    for (const entry of readdirSync(folder)) {
      if (!entry.endsWith('.table.json')) continue;
      const stored = JSON.parse(readFileSync(join(folder, entry), 'utf8')) as {
        table: GlueTable;
        versions: GlueTable[];
      };
      tables.set(stored.table.Name, { ...stored, partitions: this.#replay(stored.table) });
    }
    this.#databases.set(name, { database, tables });
  }

  /** Reads a table's journal, and writes it anew, so that what was cut short or replaced is gone. */
  #replay(table: GlueTable): Map<string, GluePartition> {
    const partitions = new Map<string, GluePartition>();
    const file = this.#journal(table);
    if (!existsSync(file)) return partitions;
    const lines = readFileSync(file, 'utf8').split('\n');
    lines.pop();
    for (const line of lines) {
      const change = JSON.parse(line) as { put?: GluePartition; remove?: string[] };
      if (change.put !== undefined) partitions.set(partitionKey(change.put.Values), change.put);
      if (change.remove !== undefined) partitions.delete(partitionKey(change.remove));
    }
    const text = [...partitions.values()].map((put) => `${JSON.stringify({ put })}\n`).join('');
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    return partitions;
  }

  #tableFile(table: GlueTable): string {
    return join(this.#folder, table.DatabaseName, `${table.Name}.table.json`);
  }

  #journal(table: GlueTable): string {
    return join(this.#folder, table.DatabaseName, `${table.Name}.partitions.jsonl`);
  }

  #writeTable({ table, versions }: TableState): void {
    this.#write(this.#tableFile(table), { table, versions });
  }

  #write(file: string, value: object): void {
    writeFileSync(`${file}.new`, JSON.stringify(value));
    renameSync(`${file}.new`, file);
  }
}

/** Columns of a table as a reader of its files needs them: the file's columns, then the partition keys. */
export function columnsOf(table: GlueTable): {
  readonly columns: readonly GlueColumn[];
  readonly keys: readonly GlueColumn[];
} {
  return {
    columns: table.StorageDescriptor?.Columns ?? [],
    keys: table.PartitionKeys ?? [],
  };
}

function partitionKey(values: readonly string[]): string {
  return JSON.stringify(values);
}

function checkValues(table: GlueTable, values: readonly string[]): readonly string[] {
  const keys = table.PartitionKeys ?? [];
  if (values.length !== keys.length) {
    throw invalid(
      `The number of partition keys do not match the number of partition values: table ${table.Name} has ${keys.length} (${keys.map((key) => key.Name).join(', ')}), got ${values.length}`,
    );
  }
  return values;
}

/** Glue folds names to lower case. Names become file names here, so what no file name can hold is refused. */
function validName(what: string, name: string): string {
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
    throw invalid(
      `a ${what}'s name is 1 to 255 letters, digits, _ and - on one machine, got ${JSON.stringify(name)}`,
    );
  }
  return name.toLowerCase();
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
