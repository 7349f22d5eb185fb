import { QueryError, refused } from './errors.ts';
import { closing, isSymbol, isWord, nameOf, type Token } from './tokens.ts';

const SCALARS: Readonly<Record<string, string>> = {
  boolean: 'BOOLEAN',
  tinyint: 'TINYINT',
  smallint: 'SMALLINT',
  integer: 'INTEGER',
  int: 'INTEGER',
  bigint: 'BIGINT',
  real: 'FLOAT',
  double: 'DOUBLE',
  varchar: 'VARCHAR',
  varbinary: 'BLOB',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  json: 'JSON',
  uuid: 'UUID',
};

/**
 * DuckDB's type for a type of Trino's, as it stands in CAST(… AS type).
 * @throws QueryError for types that Trino does not have or that have no twin here.
 */
export function duckdbType(tokens: readonly Token[]): string {
  const [first] = tokens;
  if (first === undefined) throw new QueryError('SYNTAX_ERROR', 'a type is missing after AS');
  const name = nameOf(first);
  if (isSymbol(tokens[1], '(')) {
    const end = closing(tokens, 1);
    return parametrised(name, tokens.slice(2, end), tokens.slice(end + 1));
  }
  if (name === 'timestamp' && isWord(tokens[1], 'WITH')) return 'TIMESTAMPTZ';
  const scalar = SCALARS[name];
  if (scalar === undefined || tokens.length > 1)
    throw new QueryError('TYPE_MISMATCH', `Unknown type: ${tokens.map((t) => t.text).join(' ')}`);
  return scalar;
}

function parametrised(name: string, inner: readonly Token[], rest: readonly Token[]): string {
  const text = inner.map((token) => token.text).join('');
  switch (name) {
    case 'array':
      return `${duckdbType(inner)}[]`;
    case 'map':
      return `MAP(${splitCommas(inner).map(duckdbType).join(', ')})`;
    case 'row':
      return `STRUCT(${splitCommas(inner).map(field).join(', ')})`;
    case 'decimal':
      return `DECIMAL(${text})`;
    case 'timestamp':
      return isWord(rest[0], 'WITH') ? 'TIMESTAMPTZ' : 'TIMESTAMP';
    case 'varchar':
    case 'char':
      // A cast to varchar(n) cuts the text in Trino; DuckDB ignores n.
      throw refused(`a cast to ${name}(${text})`);
    default:
      throw new QueryError('TYPE_MISMATCH', `Unknown type: ${name}(${text})`);
  }
}

function field(tokens: readonly Token[]): string {
  const [name, ...type] = tokens;
  if (name === undefined || type.length === 0) throw refused('a row type without field names');
  return `"${nameOf(name)}" ${duckdbType(type)}`;
}

/** Cuts a list at its commas, not at those within parentheses. */
export function splitCommas(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isSymbol(token, '(') || isSymbol(token, '[')) depth++;
    if (isSymbol(token, ')') || isSymbol(token, ']')) depth--;
    if (depth === 0 && isSymbol(token, ',')) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

/**
 * DuckDB's type of a Hive type, as Glue names the columns of a table.
 * @throws QueryError for types that are not read on one machine.
 */
export function duckdbTypeOfHive(type: string): string {
  const text = type.trim().toLowerCase();
  const scalar =
    text === 'string'
      ? 'VARCHAR'
      : text === 'binary'
        ? 'BLOB'
        : text === 'float'
          ? 'FLOAT'
          : SCALARS[text];
  if (scalar !== undefined) return scalar;
  if (/^(varchar|char)\(\d+\)$/.test(text)) return 'VARCHAR';
  if (/^decimal\(\d+,\s*\d+\)$/.test(text)) return text.toUpperCase();
  const array = /^array<(.+)>$/.exec(text);
  if (array !== null) return `${duckdbTypeOfHive(array[1]!)}[]`;
  const map = /^map<([^<>,]+),(.+)>$/.exec(text);
  if (map !== null) return `MAP(${duckdbTypeOfHive(map[1]!)}, ${duckdbTypeOfHive(map[2]!)})`;
  const struct = /^struct<(.+)>$/.exec(text);
  if (struct !== null) return `STRUCT(${structFields(struct[1]!)})`;
  throw refused(`a column of type ${type}`);
}

function structFields(text: string): string {
  const fields: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const char = text[i];
    if (char === '<' || char === '(') depth++;
    if (char === '>' || char === ')') depth--;
    if ((char === ',' && depth === 0) || char === undefined) {
      const [name, ...type] = text.slice(start, i).split(':');
      fields.push(`"${name!.trim()}" ${duckdbTypeOfHive(type.join(':'))}`);
      start = i + 1;
    }
  }
  return fields.join(', ');
}

const OF_DUCKDB: Readonly<Record<string, readonly [athena: string, hive: string | null]>> = {
  BOOLEAN: ['boolean', 'boolean'],
  TINYINT: ['tinyint', 'tinyint'],
  SMALLINT: ['smallint', 'smallint'],
  INTEGER: ['integer', 'int'],
  BIGINT: ['bigint', 'bigint'],
  // Sums and counts of whole numbers: bigint in Trino.
  HUGEINT: ['bigint', 'bigint'],
  UBIGINT: ['bigint', 'bigint'],
  UINTEGER: ['bigint', 'bigint'],
  FLOAT: ['real', 'float'],
  DOUBLE: ['double', 'double'],
  VARCHAR: ['varchar', 'string'],
  BLOB: ['varbinary', 'binary'],
  DATE: ['date', 'date'],
  TIMESTAMP: ['timestamp', 'timestamp'],
  TIME: ['time', null],
  'TIMESTAMP WITH TIME ZONE': ['timestamp with time zone', null],
  JSON: ['json', null],
  UUID: ['uuid', null],
  '"NULL"': ['unknown', null],
};

/** Athena's name of the type of a result's column. */
export function athenaType(duckdb: string): string {
  if (/^DECIMAL/.test(duckdb)) return 'decimal';
  if (duckdb.endsWith(']')) return 'array';
  if (duckdb.startsWith('STRUCT')) return 'row';
  if (duckdb.startsWith('MAP')) return 'map';
  return OF_DUCKDB[duckdb]?.[0] ?? 'varchar';
}

/** Hive's type of a column that CTAS writes. @throws QueryError where Hive tables have no such type. */
export function hiveType(duckdb: string): string {
  if (/^DECIMAL/.test(duckdb)) return duckdb.toLowerCase();
  if (duckdb.endsWith('[]')) return `array<${hiveType(duckdb.slice(0, -2))}>`;
  const hive = OF_DUCKDB[duckdb]?.[1];
  if (hive == null) {
    const type =
      duckdb === 'TIMESTAMP WITH TIME ZONE' ? 'timestamp(3) with time zone' : athenaType(duckdb);
    throw new QueryError('NOT_SUPPORTED', `Unsupported Hive type: ${type}`);
  }
  return hive;
}

/** Whether DuckDB's type must be made a bigint where it is written. */
export function isWideInteger(duckdb: string): boolean {
  return ['HUGEINT', 'UBIGINT', 'UINTEGER'].includes(duckdb);
}
