import { factsOf } from './schema-facts.ts';
import {
  child,
  children,
  keyword,
  resolveRef,
  type SchemaNode,
  sameSchema,
} from './schema-node.ts';
import { type Incompatibility, type Scope, unproved } from './scope.ts';

/** Compares the keywords that combine schemas. Members of allOf and what $ref names are compared by themselves. */
export function compareCombinations(scope: Scope, newer: SchemaNode): Incompatibility[] {
  return [
    ...compareRef(newer),
    ...compareAnyOf(scope, newer),
    ...compareOneOf(scope, newer),
    ...compareNot(scope, newer),
    ...compareCondition(scope, newer),
  ];
}

function compareRef(newer: SchemaNode): Incompatibility[] {
  if (keyword(newer, '$ref') === undefined || resolveRef(newer) !== undefined) return [];
  return [
    unproved(newer, '$ref', 'only references within the file, as #/$defs/name, are followed'),
  ];
}

function compareAnyOf(scope: Scope, newer: SchemaNode): Incompatibility[] {
  const branches = children(newer, 'anyOf');
  if (branches.length === 0) return [];
  const found = branches.map((branch) => scope.here(scope.older, branch));
  if (found.some((broken) => broken.length === 0)) return [];
  return [noBranch(newer, 'anyOf', found)];
}

function compareOneOf(scope: Scope, newer: SchemaNode): Incompatibility[] {
  const branches = children(newer, 'oneOf');
  if (branches.length === 0) return [];
  const found = branches.map((branch) => scope.here(scope.older, branch));
  const fitting = found.findIndex((broken) => broken.length === 0);
  if (fitting < 0) return [noBranch(newer, 'oneOf', found)];
  const overlapping = branches.findIndex(
    (branch, i) => i !== fitting && !scope.disjoint(scope.older, [branch]),
  );
  if (overlapping < 0) return [];
  return [
    unproved(
      newer,
      'oneOf',
      `what passes branch ${fitting} may pass branch ${overlapping} too, and is then refused`,
    ),
  ];
}

function noBranch(
  newer: SchemaNode,
  name: string,
  found: readonly (readonly Incompatibility[])[],
): Incompatibility {
  const closest = found.reduce((best, broken) => (broken.length < best.length ? broken : best));
  const why = closest.map(({ pointer, message }) => `${pointer || '/'}: ${message}`).join('; ');
  return unproved(newer, name, `no branch takes all that was accepted; the closest: ${why}`);
}

function compareNot(scope: Scope, newer: SchemaNode): Incompatibility[] {
  const refused = child(newer, 'not');
  if (refused === undefined || scope.disjoint(scope.older, [refused])) return [];
  return [unproved(newer, 'not', 'values that were accepted may be of the form that is refused')];
}

function compareCondition(scope: Scope, newer: SchemaNode): Incompatibility[] {
  const condition = child(newer, 'if');
  if (condition === undefined) return [];
  const same = scope.facts.all.filter((node) => {
    const before = child(node, 'if');
    return before !== undefined && sameSchema(before, condition);
  });
  const compareBranch = (name: 'then' | 'else', known: readonly SchemaNode[]) => {
    const branch = child(newer, name);
    if (branch === undefined) return [];
    const before = same.flatMap((node) => child(node, name) ?? []);
    return scope.here([...scope.older, ...before, ...known], branch);
  };
  const always = scope.here(scope.older, condition).length === 0;
  const never = factsOf([...scope.older, condition]).kinds.size === 0;
  return [
    ...(never ? [] : compareBranch('then', [condition])),
    ...(always ? [] : compareBranch('else', [])),
  ];
}
