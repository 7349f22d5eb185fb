import { membersOf } from './json-objects.ts';

/** A column of the Glue table. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
}

/** A row as texts by column, or why the record cannot be converted. */
export type Coerced =
  | { readonly row: Readonly<Record<string, string | null>> }
  | { readonly code: string; readonly message: string };

/** Codes of Firehose's conversion errors. */
export const ERROR_CODE = {
  parse: 'DataFormatConversion.ParseError',
  malformed: 'DataFormatConversion.MalformedData',
} as const;

const INTEGERS: Readonly<Record<string, bigint>> = {
  tinyint: 1n << 7n,
  smallint: 1n << 15n,
  int: 1n << 31n,
  integer: 1n << 31n,
  bigint: 1n << 63n,
};
const JAVA_DOUBLE = /^[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)$/;

/** DuckDB's type of a Glue type; null where the conversion does not implement it. */
export function duckDbType(type: string): string | null {
  const types: Readonly<Record<string, string>> = {
    string: 'VARCHAR',
    tinyint: 'TINYINT',
    smallint: 'SMALLINT',
    int: 'INTEGER',
    integer: 'INTEGER',
    bigint: 'BIGINT',
    float: 'FLOAT',
    double: 'DOUBLE',
    boolean: 'BOOLEAN',
  };
  return types[type.toLowerCase()] ?? null;
}

/**
 * Turns one JSON object into a row as the OpenX reader does: keys without case, unknown ones dropped, missing and null to
 * NULL, anything into a string, numbers also from text. The slow, exact way: the fast one asks it where it is in doubt.
 */
export function coerceObject(object: string, columns: readonly TableColumn[]): Coerced {
  const values = new Map<string, string>();
  for (const { key, raw } of membersOf(object)) {
    const name = key.toLowerCase();
    if (values.has(name)) {
      return {
        code: ERROR_CODE.parse,
        message: `Row is not a valid JSON Object - JSONException: Duplicate key "${name}"`,
      };
    }
    values.set(name, raw);
  }
  const row: Record<string, string | null> = {};
  for (const { name, type } of columns) {
    const raw = values.get(name.toLowerCase());
    if (raw === undefined || raw === 'null') {
      row[name] = null;
      continue;
    }
    const value = coerceValue(raw, type.toLowerCase());
    if (value === null) {
      const shown = raw.startsWith('"') ? raw : `"${raw}"`;
      return {
        code: ERROR_CODE.malformed,
        message: `Error reading column ${name} of type ${type}: For input string: ${shown.slice(0, 200)}`,
      };
    }
    row[name] = value;
  }
  return { row };
}

/** A value as text for a column type; null where it does not fit. */
function coerceValue(raw: string, type: string): string | null {
  const isText = raw.startsWith('"');
  const text = isText ? (JSON.parse(raw) as string) : raw;
  if (type === 'string') return isText ? text : stringOf(raw);
  const trimmed = isText ? text.trim() : text;
  if (type === 'boolean') {
    const lower = trimmed.toLowerCase();
    return lower === 'true' || lower === 'false' ? lower : null;
  }
  const limit = INTEGERS[type];
  if (limit !== undefined) {
    if (!/^[+-]?\d{1,40}$/.test(trimmed)) return null;
    const value = BigInt(trimmed.replace('+', ''));
    return value >= -limit && value < limit ? String(value) : null;
  }
  if (!JAVA_DOUBLE.test(trimmed)) return null;
  const value = Number(trimmed.replace(/[fFdD]$/, ''));
  if (!isText && !Number.isFinite(value)) return null;
  return Number.isFinite(value)
    ? String(value)
    : Number.isNaN(value)
      ? 'nan'
      : value > 0
        ? 'inf'
        : '-inf';
}

/** Text of a value that is no string, as DuckDB writes it: a fraction is the double it is, integers keep all digits. */
function stringOf(raw: string): string {
  const value =
    /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(raw) && /[.eE]/.test(raw) ? Number(raw) : null;
  if (value === null || !Number.isFinite(value)) return compact(raw);
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(1) : String(value);
}

/** JSON text without the space between its tokens. */
function compact(raw: string): string {
  return raw.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, text: string | undefined) => text ?? '');
}
