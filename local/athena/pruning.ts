import type { Node } from './tree.ts';

/** Values of a partition's keys, by key. */
export type KeyValues = Readonly<Record<string, string | null>>;

/** Not decided by the keys alone. */
const UNKNOWN = Symbol('unknown');
type Value = string | number | boolean | null | typeof UNKNOWN;

/**
 * Whether rows of a partition can satisfy these conditions. Conditions are evaluated over the partition's keys and literals; what
 * needs a row leaves the answer open, and the partition is read.
 * @param names alias and name that columns of the table may be qualified with
 */
export function mayMatch(
  conditions: readonly Node[],
  names: readonly string[],
  keys: KeyValues,
): boolean {
  return conditions.every((condition) => {
    const value = evaluate(condition, names, keys);
    return value === UNKNOWN || value === true;
  });
}

/** Conditions that no row of NULLs satisfies: only these may thin out a table whose rows an outer join may replace. */
export function nullRejecting(
  conditions: readonly Node[],
  names: readonly string[],
  keys: readonly string[],
): Node[] {
  const nulls = Object.fromEntries(keys.map((key) => [key, null]));
  return conditions
    .flatMap(conjuncts)
    .filter((condition) => [false, null].includes(evaluate(condition, names, nulls) as boolean));
}

/** Whether conditions fix a key to one or several literals, as an injected key of partition projection needs. */
export function fixesKey(
  conditions: readonly Node[],
  names: readonly string[],
  key: string,
): boolean {
  return conditions.flatMap(conjuncts).some((node) => {
    const child = (node.children as Node[] | undefined)?.[0];
    if (node.type === 'COMPARE_IN') return child !== undefined && keyOf(child, names) === key;
    return (
      node.type === 'COMPARE_EQUAL' &&
      [node.left, node.right].some((side) => keyOf(side as Node, names) === key)
    );
  });
}

function conjuncts(node: Node): Node[] {
  return node.type === 'CONJUNCTION_AND' ? (node.children as Node[]).flatMap(conjuncts) : [node];
}

function keyOf(node: Node, names: readonly string[]): string | null {
  if (node.class !== 'COLUMN_REF') return null;
  const parts = (node.column_names as string[]).map((part) => part.toLowerCase());
  const qualifier = parts.at(-2);
  return qualifier === undefined || names.includes(qualifier) ? parts.at(-1)! : null;
}

function evaluate(node: Node, names: readonly string[], keys: KeyValues): Value {
  const inner = (child: unknown): Value => evaluate(child as Node, names, keys);
  const children = (): Value[] => (node.children as Node[]).map(inner);
  switch (node.type) {
    case 'VALUE_CONSTANT':
      return constant(node.value as Node);
    case 'COLUMN_REF': {
      const key = keyOf(node, names);
      return key !== null && key in keys ? keys[key]! : UNKNOWN;
    }
    case 'CONJUNCTION_AND':
      return all(children());
    case 'CONJUNCTION_OR':
      return not(all(children().map(not)));
    case 'OPERATOR_NOT':
      return not(inner((node.children as Node[])[0]));
    case 'COMPARE_BETWEEN':
      return all([
        compare('COMPARE_GREATERTHANOREQUALTO', inner(node.input), inner(node.lower)),
        compare('COMPARE_LESSTHANOREQUALTO', inner(node.input), inner(node.upper)),
      ]);
    case 'COMPARE_IN':
    case 'COMPARE_NOT_IN': {
      const [value, ...list] = children();
      const found = not(all(list.map((item) => not(compare('COMPARE_EQUAL', value!, item)))));
      return node.type === 'COMPARE_IN' ? found : not(found);
    }
    case 'OPERATOR_CAST':
      return toDate(node, inner(node.child));
    case 'FUNCTION':
      return ['||', 'trino_concat'].includes(String(node.function_name))
        ? joined(children())
        : UNKNOWN;
    default:
      return String(node.type).startsWith('COMPARE_') && node.left !== undefined
        ? compare(String(node.type), inner(node.left), inner(node.right))
        : UNKNOWN;
  }
}

function constant(value: Node): Value {
  if (value.is_null === true) return null;
  const plain = value.value;
  return typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean'
    ? plain
    : UNKNOWN;
}

/** AND over three values: false wins, then what is open, then NULL. */
function all(values: readonly Value[]): Value {
  if (values.includes(false)) return false;
  if (values.some((value) => value === UNKNOWN || (typeof value !== 'boolean' && value !== null)))
    return UNKNOWN;
  return values.includes(null) ? null : true;
}

function not(value: Value): Value {
  return typeof value === 'boolean' ? !value : value;
}

function joined(values: readonly Value[]): Value {
  if (values.includes(null)) return null;
  return values.every((value) => typeof value === 'string') ? values.join('') : UNKNOWN;
}

/** Dates compare as texts where both are written YYYY-MM-DD. Other casts are left open. */
function toDate(node: Node, value: Value): Value {
  const type = (node.cast_type as Node | undefined)?.id;
  if (value === null || (type === 'VARCHAR' && typeof value === 'string')) return value;
  return type === 'DATE' && typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)
    ? value
    : UNKNOWN;
}

function compare(type: string, left: Value, right: Value): Value {
  if (left === null || right === null) return null;
  // Keys are texts: a number beside one means that Trino would compare otherwise.
  if (typeof left !== 'string' || typeof right !== 'string') return UNKNOWN;
  const order = left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
  switch (type) {
    case 'COMPARE_EQUAL':
      return order === 0;
    case 'COMPARE_NOTEQUAL':
      return order !== 0;
    case 'COMPARE_LESSTHAN':
      return order < 0;
    case 'COMPARE_LESSTHANOREQUALTO':
      return order <= 0;
    case 'COMPARE_GREATERTHAN':
      return order > 0;
    case 'COMPARE_GREATERTHANOREQUALTO':
      return order >= 0;
    default:
      return UNKNOWN;
  }
}
