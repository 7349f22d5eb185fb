import { z } from 'zod';
import { TIMESTAMP_FORMATS } from './times.ts';

const constant = z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]) });
const column = z.strictObject({
  column: z.string().min(1),
  as: z.enum(['string', 'number', 'boolean', 'json']).optional(),
});
const source = z.union([z.string().min(1), constant, column]);
/** `*`: every column that nothing else uses. Another text: a column that holds an object or its JSON. */
const sources = z.union([z.string().min(1), z.record(z.string().min(1), source)]);

const schema = z.strictObject({
  type: source.optional(),
  event: source.optional(),
  user_id: source.optional(),
  anonymous_id: source.optional(),
  message_id: source.optional(),
  timestamp: source.optional(),
  timestamp_format: z.enum(TIMESTAMP_FORMATS).optional(),
  time_zone: z.string().optional(),
  properties: sources.optional(),
  traits: sources.optional(),
  context: sources.optional(),
});

/** Where a value comes from: a column's name, `{"column", "as"}` with a type, or a constant `{"value"}`. */
export type Source = z.infer<typeof source>;
/** Where an object's members come from. */
export type Sources = z.infer<typeof sources>;
/** Which column becomes what of an event. docs/LOADING.md has the table. */
export type Mapping = z.infer<typeof schema>;

/** A mapping that cannot be read. The message has a line a problem. */
export class InvalidMappingError extends Error {
  override readonly name = 'InvalidMappingError';
}

/** Names that columns often have. Compared without case, blanks, - and _. */
const COMMON_NAMES = {
  type: ['type', 'calltype'],
  event: ['event', 'eventname', 'eventtype', 'action', 'activity', 'step', 'page'],
  user_id: ['userid', 'user', 'uid', 'customerid', 'personid', 'distinctid'],
  anonymous_id: ['anonymousid', 'visitorid', 'clientid', 'deviceid', 'cookieid'],
  timestamp: [
    'timestamp',
    'ts',
    'time',
    'eventtime',
    'eventat',
    'eventtimestamp',
    'occurredat',
    'datetime',
    'createdat',
    'date',
  ],
  message_id: ['messageid', 'eventid', 'insertid', 'uuid'],
} as const;

/** Values that a column of the call's type may hold. */
const CALL_TYPES = ['track', 'page', 'screen', 'identify', 'group', 'alias'];

/**
 * Checks a mapping file's JSON.
 * @throws InvalidMappingError that lists where, what was got and what is allowed.
 */
export function parseMapping(value: unknown): Mapping {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.flatMap((issue): string[] => {
    const where = issue.path.join('.');
    const got = issue.path.reduce<unknown>(
      (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
      value,
    );
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys(schema.shape).join(', ');
      return [
        `${where || 'the mapping'}: unknown member ${issue.keys.join(', ')}, allowed are ${known}`,
      ];
    }
    if (where === '') return [`the mapping: got ${JSON.stringify(got)}; an object is allowed`];
    if (issue.code !== 'invalid_union') {
      const allowed = where === 'timestamp_format' ? TIMESTAMP_FORMATS.join(', ') : 'text';
      return [`${where}: got ${JSON.stringify(got)}; ${allowed} is allowed`];
    }
    return problemsOfSource(where, got);
  });
  throw new InvalidMappingError(lines.join('\n'));
}

const SOURCE_ALLOWED = `a column's name, {"column": …}, {"column": …, "as": "string", "number", "boolean" or "json"} or {"value": a text, a number, true or false} is allowed`;

/** Where several sources stand under one member, the wrong ones are named. */
function problemsOfSource(where: string, got: unknown): string[] {
  if (!['properties', 'traits', 'context'].includes(where)) {
    return [`${where}: got ${JSON.stringify(got)}; ${SOURCE_ALLOWED}`];
  }
  if (typeof got !== 'object' || got === null || Array.isArray(got)) {
    return [
      `${where}: got ${JSON.stringify(got)}; an object of sources, "*" (all other columns) or the name of a column that holds an object is allowed`,
    ];
  }
  return Object.entries(got)
    .filter(([name, member]) => name === '' || !source.safeParse(member).success)
    .map(([name, member]) => `${where}.${name}: got ${JSON.stringify(member)}; ${SOURCE_ALLOWED}`);
}

/**
 * The mapping for columns with common names, for a file without a mapping of its own: all that is left becomes properties.
 * @param sample Some rows, to tell a column of call types from another `type`.
 * @throws InvalidMappingError where it finds no event, no time or no id.
 */
export function defaultMapping(
  columns: readonly string[],
  sample: readonly Readonly<Record<string, unknown>>[],
): Mapping {
  const find = (names: readonly string[]): string | undefined =>
    names
      .map((name) => columns.find((candidate) => plainName(candidate) === name))
      .find((found) => found !== undefined);
  const found = Object.fromEntries(
    Object.entries(COMMON_NAMES).map(([name, names]) => [name, find(names)]),
  ) as Record<keyof typeof COMMON_NAMES, string | undefined>;
  const typeColumn = found.type;
  if (
    typeColumn !== undefined &&
    !sample.every((row) => CALL_TYPES.includes(String(row[typeColumn])))
  ) {
    found.type = undefined;
    found.event ??= typeColumn;
  }
  const missing = [
    ...(found.event === undefined ? ['event'] : []),
    ...(found.timestamp === undefined ? ['timestamp'] : []),
    ...(found.user_id === undefined && found.anonymous_id === undefined
      ? ['user_id or anonymous_id']
      : []),
  ];
  if (missing.length > 0) {
    throw new InvalidMappingError(
      `no column found for ${missing.join(', ')} among ${columns.join(', ')}: name them in a file and give it as --mapping`,
    );
  }
  checkMessageIds(found.message_id, sample);
  const named = Object.fromEntries(
    Object.entries(found).filter(([, name]) => name !== undefined),
  ) as Mapping;
  return { ...named, ...objectColumns(columns, sample) };
}

function plainName(column: string): string {
  return column.toLowerCase().replaceAll(/[\s_-]/g, '');
}

/**
 * A column called event_id or uuid may hold something else than a message id, as the kind of the event or the user's UUID: then
 * most rows would be taken for repetitions of others, and be gone.
 */
function checkMessageIds(
  column: string | undefined,
  sample: readonly Readonly<Record<string, unknown>>[],
): void {
  if (column === undefined || /^(message|insert)id$/.test(plainName(column))) return;
  const ids = sample
    .map((row) => row[column])
    .filter((id) => id !== undefined && id !== null && id !== '')
    .map(String);
  const different = new Set(ids).size;
  if (different < ids.length) {
    throw new InvalidMappingError(
      `the column ${column} may be a message id by its name, but ${ids.length} rows have ${different} different ones, and rows with the same one count once: give a --mapping, with "message_id": ${JSON.stringify(column)} only where that is right`,
    );
  }
}

/** JSON lines that already have properties, traits or context keep them. */
function objectColumns(
  columns: readonly string[],
  sample: readonly Readonly<Record<string, unknown>>[],
): Pick<Mapping, 'properties' | 'traits' | 'context'> {
  const holdsObjects = (name: string): boolean =>
    columns.includes(name) &&
    sample.some((row) => typeof row[name] === 'object' && row[name] !== null);
  return {
    properties: holdsObjects('properties') ? 'properties' : '*',
    ...(holdsObjects('traits') ? { traits: 'traits' } : {}),
    ...(holdsObjects('context') ? { context: 'context' } : {}),
  };
}
