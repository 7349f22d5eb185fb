import { formatDouble } from '../../../local/athena/format.ts';
import type { TrinoResult, TrinoValue } from './server.ts';

/** Rows of local Athena: texts, undefined for NULL. */
export type LocalRows = readonly (readonly (string | undefined)[])[];

const DOUBLE_TOLERANCE = 1e-9;

/** Says how rows differ as multisets; null where they are the same. Doubles may differ by a billionth. */
export function difference(trino: TrinoResult, local: LocalRows): string | null {
  if (trino.rows.length !== local.length)
    return `${trino.rows.length} rows on Trino, ${local.length} locally`;
  const types = trino.columns.map(({ type }) => type);
  const expected = trino.rows.map((row) => row.map((value, i) => asText(value, types[i]!)));
  const got = local.map((row) => row.map((value) => value ?? null));
  const [left, right] = [expected.toSorted(byRow(types)), got.toSorted(byRow(types))];
  for (const [i, row] of left.entries()) {
    const other = right[i]!;
    if (row.length === other.length && row.every((value, n) => same(value, other[n]!, types[n]!)))
      continue;
    return `Trino has ${JSON.stringify(row)}, local ${JSON.stringify(other)}`;
  }
  return null;
}

/** A value of Trino's protocol as Athena's results write it. */
export function asText(value: TrinoValue, type: string): string | null {
  if (value === null) return null;
  if (/^(double|real)$/.test(type))
    return typeof value === 'number' ? formatDouble(value) : String(value);
  if (type === 'varbinary')
    return [...Buffer.from(String(value), 'base64')]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join(' ');
  if (type.startsWith('array(') && Array.isArray(value)) {
    const of = type.slice(6, -1);
    return `[${value.map((item: TrinoValue) => asText(item, of) ?? 'null').join(', ')}]`;
  }
  if (type.startsWith('map(') && typeof value === 'object' && !Array.isArray(value)) {
    const of = type.slice(type.lastIndexOf(', ') + 2, -1);
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}=${asText(item, of) ?? 'null'}`)
      .join(', ')}}`;
  }
  return String(value);
}

/** Whole parts first, doubles cut: so that rows that differ in the last digit of a double still meet. */
function byRow(
  types: readonly string[],
): (a: readonly (string | null)[], b: readonly (string | null)[]) => number {
  const key = (row: readonly (string | null)[]): string =>
    row
      .map((value, i) =>
        value !== null && isDouble(types[i]!) ? Number(value).toPrecision(6) : `${value}`,
      )
      .join('\u0000');
  return (a, b) => (key(a) < key(b) ? -1 : 1);
}

function same(a: string | null, b: string | null, type: string): boolean {
  if (a === b) return true;
  if (a === null || b === null || !isDouble(type)) return false;
  return Math.abs(Number(a) - Number(b)) <= DOUBLE_TOLERANCE * Math.max(1, Math.abs(Number(a)));
}

function isDouble(type: string): boolean {
  return /^(double|real)$/.test(type);
}
