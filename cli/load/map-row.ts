import { hash } from 'node:crypto';
import { timeZone } from '../../core/time-range.ts';
import type { Mapping, Source, Sources } from './mapping.ts';
import { InvalidMappingError } from './mapping.ts';
import { timeReader } from './times.ts';

/** One row of a file: its number, counted from 1 without the header, and its values by column. */
export interface SourceRow {
  readonly number: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A row that the mapping makes no event of. The message names row, column, value and what is allowed. */
export class BadRowError extends Error {
  override readonly name = 'BadRowError';
  readonly row: number;

  constructor(row: number, detail: string) {
    super(`row ${row}: ${detail}`);
    this.row = row;
  }
}

/** A call of the Segment spec, as POST /v1/batch takes it. */
export interface Call {
  readonly type: string;
  readonly messageId: string;
  readonly timestamp: string;
  readonly [member: string]: unknown;
}

type Read = (row: SourceRow) => unknown;

/**
 * Makes the function that turns rows into calls.
 * @param columns The file's columns; undefined where each row has its own.
 * @param fingerprint The file's: a row's message id is made from it, the row's number and its content, so that a row that
 * is sent twice is one event.
 * @throws InvalidMappingError where the mapping names a column that the file does not have.
 */
export function rowMapper(
  mapping: Mapping,
  columns: readonly string[] | undefined,
  fingerprint: string,
): (row: SourceRow) => Call {
  const used = usedColumns(mapping);
  if (columns !== undefined) checkColumns(used, columns);
  const type = optional(mapping.type);
  const event = optional(mapping.event);
  const userId = optional(mapping.user_id);
  const anonymousId = optional(mapping.anonymous_id);
  const messageId = optional(mapping.message_id);
  const timestamp = timestampOf(mapping);
  const properties = members('properties', mapping.properties, used);
  const traits = members('traits', mapping.traits, used);
  const context = members('context', mapping.context, used);
  return (row) => {
    const callType = textOf(type(row)) ?? 'track';
    const name = textOf(event(row));
    if (name === undefined && callType === 'track') {
      throw new BadRowError(
        row.number,
        `${describe(mapping.event)} is empty: an event's name is needed`,
      );
    }
    const call = {
      type: callType,
      ...(callType === 'track' ? { event: name } : name === undefined ? {} : { name }),
      userId: textOf(userId(row)),
      anonymousId: textOf(anonymousId(row)),
      timestamp: timestamp(row),
      properties: properties(row),
      traits: traits(row),
      context: context(row),
    };
    const id = textOf(messageId(row)) ?? rowId(fingerprint, row.number, JSON.stringify(call));
    return { ...call, messageId: id };
  };
}

/** A UUID-shaped hash (version 8: made by the application). */
function rowId(fingerprint: string, row: number, content: string): string {
  const hex = hash('sha256', `${fingerprint}\n${row}\n${content}`);
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function zoneOf(name: string): string {
  try {
    return timeZone(name);
  } catch (cause) {
    throw new InvalidMappingError(
      `time_zone must be an IANA time zone, as Europe/Berlin or UTC, got ${JSON.stringify(name)}`,
      { cause },
    );
  }
}

function timestampOf(mapping: Mapping): (row: SourceRow) => string {
  const { timestamp: source, timestamp_format: format = 'iso' } = mapping;
  if (source === undefined) throw new InvalidMappingError('timestamp: a column is needed');
  const tz = mapping.time_zone === undefined ? undefined : zoneOf(mapping.time_zone);
  const readValue = reader(source);
  const readTime = timeReader(format, tz);
  const allowed =
    format === 'iso'
      ? `an ISO time ${tz === undefined ? 'with an offset or Z (else say "time_zone"; for numbers "timestamp_format": "epoch_s" or "epoch_ms")' : `(local ones in ${tz})`}`
      : `a number of ${format === 'epoch_s' ? 'seconds' : 'milliseconds'} since 1970`;
  return (row) => {
    const value = readValue(row);
    const instant = readTime(value);
    const date = new Date(instant);
    if (Number.isNaN(date.getTime())) {
      throw new BadRowError(
        row.number,
        `${describe(source)} holds ${show(value)}: ${allowed} is needed`,
      );
    }
    return date.toISOString();
  };
}

function members(
  name: string,
  wanted: Sources | undefined,
  used: ReadonlySet<string>,
): (row: SourceRow) => Readonly<Record<string, unknown>> | undefined {
  if (wanted === undefined) return () => undefined;
  if (wanted === '*') {
    return ({ values }) => filled(Object.entries(values).filter(([column]) => !used.has(column)));
  }
  if (typeof wanted === 'string') return (row) => objectOf(name, wanted, row);
  const readers = Object.entries(wanted).map(([key, source]) => [key, reader(source)] as const);
  return (row) =>
    nested(
      readers.map(([key, read]) => [key, read(row)]),
      name === 'context',
    );
}

/** An object's members without the empty ones: an empty cell says nothing. */
function filled(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(
    entries
      .filter(([, value]) => value !== undefined && value !== null && value !== '')
      .map(([key, value]) => [key, jsonValue(value)]),
  );
}

/** In context, `device.type` is the member type of the member device: the spec nests it. */
function nested(
  entries: readonly (readonly [string, unknown])[],
  byDots: boolean,
): Record<string, unknown> {
  const flat = filled(entries);
  if (!byDots) return flat;
  const object: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) {
    const keys = path.split('.');
    let inner = object;
    for (const key of keys.slice(0, -1)) {
      inner[key] ??= {};
      inner = inner[key] as Record<string, unknown>;
    }
    inner[keys.at(-1)!] = value;
  }
  return object;
}

function objectOf(
  name: string,
  column: string,
  row: SourceRow,
): Record<string, unknown> | undefined {
  const value = cell(column, row);
  if (value === undefined || value === null || value === '') return undefined;
  const object = typeof value === 'string' ? parseJson(column, value, row) : value;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw new BadRowError(
      row.number,
      `column ${column} holds ${show(value)}: an object is needed for ${name}`,
    );
  }
  return jsonValue(object) as Record<string, unknown>;
}

