import { compareArrays } from './compare-arrays.ts';
import { compareCombinations } from './compare-combinations.ts';
import { compareObjects } from './compare-objects.ts';
import { compareScalars } from './compare-scalars.ts';
import {
  factsOf,
  propertyNodes,
  requiredNames,
  shownValue,
  type ValueKind,
} from './schema-facts.ts';
import {
  ANNOTATIONS,
  canonicalJson,
  child,
  children,
  conjuncts,
  keyword,
  rootNode,
  type Schema,
  type SchemaNode,
  sameSchema,
} from './schema-node.ts';
import { accepts } from './schema-values.ts';
import { type Compare, type Incompatibility, type Scope, unproved } from './scope.ts';

export type { Incompatibility } from './scope.ts';

/** Pairs of schemas that are looked at before the check gives up. */
const MOST_COMPARISONS = 5_000;
const MOST_DEPTH = 60;

/** Keywords that are compared; another one is a new rule unless it was there before. */
const COMPARISONS: readonly Compare[] = [
  compareScalars,
  compareObjects,
  compareArrays,
  compareCombinations,
];
const COMPARED = new Set([
  ...['type', 'enum', 'const', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  ...['multipleOf', 'minLength', 'maxLength', 'pattern', 'format', 'nullable'],
  ...['properties', 'patternProperties', 'additionalProperties', 'required', 'propertyNames'],
  ...['minProperties', 'maxProperties', 'dependentRequired', 'dependentSchemas', 'dependencies'],
  ...['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems', 'contains'],
  ...['minContains', 'maxContains', 'unevaluatedProperties', 'unevaluatedItems'],
  ...['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
]);

/**
 * What of the values that `older` accepts `newer` may refuse; nothing where it is proved that it accepts them all. Where it
 * cannot be decided, as for a pattern that changed, that is said and counts as incompatible.
 */
export function compareSchemas(older: Schema, newer: Schema): Incompatibility[] {
  // Copies: what both hold of one object would be looked up in the wrong document.
  const [before, after] = [structuredClone(older), structuredClone(newer)];
  return new Comparison().below([rootNode(before)], rootNode(after));
}

/** One comparison of two documents: what is under way, and how much was looked at. */
class Comparison {
  #left = MOST_COMPARISONS;
  #depth = 0;
  readonly #underWay = new Set<string>();
  readonly #ids = new Map<unknown, number>();

  /** Compares what is said of a value further down. */
  below(older: readonly SchemaNode[], newer: SchemaNode): Incompatibility[] {
    return this.#prove(older, newer, new Set());
  }

  #prove(
    older: readonly SchemaNode[],
    newer: SchemaNode,
    split: ReadonlySet<string>,
  ): Incompatibility[] {
    if (newer.schema === true || older.some((node) => sameSchema(node, newer))) return [];
    // The same pair again is further down in the value: schemas that refer to themselves are proved by its depth.
    const key = [...older.map((node) => this.#idOf(node)), '<', this.#idOf(newer), ...split].join();
    if (this.#underWay.has(key)) return [];
    if (this.#left-- <= 0 || this.#depth > MOST_DEPTH) {
      return [unproved(newer, 'size', 'the schemas are too large to be compared')];
    }
    this.#underWay.add(key);
    this.#depth++;
    try {
      return this.#compare(older, newer, split);
    } finally {
      this.#depth--;
      this.#underWay.delete(key);
    }
  }

  #compare(
    older: readonly SchemaNode[],
    newer: SchemaNode,
    split: ReadonlySet<string>,
  ): Incompatibility[] {
    const facts = factsOf(older);
    if (facts.kinds.size === 0) return [];
    if (facts.values !== undefined) {
      return facts.values
        .filter((value) => facts.all.every((node) => accepts(node, value)))
        .filter((value) => !accepts(newer, value))
        .map((value) => ({
          pointer: newer.pointer,
          rule: 'enum',
          message: `${shownValue(value)} was accepted and is refused`,
        }));
    }
    const scope: Scope = {
      facts,
      older,
      below: (nodes, node) => this.below(nodes, node),
      here: (nodes, node) => this.#prove(nodes, node, split),
      disjoint: (a, b) => this.#disjoint(a, b, 0),
    };
    const found = conjuncts([newer])
      .filter((node) => !facts.all.some((known) => sameSchema(known, node)))
      .flatMap((node) => [
        ...unknownKeywords(scope, node),
        ...COMPARISONS.flatMap((compare) => compare(scope, node)),
      ]);
    if (found.length === 0) return [];
    return this.#compareCases(facts.all, older, newer, split) ?? distinct(found);
  }

  /** Where the older schemas leave a choice: each case by itself. Undefined where there is none left. */
  #compareCases(
    all: readonly SchemaNode[],
    older: readonly SchemaNode[],
    newer: SchemaNode,
    split: ReadonlySet<string>,
  ): Incompatibility[] | undefined {
    for (const node of all) {
      for (const name of ['anyOf', 'oneOf', 'if']) {
        const mark = `${this.#idOf(node)}${name}`;
        if (keyword(node, name) === undefined || split.has(mark)) continue;
        const marks = new Set([...split, mark]);
        const found = casesOf(node, name).flatMap((nodes) =>
          this.#prove([...older, ...nodes], newer, marks),
        );
        return distinct(found);
      }
    }
    const kinds = [...factsOf(older).kinds];
    if (split.has('type') || kinds.length < 2 || !leavesChoice(newer)) return undefined;
    const marks = new Set([...split, 'type']);
    return distinct(
      kinds.flatMap((kind) => this.#prove([...older, KIND_NODES[kind]], newer, marks)),
    );
  }

  /** Whether no value passes both. False where that is not proved. */
  #disjoint(a: readonly SchemaNode[], b: readonly SchemaNode[], depth: number): boolean {
    const [left, right] = [factsOf(a), factsOf(b)];
    const kinds = [...left.kinds].filter((kind) => right.kinds.has(kind));
    if (kinds.length === 0) return true;
    const refuses = (nodes: readonly SchemaNode[]) => (value: unknown) =>
      !nodes.every((node) => accepts(node, value));
    if (left.values?.every(refuses(b)) || right.values?.every(refuses(a))) return true;
    if (depth > 10) return false;
    const excluded = (from: readonly SchemaNode[], all: readonly SchemaNode[]): boolean =>
      all.some((node) => {
        const refused = child(node, 'not');
        return (
          refused !== undefined &&
          from.some((candidate) => this.below([candidate], refused).length === 0)
        );
      });
    if (excluded(b, left.all) || excluded(a, right.all)) return true;
    if (kinds.some((kind) => kind !== 'object')) return false;
    const names = new Set([...requiredNames(left), ...requiredNames(right)]);
    return [...names].some((name) =>
      this.#disjoint(propertyNodes(left, name), propertyNodes(right, name), depth + 1),
    );
  }

  #idOf(node: SchemaNode): string {
    let id = this.#ids.get(node.schema);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(node.schema, id);
    }
    return String(id);
  }
}

