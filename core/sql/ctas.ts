import { type Sql, sql, sqlString } from './quote.ts';

/**
 * Whose CREATE TABLE AS it is. Athena's engine is Trino, but Athena names the properties of the table differently: its
 * `write_compression` is a session property in Trino. This is the only statement that differs.
 */
export type CtasDialect = 'athena' | 'trino';

/** One CREATE TABLE AS that writes Parquet files to a prefix of its own. */
export interface CreateTableAs {
  readonly database: string;
  readonly table: string;
  /** URL of the prefix, with a trailing slash: s3://bucket/prefix/. Nothing may lie there yet. */
  readonly location: string;
  readonly select: Sql;
  /** Default: athena. */
  readonly dialect?: CtasDialect;
}

const NAME = /^[a-z_][a-z0-9_]*$/;

/**
 * The statement that makes a table of Parquet files from a SELECT. ZSTD, because GZIP (Athena's default) reads slower and
 * SNAPPY is larger.
 * @throws Error where a name is not [a-z_][a-z0-9_]* or the location has no trailing slash.
 */
export function createTableAs(statement: CreateTableAs): Sql {
  const { database, table, location, select, dialect = 'athena' } = statement;
  if (!/^[a-z0-9]+:\/\/.+\/$/.test(location))
    throw new Error(`a location is a URL with a slash at its end, got ${JSON.stringify(location)}`);
  const compression = dialect === 'athena' ? sql`write_compression = 'ZSTD', ` : sql``;
  return sql`CREATE TABLE ${name(database)}.${name(table)}
WITH (format = 'PARQUET', ${compression}external_location = ${sqlString(location)}) AS
${select}`;
}

/** Without quotes: Athena's guide advises against them in a CTAS, and these names need none. */
function name(value: string): Sql {
  if (!NAME.test(value))
    throw new Error(`a name is [a-z_][a-z0-9_]*, got ${JSON.stringify(value)}`);
  return value as Sql;
}