function optional(source: Source | undefined): Read {
  return source === undefined ? () => undefined : reader(source);
}

function reader(source: Source): Read {
  if (typeof source === 'string') return (row) => cell(source, row);
  if ('value' in source) return () => source.value;
  const { column, as } = source;
  return (row) => converted(column, as, cell(column, row), row);
}

/** A column's value; `a.b` is the member b of column a where no column has that very name. */
function cell(column: string, { values }: SourceRow): unknown {
  if (Object.hasOwn(values, column)) return values[column];
  if (!column.includes('.')) return undefined;
  return column.split('.').reduce<unknown>(member, values);
}

/** An object's own member: a column may be called constructor. */
function member(object: unknown, key: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, key)
    ? (object as Record<string, unknown>)[key]
    : undefined;
}

function converted(
  column: string,
  as: 'string' | 'number' | 'boolean' | 'json' | undefined,
  value: unknown,
  row: SourceRow,
): unknown {
  if (as === undefined || value === undefined || value === null || value === '') return value;
  if (as === 'string') return textOf(value);
  if (as === 'json') return typeof value === 'string' ? parseJson(column, value, row) : value;
  if (as === 'number') {
    const number = Number(value);
    if (Number.isFinite(number)) return number;
  } else if (/^(true|false|1|0|yes|no)$/i.test(String(value))) {
    return /^(true|1|yes)$/i.test(String(value));
  }
  throw new BadRowError(row.number, `column ${column} holds ${show(value)}: a ${as} is needed`);
}

function parseJson(column: string, text: string, row: SourceRow): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRowError(row.number, `column ${column} holds ${show(text)}: JSON is needed`);
  }
}

/** Text of an id or a name; undefined where there is none. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'object' ? JSON.stringify(jsonValue(value)) : String(value);
}

/** What JSON can hold: 64-bit integers of Parquet beyond 2^53 become texts, times ISO. */
function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (Array.isArray(value)) return value.map(jsonValue);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonValue(inner)]));
}

function usedColumns(mapping: Mapping): ReadonlySet<string> {
  const {
    timestamp_format: _format,
    time_zone: _zone,
    properties,
    traits,
    context,
    ...plain
  } = mapping;
  const groups = [properties, traits, context].flatMap((group) =>
    typeof group === 'string' ? (group === '*' ? [] : [group]) : Object.values(group ?? {}),
  );
  return new Set(
    [...Object.values(plain), ...groups].flatMap((source) => {
      if (source === undefined || (typeof source === 'object' && 'value' in source)) return [];
      return [typeof source === 'string' ? source : source.column];
    }),
  );
}

function checkColumns(used: ReadonlySet<string>, columns: readonly string[]): void {
  const unknown = [...used].filter(
    (name) => !columns.includes(name) && !columns.includes(name.split('.')[0]!),
  );
  if (unknown.length > 0) {
    throw new InvalidMappingError(
      `the mapping names ${unknown.join(', ')}, the file has the columns ${columns.join(', ')}`,
    );
  }
}

function describe(source: Source | undefined): string {
  if (source === undefined) return 'event';
  if (typeof source === 'string') return `column ${source}`;
  return 'value' in source ? 'the constant' : `column ${source.column}`;
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (textOf(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