/** Schemas that let one kind of value through. */
const KIND_NODES: Readonly<Record<ValueKind, SchemaNode>> = {
  null: rootNode({ type: 'null' }),
  boolean: rootNode({ type: 'boolean' }),
  object: rootNode({ type: 'object' }),
  array: rootNode({ type: 'array' }),
  string: rootNode({ type: 'string' }),
  integer: rootNode({ type: 'integer' }),
  fraction: rootNode({ type: 'number', not: { type: 'integer' } }),
};

/** The cases of a choice: what holds in each. */
function casesOf(node: SchemaNode, name: string): SchemaNode[][] {
  if (name !== 'if') return children(node, name).map((branch) => [branch]);
  const condition = child(node, 'if');
  if (condition === undefined) return [];
  const [holds, fails] = [child(node, 'then'), child(node, 'else')];
  // What fails the condition is left out: its references would need its document.
  return [[condition, ...(holds === undefined ? [] : [holds])], fails === undefined ? [] : [fails]];
}

function leavesChoice(newer: SchemaNode): boolean {
  return conjuncts([newer]).some((node) =>
    ['anyOf', 'oneOf', 'not', 'if'].some((name) => keyword(node, name) !== undefined),
  );
}

function unknownKeywords({ facts }: Scope, node: SchemaNode): Incompatibility[] {
  if (typeof node.schema === 'boolean') return [];
  return Object.entries(node.schema).flatMap(([name, value]) => {
    if (COMPARED.has(name) || ANNOTATIONS.has(name)) return [];
    const known = facts.all.some(
      (older) =>
        typeof older.schema === 'object' &&
        Object.hasOwn(older.schema, name) &&
        canonicalJson(keyword(older, name)) === canonicalJson(value),
    );
    return known && !name.startsWith('$')
      ? []
      : [unproved(node, name, `the keyword ${name} is not compared`)];
  });
}

function distinct(found: readonly Incompatibility[]): Incompatibility[] {
  return [...new Map(found.map((item) => [canonicalJson(item), item])).values()];
}
