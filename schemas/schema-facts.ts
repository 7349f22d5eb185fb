import {
  canonicalJson,
  child,
  children,
  conjuncts,
  isObject,
  isSchema,
  keyword,
  pointerTo,
  type SchemaNode,
} from './schema-node.ts';

/** Kinds of JSON values, apart where JSON Schema can tell them apart: a number is an integer or a fraction. */
export type ValueKind = 'null' | 'boolean' | 'object' | 'array' | 'string' | 'integer' | 'fraction';

const KINDS: readonly ValueKind[] = [
  ...(['null', 'boolean', 'object', 'array', 'string', 'integer', 'fraction'] as const),
];

/** What is known of every value that passes some schemas at once. */
export interface Facts {
  /** The schemas, with what their references name and the members of allOf. */
  readonly all: readonly SchemaNode[];
  readonly kinds: ReadonlySet<ValueKind>;
  /** All values that may pass, where they can be listed. */
  readonly values: readonly unknown[] | undefined;
}

/** A bound of a number. */
export interface Bound {
  readonly value: number;
  /** True where the value itself is refused. */
  readonly exclusive: boolean;
}

/** Gathers what is known. */
export function factsOf(nodes: readonly SchemaNode[]): Facts {
  const all = conjuncts(nodes);
  const kinds = new Set(KINDS.filter((kind) => all.every((node) => allowsKind(node, kind))));
  return { all, kinds, values: listedValues(all, kinds) };
}

/** Whether a schema's type, and a `not` of types alone, let values of a kind through. */
export function allowsKind(node: SchemaNode, kind: ValueKind): boolean {
  if (node.schema === false) return false;
  const allowed = kindsNamed(keyword(node, 'type'), keyword(node, 'nullable') === true);
  const refused = keyword(node, 'not');
  if (refused === true) return false;
  if (isObject(refused)) {
    const names = Object.keys(refused);
    if (names.length === 0) return false;
    if (names.length === 1 && names[0] === 'type' && kindsNamed(refused.type).has(kind)) {
      return false;
    }
  }
  return allowed.has(kind);
}

/** Kinds that a `type` keyword names; all where there is none. */
export function kindsNamed(type: unknown, nullable = false): Set<ValueKind> {
  if (type === undefined) return new Set(KINDS);
  const names = Array.isArray(type) ? type : [type];
  const kinds = names.flatMap((name) => (name === 'number' ? ['integer', 'fraction'] : [name]));
  return new Set(nullable ? [...kinds, 'null'] : kinds);
}

function listedValues(
  all: readonly SchemaNode[],
  kinds: ReadonlySet<ValueKind>,
): readonly unknown[] | undefined {
  for (const node of all) {
    const [constant, list] = [keyword(node, 'const'), keyword(node, 'enum')];
    if (constant !== undefined) return [constant];
    if (Array.isArray(list)) return list;
  }
  if ([...kinds].some((kind) => kind !== 'null' && kind !== 'boolean')) return undefined;
  return [
    ...(kinds.has('null') ? [null] : []),
    ...(kinds.has('boolean') ? [false, true] : []),
  ] as unknown[];
}

/** Largest of a keyword's numbers, as of all minLength. */
export function largest({ all }: Facts, name: string): number | undefined {
  const found = numbers(all, name);
  return found.length === 0 ? undefined : Math.max(...found);
}

/** Smallest of a keyword's numbers, as of all maxLength. */
export function smallest({ all }: Facts, name: string): number | undefined {
  const found = numbers(all, name);
  return found.length === 0 ? undefined : Math.min(...found);
}

/** Numbers that a keyword names, one a schema. */
export function numbers(all: readonly SchemaNode[], name: string): number[] {
  return all.flatMap((node) => {
    const value = keyword(node, name);
    return typeof value === 'number' ? value : [];
  });
}

/** The lower bound of numbers; where only integers pass, the least integer. */
export function lowerBound(facts: Facts): Bound | undefined {
  const found = bounds(facts, 'minimum', 'exclusiveMinimum').reduce<Bound | undefined>(
    (best, bound) =>
      best === undefined ||
      bound.value > best.value ||
      (bound.value === best.value && bound.exclusive)
        ? bound
        : best,
    undefined,
  );
  if (found === undefined || facts.kinds.has('fraction')) return found;
  const ceiling = Math.ceil(found.value);
  const value = found.exclusive && ceiling === found.value ? ceiling + 1 : ceiling;
  return { value, exclusive: false };
}

/** The upper bound of numbers; where only integers pass, the largest integer. */
export function upperBound(facts: Facts): Bound | undefined {
  const found = bounds(facts, 'maximum', 'exclusiveMaximum').reduce<Bound | undefined>(
    (best, bound) =>
      best === undefined ||
      bound.value < best.value ||
      (bound.value === best.value && bound.exclusive)
        ? bound
        : best,
    undefined,
  );
  if (found === undefined || facts.kinds.has('fraction')) return found;
  const floor = Math.floor(found.value);
  const value = found.exclusive && floor === found.value ? floor - 1 : floor;
  return { value, exclusive: false };
}

