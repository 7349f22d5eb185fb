import { createHash } from 'node:crypto';
import { canonicalJson, isObject, type SchemaObject } from './schema-node.ts';

const LOCAL = /^#\/(\$defs|definitions)\/([^/~%]+)$/;
/** Values of these are data, not schemas. */
const DATA = new Set(['const', 'enum', 'default', 'examples']);

/** Members of the root that only people read. */
const WORDS = new Set(['$schema', '$id', '$comment', 'title', 'description', 'examples']);

/** A schema whose definitions stand outside of it. */
export interface SharedSchema {
  /** Equal schemas have the same id. */
  readonly id: string;
  readonly schema: SchemaObject;
  /** The definitions by their ids. */
  readonly shared: ReadonlyMap<string, SchemaObject>;
}

/**
 * Takes the definitions out of a schema, so that schemas that are equal, or define the same, share one validator. The files
 * stay complete by themselves. A schema that refers to itself, or to anything but definitions, keeps them.
 */
export function shareDefinitions(file: SchemaObject): SharedSchema {
  const whole = Object.fromEntries(Object.entries(file).filter(([name]) => !WORDS.has(name)));
  const own = { id: idOf(whole), schema: whole, shared: new Map() };
  if (!isShareable(whole)) return own;
  const { $defs: _defs, definitions: _definitions, ...rest } = whole;
  const definitions = new Definitions(whole);
  const schema = definitions.replace(rest) as SchemaObject;
  return definitions.circular ? own : { id: idOf(schema), schema, shared: definitions.shared };
}

/** The definitions of one schema that something refers to. */
class Definitions {
  readonly shared = new Map<string, SchemaObject>();
  circular = false;
  readonly #schema: SchemaObject;
  readonly #ids = new Map<string, string>();
  readonly #open = new Set<string>();

  constructor(schema: SchemaObject) {
    this.#schema = schema;
  }

  /** The same with references to the ids of the definitions. */
  replace(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.replace(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => {
        if (DATA.has(name)) return [name, part];
        if (name === '$ref' && typeof part === 'string') return [name, this.#share(part)];
        return [name, this.replace(part)];
      }),
    );
  }

  #share(ref: string): string {
    const known = this.#ids.get(ref);
    if (known !== undefined) return known;
    const [, folder = '', name = ''] = LOCAL.exec(ref) ?? [];
    const definitions = this.#schema[folder];
    const definition = isObject(definitions) ? definitions[name] : undefined;
    if (this.#open.has(ref) || !isObject(definition)) {
      this.circular = true;
      return ref;
    }
    this.#open.add(ref);
    const replaced = this.replace(definition) as SchemaObject;
    const id = idOf(replaced);
    this.#ids.set(ref, id);
    this.shared.set(id, replaced);
    return id;
  }
}

function idOf(schema: SchemaObject): string {
  const hash = createHash('sha256').update(canonicalJson(schema)).digest('hex');
  return `urn:millrace:schema:${hash.slice(0, 16)}`;
}

/** Whether all references are to definitions, and nothing gives them another base. */
function isShareable(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => isShareable(item));
  if (!isObject(value)) return true;
  return Object.entries(value).every(([name, part]) => {
    // A property may have such a name: its schema's references would be missed.
    if (DATA.has(name)) return !canonicalJson(part).includes('"$ref"');
    if (name === '$ref' && typeof part === 'string') return LOCAL.test(part);
    if (typeof part === 'string' && /^\$(id|anchor|dynamic)/.test(name)) return false;
    return isShareable(part);
  });
}
