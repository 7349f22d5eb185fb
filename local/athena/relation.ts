import type { DuckDBConnection } from '@duckdb/node-api';
import { columnsOf } from '../glue/catalog.ts';
import type { GlueColumn, GlueTable } from '../glue/types.ts';
import { refused } from './errors.ts';
import type { DataFile, Footer, Footers } from './files.ts';
import { identifier, literal } from './literal.ts';
import type { ReadPartition } from './partitions.ts';
import type { KeyValues } from './pruning.ts';
import { duckdbTypeOfHive } from './types.ts';

/** A table as a query reads it: SQL for the place of its name, and the bytes that this reads. */
export interface Relation {
  readonly sql: string;
  readonly bytes: number;
}

interface KeyedFile {
  readonly file: DataFile;
  readonly keys: KeyValues;
}

/**
 * SQL of a table over the files of the partitions to read. Columns go by name: one that a file does not have is NULL. Key values
 * come from the catalog.
 * @param columnsUsed null for all
 */
export async function relationOf(
  connection: DuckDBConnection,
  footers: Footers,
  table: GlueTable,
  partitions: readonly ReadPartition[],
  columnsUsed: ReadonlySet<string> | null,
): Promise<Relation> {
  const { columns, keys } = columnsOf(table);
  const files = partitions.flatMap((partition) =>
    partition.files.map((file) => ({ file, keys: partition.keys })),
  );
  const library = table.StorageDescriptor?.SerdeInfo?.SerializationLibrary ?? '';
  if (/json/i.test(library)) {
    const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
    return { sql: union([jsonPiece(table, columns, keys, files)]), bytes };
  }
  if (!/parquet/i.test(library)) throw refused(`a table with SerDe ${library || '(none)'}`);
  const read = await footers.read(
    connection,
    files.map(({ file }) => file),
  );
  const groups = new Map<string, { files: KeyedFile[]; footer: Footer }>();
  let bytes = 0;
  for (const [i, footer] of read.entries()) {
    if (footer.columns.size === 0) continue;
    const group = groups.get(footer.shape) ?? { files: [], footer };
    group.files.push(files[i]!);
    groups.set(footer.shape, group);
    for (const [name, size] of footer.columns)
      if (columnsUsed === null || columnsUsed.has(name)) bytes += size;
  }
  const pieces = [...groups.values()].map((group) => parquetPiece(columns, keys, group));
  return { sql: union(pieces.length > 0 ? pieces : [emptyPiece(columns, keys)]), bytes };
}

function union(pieces: readonly string[]): string {
  return `(${pieces.join(' UNION ALL ')})`;
}

function emptyPiece(columns: readonly GlueColumn[], keys: readonly GlueColumn[]): string {
  const list = [...columns, ...keys].map(
    ({ Name, Type }) => `CAST(NULL AS ${duckdbTypeOfHive(Type)}) AS ${identifier(Name)}`,
  );
  return `SELECT ${list.join(', ')} WHERE false`;
}

function parquetPiece(
  columns: readonly GlueColumn[],
  keys: readonly GlueColumn[],
  group: { readonly files: readonly KeyedFile[]; readonly footer: Footer },
): string {
  const list = columns.map(({ Name, Type }) => {
    const source = group.footer.columns.has(Name.toLowerCase()) ? `f.${identifier(Name)}` : 'NULL';
    return `CAST(${source} AS ${duckdbTypeOfHive(Type)}) AS ${identifier(Name)}`;
  });
  const varying = varyingKeys(keys, group.files);
  const byPath =
    varying.every(({ Name }) => !group.footer.columns.has(Name)) &&
    varying.every(({ Name }) => group.files.every((file) => pathSays(file, Name)));
  const files = group.files.map(({ file }) => literal(file.path)).join(', ');
  const types = varying.map(({ Name }) => `${literal(Name)}: VARCHAR`).join(', ');
  const hive =
    varying.length > 0 && byPath
      ? `hive_partitioning = true, hive_types = {${types}}`
      : 'hive_partitioning = false';
  const read = `read_parquet([${files}], filename = ${varying.length > 0 && !byPath ? "'file name'" : 'false'}, ${hive}) AS f`;
  const keyList = keyExpressions(keys, group.files, varying, byPath);
  const join =
    byPath || varying.length === 0
      ? ''
      : ` JOIN ${keyTable(varying, group.files)} ON k.file = f."file name"`;
  return `SELECT ${[...list, ...keyList].join(', ')} FROM ${read}${join}`;
}

/** Keys that differ between the files. The others are constants. */
function varyingKeys(keys: readonly GlueColumn[], files: readonly KeyedFile[]): GlueColumn[] {
  return keys.filter(({ Name }) => files.some((file) => file.keys[Name] !== files[0]!.keys[Name]));
}

/**
 * Whether a path's key=value says what the catalog says, so that DuckDB may read the key from the path: it then skips files
 * by it. The catalog rules: where the two differ, or a value is escaped, the path is not asked.
 */
function pathSays({ file, keys }: KeyedFile, name: string): boolean {
  const parts = file.path.split('/').filter((part) => part.startsWith(`${name}=`));
  return (
    parts.length === 1 &&
    parts[0] === `${name}=${keys[name]}` &&
    /^[\w.:-]+$/.test(keys[name] ?? '')
  );
}

function keyExpressions(
  keys: readonly GlueColumn[],
  files: readonly KeyedFile[],
  varying: readonly GlueColumn[],
  byPath: boolean,
): string[] {
  return keys.map((key) => {
    const { Name, Type } = key;
    const value = files[0]?.keys[Name];
    const constant = value == null ? 'NULL' : literal(value);
    const source = varying.includes(key) ? `${byPath ? 'f' : 'k'}.${identifier(Name)}` : constant;
    return `CAST(${source} AS ${duckdbTypeOfHive(Type)}) AS ${identifier(Name)}`;
  });
}

function keyTable(varying: readonly GlueColumn[], files: readonly KeyedFile[]): string {
  const rows = files.map(({ file, keys }) => {
    const values = varying.map(({ Name }) => (keys[Name] == null ? 'NULL' : literal(keys[Name])));
    return `(${[literal(file.path), ...values].join(', ')})`;
  });
  const names = varying.map(({ Name }) => identifier(Name));
  return `(VALUES ${rows.join(', ')}) AS k(${['file', ...names].join(', ')})`;
}

function jsonPiece(
  table: GlueTable,
  columns: readonly GlueColumn[],
  keys: readonly GlueColumn[],
  files: readonly KeyedFile[],
): string {
  if (files.length === 0) return emptyPiece(columns, keys);
  const parameters = table.StorageDescriptor?.SerdeInfo?.Parameters ?? {};
  const ignore = String(parameters['ignore.malformed.json'] ?? 'false') === 'true';
  const types = columns.map(
    ({ Name, Type }) => `${literal(Name)}: ${literal(duckdbTypeOfHive(Type))}`,
  );
  const list = columns.map(({ Name }) => `f.${identifier(Name)}`);
  const varying = varyingKeys(keys, files);
  const paths = files.map(({ file }) => literal(file.path)).join(', ');
  const read = `read_json([${paths}], format = 'newline_delimited', hive_partitioning = false, filename = ${varying.length > 0 ? "'file name'" : 'false'}, ignore_errors = ${ignore}, maximum_object_size = 33554432, columns = {${types.join(', ')}}) AS f`;
  const join =
    varying.length > 0 ? ` JOIN ${keyTable(varying, files)} ON k.file = f."file name"` : '';
  return `SELECT ${[...list, ...keyExpressions(keys, files, varying, false)].join(', ')} FROM ${read}${join}`;
}