function bounds({ all }: Facts, inclusive: string, exclusive: string): Bound[] {
  return [
    ...numbers(all, inclusive).map((value) => ({ value, exclusive: false })),
    ...numbers(all, exclusive).map((value) => ({ value, exclusive: true })),
  ];
}

/** Names that every object has. */
export function requiredNames({ all }: Facts): Set<string> {
  return new Set(all.flatMap((node) => strings(keyword(node, 'required'))));
}

/** The texts of a list. */
export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Names that any of the schemas knows under `properties`. */
export function knownNames(all: readonly SchemaNode[]): Set<string> {
  return new Set(all.flatMap((node) => propertyNames(node)));
}

/** Names under `properties` of one schema. */
export function propertyNames(node: SchemaNode): string[] {
  const properties = keyword(node, 'properties');
  return isObject(properties) ? Object.keys(properties) : [];
}

/** The patterns of one schema's patternProperties. */
export function patternsOf(node: SchemaNode): string[] {
  const patterns = keyword(node, 'patternProperties');
  return isObject(patterns) ? Object.keys(patterns) : [];
}

/** Whether a property's name matches a pattern, as the validators do it. */
export function matchesPattern(pattern: string, name: string): boolean {
  return new RegExp(pattern, 'u').test(name);
}

/** What one schema says of the property of this name: by its name, by patterns, else as one of the others. */
export function propertySchemas(node: SchemaNode, name: string): SchemaNode[] {
  const named = child(node, 'properties', name);
  const matching = patternsOf(node)
    .filter((pattern) => matchesPattern(pattern, name))
    .flatMap((pattern) => child(node, 'patternProperties', pattern) ?? []);
  const found = named === undefined ? matching : [named, ...matching];
  if (found.length > 0) return found;
  return otherProperties(node) ?? [];
}

/** What all schemas together say of the property of this name. */
export function propertyNodes({ all }: Facts, name: string): SchemaNode[] {
  return all.flatMap((node) => propertySchemas(node, name));
}

/** What one schema says of properties that it does not name; undefined where nothing. */
export function otherProperties(node: SchemaNode): SchemaNode[] | undefined {
  const others =
    child(node, 'additionalProperties') ??
    (standsAlone(node) ? child(node, 'unevaluatedProperties') : undefined);
  return others && [others];
}

/** The schemas of the first items, one each. */
export function tupleOf(node: SchemaNode): SchemaNode[] {
  const prefix = children(node, 'prefixItems');
  return prefix.length > 0 ? prefix : children(node, 'items');
}

/** What one schema says of the items after its tuple; undefined where nothing. */
export function otherItems(node: SchemaNode): SchemaNode | undefined {
  const name = Array.isArray(keyword(node, 'items')) ? 'additionalItems' : 'items';
  return (
    child(node, name) ??
    (standsAlone(node) && keyword(node, 'contains') === undefined
      ? child(node, 'unevaluatedItems')
      : undefined)
  );
}

/** What one schema says of the item at an index. */
export function itemSchemas(node: SchemaNode, index: number): SchemaNode[] {
  const found = tupleOf(node)[index] ?? otherItems(node);
  return found === undefined ? [] : [found];
}

/** Most items that any array has. */
export function mostItems(facts: Facts): number {
  const closed = facts.all
    .filter((node) => otherItems(node)?.schema === false)
    .map((node) => tupleOf(node).length);
  return Math.min(smallest(facts, 'maxItems') ?? Number.POSITIVE_INFINITY, ...closed);
}

/** Names that an object can have, where they can be listed. */
export function possibleNames({ all }: Facts): string[] | undefined {
  const closed = all.find(
    (node) => otherProperties(node)?.[0]?.schema === false && patternsOf(node).length === 0,
  );
  return closed && propertyNames(closed);
}

/** Without keywords that evaluate properties or items elsewhere: unevaluated ones are then the additional ones. */
export function standsAlone(node: SchemaNode): boolean {
  return ['$ref', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas', 'dependencies', 'not'].every(
    (name) => keyword(node, name) === undefined,
  );
}

/** What a schema asks of objects that have a property: names, or a schema. */
export function dependencies(
  node: SchemaNode,
): { name: string; names: string[]; schema: SchemaNode | undefined; pointer: string }[] {
  return ['dependentRequired', 'dependentSchemas', 'dependencies'].flatMap((key) => {
    const map = keyword(node, key);
    if (!isObject(map)) return [];
    return Object.entries(map).map(([name, value]) => ({
      name,
      names: strings(value),
      schema: isSchema(value) ? child(node, key, name) : undefined,
      pointer: pointerTo(node, key, name),
    }));
  });
}

/** A value as a message shows it. */
export function shownValue(value: unknown): string {
  const text = canonicalJson(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
