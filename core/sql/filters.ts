import { ENVELOPE } from '../columns.ts';
import type { Filter, FilterScope, FilterValue } from '../funnel.ts';
import type { EventMatch } from '../funnel-definition.ts';
import { type Sql, sql, sqlDouble, sqlIdentifier, sqlJoin, sqlString } from './quote.ts';

/** How a property is read: its text as varchar, and for columns of type double its number. */
export interface PropertyReading {
  readonly text: Sql;
  readonly number: Sql | null;
}

/** Finds a property of an event. */
export type ReadProperty = (property: string, scope: FilterScope) => PropertyReading;

const COLUMN_NAMES = ENVELOPE.map((column) => column.name);
const NEVER = 'false' as Sql;
const ALWAYS = 'true' as Sql;

/**
 * Reads a property of a row of `events`: a column of the envelope by that name, else a key of `properties`; of the person:
 * a key of `traits`.
 */
export function eventProperty(property: string, scope: FilterScope = 'event'): PropertyReading {
  if (scope === 'person') return jsonProperty('traits', property);
  const column = ENVELOPE.find((candidate) => candidate.name === property);
  if (column === undefined) return jsonProperty('properties', property);
  const identifier = sqlIdentifier(property, COLUMN_NAMES);
  if (column.type === 'string') return { text: identifier, number: null };
  // Trino writes a double as 9.5E1, DuckDB as 95.0: as text they never agree, so doubles compare as numbers.
  const number = column.type === 'double' ? identifier : null;
  return { text: sql`CAST(${identifier} AS varchar)`, number };
}

function jsonProperty(column: 'properties' | 'traits', key: string): PropertyReading {
  const name = sqlIdentifier(column, COLUMN_NAMES);
  return { text: sql`json_extract_scalar(${name}, ${sqlString(jsonPath(key))})`, number: null };
}

/** JSON path of one key of the outermost object, as Trino reads it: $.key, or $["key"] with \" and \\ escaped. */
export function jsonPath(key: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `$.${key}`;
  return `$["${key.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"]`;
}

/** One filter as a condition that is never NULL-surprising: a missing value passes the negations and nothing else. */
export function filterSql(filter: Filter, read: ReadProperty = eventProperty): Sql {
  if ('any' in filter) return junction(filter.any, ' OR ', NEVER, read);
  if ('all' in filter) return junction(filter.all, ' AND ', ALWAYS, read);
  const property = read(filter.property, filter.scope ?? 'event');
  const values = (Array.isArray(filter.value) ? filter.value : [filter.value]) as FilterValue[];
  switch (filter.op) {
    case 'is_set':
      return sql`${property.text} IS NOT NULL`;
    case 'is_not_set':
      return sql`${property.text} IS NULL`;
    case 'equals':
    case 'in':
      return sql`coalesce(${among(property, values)}, false)`;
    case 'not_equals':
    case 'not_in':
      return sql`NOT coalesce(${among(property, values)}, false)`;
    case 'contains':
      return sql`coalesce(${contains(property, values)}, false)`;
    case 'not_contains':
      return sql`NOT coalesce(${contains(property, values)}, false)`;
    case 'gt':
      return compared(property, '>' as Sql, values);
    case 'gte':
      return compared(property, '>=' as Sql, values);
    case 'lt':
      return compared(property, '<' as Sql, values);
    case 'lte':
      return compared(property, '<=' as Sql, values);
  }
}

/** All of the filters as one condition. */
export function filtersSql(filters: readonly Filter[], read: ReadProperty = eventProperty): Sql {
  return junction(filters, ' AND ', ALWAYS, read);
}

/** Whether a row of `events` has one of the names; `true` where any event does. */
export function eventNameSql(events: readonly (string | null)[]): Sql {
  const names = events.filter((event) => event !== null);
  if (names.length < events.length) return ALWAYS;
  const [first] = names;
  if (first !== undefined && names.length === 1) return sql`event = ${sqlString(first)}`;
  // DuckDB looks a longer list up after the reading, beside which it reads all columns of all rows.
  const lists = Array.from({ length: Math.ceil(names.length / SHORT_LIST) }, (_, i) =>
    names.slice(i * SHORT_LIST, (i + 1) * SHORT_LIST),
  );
  const among = lists.map((list) => sql`event IN (${sqlJoin(list.map(sqlString), ', ')})`);
  return among.length === 1 ? among[0]! : sql`(${sqlJoin(among, ' OR ')})`;
}

/** Names in a list that DuckDB compares while it reads. */
const SHORT_LIST = 3;

/** Whether a row of `events` is what a step or an exclusion asks for, apart from being the first. */
export function matchSql(match: Pick<EventMatch, 'events' | 'where'>): Sql {
  if (match.where.length === 0) return eventNameSql(match.events);
  return sql`${eventNameSql(match.events)} AND ${filtersSql(match.where)}`;
}

function junction(
  parts: readonly Filter[],
  separator: ' AND ' | ' OR ',
  empty: Sql,
  read: ReadProperty,
): Sql {
  if (parts.length === 0) return empty;
  const pieces = parts.map((part) => filterSql(part, read));
  return pieces.length === 1 ? pieces[0]! : sql`(${sqlJoin(pieces, separator)})`;
}

function among({ text, number }: PropertyReading, values: readonly FilterValue[]): Sql {
  if (number === null) {
    const [first] = values;
    if (values.length === 1) return sql`${text} = ${sqlString(String(first))}`;
    return sql`${text} IN (${sqlJoin(
      values.map((value) => sqlString(String(value))),
      ', ',
    )})`;
  }
  const numbers = values.filter(
    (value) => String(value).trim() !== '' && Number.isFinite(Number(value)),
  );
  if (numbers.length === 0) return NEVER;
  return sql`${number} IN (${sqlJoin(
    numbers.map((value) => sqlDouble(Number(value))),
    ', ',
  )})`;
}

/** strpos, not LIKE: the value's % and _ mean themselves. */
function contains({ text }: PropertyReading, values: readonly FilterValue[]): Sql {
  const found = values.map((v) => sql`strpos(lower(${text}), lower(${sqlString(String(v))})) > 0`);
  return sqlJoin(found, ' OR ');
}

function compared(property: PropertyReading, operator: Sql, values: readonly FilterValue[]): Sql {
  const number = property.number ?? sql`TRY_CAST(${property.text} AS double)`;
  return sql`coalesce(${number} ${operator} ${sqlDouble(Number(values[0]))}, false)`;
}
