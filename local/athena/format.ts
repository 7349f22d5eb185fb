import {
  DuckDBBlobValue,
  type DuckDBListType,
  DuckDBListValue,
  type DuckDBMapType,
  DuckDBMapValue,
  type DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';

/** A value as Athena writes it into a result: null for NULL. */
export function formatValue(value: DuckDBValue, type: DuckDBType): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (type.typeId === DuckDBTypeId.FLOAT) return formatDouble(Number(value.toPrecision(8)));
    return type.typeId === DuckDBTypeId.DOUBLE ? formatDouble(value) : String(value);
  }
  if (value instanceof DuckDBTimestampValue) return formatTimestamp(value.micros);
  if (value instanceof DuckDBTimestampTZValue) return `${formatTimestamp(value.micros)} UTC`;
  if (value instanceof DuckDBBlobValue) return hex(value.bytes);
  if (value instanceof DuckDBListValue) {
    const of = (type as DuckDBListType).valueType;
    return `[${value.items.map((item) => formatValue(item, of) ?? 'null').join(', ')}]`;
  }
  if (value instanceof DuckDBStructValue) {
    const types = (type as DuckDBStructType).entryTypes;
    const entries = Object.entries(value.entries);
    return `{${entries.map(([name, item], i) => `${name}=${formatValue(item, types[i]!) ?? 'null'}`).join(', ')}}`;
  }
  if (value instanceof DuckDBMapValue) {
    const { keyType, valueType } = type as DuckDBMapType;
    return `{${value.entries.map(({ key, value: item }) => `${formatValue(key, keyType)}=${formatValue(item, valueType) ?? 'null'}`).join(', ')}}`;
  }
  return String(value);
}

/** Milliseconds: Athena's timestamps have no more. */
function formatTimestamp(micros: bigint): string {
  const ms = Number(micros / 1000n);
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
}

/** Java's Double.toString: 1.0, 1.0E10, 1.0E-5, NaN, Infinity. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [digits, exponent] = value.toExponential().split('e');
    return `${digits!.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
