import addFormats from 'ajv-formats';
import { canonicalJson, isObject, type SchemaObject } from './schema-node.ts';

/** Formats that are looked for, the narrowest first. */
const FORMATS = ['uuid', 'date-time', 'email', 'uri'] as const;
/** An enum is guessed from at least so many rows … */
const ENUM_ROWS = 50;
/** … of at most so many values … */
const ENUM_VALUES = 8;
/** … each of which is seen at least so often on average. */
const ENUM_REPEATS = 10;

/**
 * A first schema of an event, from a sample of its properties: types, what is always there, formats that all values have, and
 * enums where few texts come in many rows. Objects stay open. Every value of the sample passes.
 * @throws Error for an empty sample.
 */
export function inferSchema(event: string, sample: readonly SchemaObject[]): SchemaObject {
  if (sample.length === 0) throw new Error('the sample is empty: at least one event is needed');
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: event,
    description: `Inferred from ${sample.length} events: look it through before it is used.`,
    ...inferValue(sample),
  };
}

function inferValue(values: readonly unknown[]): SchemaObject {
  const types = [...new Set(values.map(typeOf))].sort();
  const type = types.includes('number') ? types.filter((name) => name !== 'integer') : types;
  const schema: Record<string, unknown> = { type: type.length === 1 ? type[0] : type };
  const texts = values.filter((value) => typeof value === 'string');
  if (texts.length > 0) Object.assign(schema, inferText(texts, type));
  const objects = values.filter(isObject);
  if (objects.length > 0) Object.assign(schema, inferObject(objects));
  const items = values.filter((value) => Array.isArray(value)).flat();
  if (items.length > 0) schema.items = inferValue(items);
  return schema;
}

function inferObject(objects: readonly SchemaObject[]): SchemaObject {
  // The validators read toString of any object: a rule for such a name would refuse objects without it.
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))]
    .filter((name) => !(name in Object.prototype))
    .sort();
  const properties = names.map((name): [string, SchemaObject] => {
    const holders = objects.filter((object) => Object.hasOwn(object, name));
    return [name, inferValue(holders.map((object) => object[name]))];
  });
  const required = names.filter((name) => objects.every((object) => Object.hasOwn(object, name)));
  return {
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
  };
}

function inferText(texts: readonly string[], types: readonly string[]): SchemaObject {
  const format = FORMATS.find((name) => texts.every((text) => hasFormat(name, text)));
  if (format !== undefined) return { format };
  const values = [...new Set(texts)].sort();
  const isEnum =
    types.length === 1 &&
    texts.length >= ENUM_ROWS &&
    values.length <= ENUM_VALUES &&
    texts.length >= values.length * ENUM_REPEATS;
  return isEnum ? { enum: values } : {};
}

/** As the validators check it, so that what is inferred passes. */
function hasFormat(name: (typeof FORMATS)[number], text: string): boolean {
  const format = addFormats.default.get(name);
  if (format instanceof RegExp) return format.test(text);
  if (typeof format === 'function') return format(text);
  if (typeof format === 'boolean') return format;
  const { validate } = format;
  if (validate instanceof RegExp) return validate.test(text);
  if (typeof validate !== 'function') {
    throw new Error(`format ${canonicalJson(name)} cannot be checked`);
  }
  return (validate as (value: string) => boolean)(text);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
