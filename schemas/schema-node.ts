/** A JSON Schema: `true` takes everything, `false` nothing. */
export type Schema = boolean | SchemaObject;
/** A JSON Schema that is an object: its keywords. */
export type SchemaObject = Readonly<Record<string, unknown>>;

/** A schema at its place: references in it are looked up in its document. */
export interface SchemaNode {
  readonly schema: Schema;
  /** JSON pointer from the document's root. */
  readonly pointer: string;
  readonly root: Schema;
}

/** Keywords that say something to people, or hold schemas that only references reach: they refuse nothing. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...['$schema', '$id', '$comment', '$anchor', '$dynamicAnchor', '$vocabulary', '$defs'],
  ...['definitions', 'title', 'description', 'default', 'examples', 'deprecated', 'readOnly'],
  ...['writeOnly', 'contentEncoding', 'contentMediaType', 'contentSchema'],
]);

const SCHEMA_MAPS = new Set([
  ...['properties', 'patternProperties', 'dependentSchemas', 'dependencies'],
]);
const SCHEMAS = new Set([
  ...['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items', 'additionalItems', 'unevaluatedItems'],
  ...['contains', 'additionalProperties', 'unevaluatedProperties', 'propertyNames'],
  ...['not', 'if', 'then', 'else'],
]);
/** Lists whose order says nothing. */
const SETS = new Set(['type', 'required', 'enum']);

/** A schema as a document of its own. */
export function rootNode(schema: Schema): SchemaNode {
  return { schema, pointer: '', root: schema };
}

/** Whether a value is a schema by its form. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === 'boolean' || isObject(value);
}

/** Whether a value is an object of JSON: no list, not null. */
export function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a keyword of a schema says; undefined for `true` and `false`. */
export function keyword(node: SchemaNode, name: string): unknown {
  return typeof node.schema === 'object' ? node.schema[name] : undefined;
}

/** The schema further down, undefined where there is none. */
export function child(node: SchemaNode, ...path: readonly string[]): SchemaNode | undefined {
  let value: unknown = node.schema;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  if (!isSchema(value)) return undefined;
  return { schema: value, pointer: pointerTo(node, ...path), root: node.root };
}

/** The schemas of a list keyword, as anyOf. */
export function children(node: SchemaNode, name: string): SchemaNode[] {
  const list = keyword(node, name);
  if (!Array.isArray(list)) return [];
  return list.flatMap((_, i) => child(node, name, String(i)) ?? []);
}

/** JSON pointer of something in a schema. */
export function pointerTo(node: SchemaNode, ...path: readonly string[]): string {
  const escaped = path.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1'));
  return [node.pointer, ...escaped].join('/');
}

/** What a `$ref` names; undefined where it is not in the same document, or not a JSON pointer. */
export function resolveRef(node: SchemaNode): SchemaNode | undefined {
  const ref = keyword(node, '$ref');
  if (typeof ref !== 'string' || !/^#(\/|$)/.test(ref) || hasInnerId(node.root)) return undefined;
  const path = decodeURIComponent(ref.slice(1))
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return child(rootNode(node.root), ...path);
}

/** The schemas and all that hold together with them: what `$ref` names, and the members of `allOf`. */
export function conjuncts(nodes: readonly SchemaNode[]): SchemaNode[] {
  const found: SchemaNode[] = [];
  const visit = (node: SchemaNode): void => {
    if (found.some(({ schema }) => schema === node.schema)) return;
    found.push(node);
    const target = resolveRef(node);
    if (target !== undefined) visit(target);
    children(node, 'allOf').forEach(visit);
  };
  nodes.forEach(visit);
  return found;
}

/** Whether two schemas are the same but for words for people and the order of sets. */
export function sameSchema(a: SchemaNode, b: SchemaNode): boolean {
  return same(a, b, new Set());
}

/** JSON with sorted keys: equal values have equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
}

function same(a: SchemaNode, b: SchemaNode, seen: Set<string>): boolean {
  if (a.schema === b.schema && a.root === b.root) return true;
  const refs = new Set<string>();
  const text = canonicalJson(bare(a.schema, refs));
  if (text !== canonicalJson(bare(b.schema, new Set()))) return false;
  return [...refs].every((ref) => {
    if (seen.has(ref)) return true;
    seen.add(ref);
    const [left, right] = [a, b].map(({ root }) =>
      resolveRef({ schema: { $ref: ref }, pointer: '', root }),
    );
    if (left !== undefined && right !== undefined) return same(left, right, seen);
    return canonicalJson(a.root) === canonicalJson(b.root);
  });
}

/** A schema without its annotations; gathers the references in it. */
function bare(schema: unknown, refs: Set<string>): unknown {
  if (!isObject(schema)) return schema;
  const entries = Object.entries(schema).filter(([name]) => !ANNOTATIONS.has(name));
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if ((name === '$ref' || name === '$dynamicRef') && typeof value === 'string') refs.add(value);
      return [name, bareKeyword(name, value, refs)];
    }),
  );
}

function bareKeyword(name: string, value: unknown, refs: Set<string>): unknown {
  if (SCHEMAS.has(name)) {
    return Array.isArray(value) ? value.map((item) => bare(item, refs)) : bare(value, refs);
  }
  if (SCHEMA_MAPS.has(name) && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, bare(item, refs)]));
  }
  return SETS.has(name) && Array.isArray(value) ? value.map(canonicalJson).sort() : value;
}

/** An $id further down gives the references below it another base. */
function hasInnerId(root: Schema): boolean {
  let known = innerIds.get(root as object);
  if (known === undefined) {
    const holds = (value: unknown): boolean =>
      typeof value === 'object' &&
      value !== null &&
      (typeof (value as SchemaObject).$id === 'string' || Object.values(value).some(holds));
    known = Object.values(root as object).some(holds);
    innerIds.set(root as object, known);
  }
  return known;
}

const innerIds = new WeakMap<object, boolean>();
