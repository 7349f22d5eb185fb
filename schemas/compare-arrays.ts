import {
  type Facts,
  itemSchemas,
  largest,
  mostItems,
  numbers,
  otherItems,
  standsAlone,
  tupleOf,
} from './schema-facts.ts';
import { child, keyword, type SchemaNode, sameSchema } from './schema-node.ts';
import { breaks, type Incompatibility, type Scope, unproved } from './scope.ts';

/** Compares the keywords of arrays. */
export function compareArrays(scope: Scope, newer: SchemaNode): Incompatibility[] {
  if (!scope.facts.kinds.has('array')) return [];
  return [
    ...compareItems(scope, newer),
    ...compareCounts(scope.facts, newer),
    ...compareUnique(scope.facts, newer),
    ...compareContains(scope, newer),
    ...compareUnevaluated(newer),
  ];
}

function compareItems(scope: Scope, newer: SchemaNode): Incompatibility[] {
  const { all } = scope.facts;
  const [tuple, others, most] = [tupleOf(newer), otherItems(newer), mostItems(scope.facts)];
  const at = (index: number): SchemaNode[] => all.flatMap((node) => itemSchemas(node, index));
  const longest = Math.max(tuple.length, ...all.map((node) => tupleOf(node).length));
  const found: Incompatibility[] = [];
  for (let i = 0; i < Math.min(longest, most); i++) {
    const item = tuple[i] ?? others;
    if (item !== undefined) found.push(...scope.below(at(i), item));
  }
  if (others !== undefined && most > longest) found.push(...scope.below(at(longest), others));
  return found;
}

function compareCounts(facts: Facts, newer: SchemaNode): Incompatibility[] {
  const found: Incompatibility[] = [];
  const [fewest, longest] = [keyword(newer, 'minItems'), keyword(newer, 'maxItems')];
  const [least, most] = [largest(facts, 'minItems') ?? 0, mostItems(facts)];
  if (typeof fewest === 'number' && least < fewest) {
    const message = `arrays of ${least} items were accepted, at least ${fewest} are needed now`;
    found.push(breaks(newer, 'minItems', message));
  }
  if (typeof longest === 'number' && most > longest) {
    const before = most === Number.POSITIVE_INFINITY ? 'any number of' : most;
    const message = `arrays of ${before} items were accepted, at most ${longest} are allowed now`;
    found.push(breaks(newer, 'maxItems', message));
  }
  return found;
}

function compareUnique(facts: Facts, newer: SchemaNode): Incompatibility[] {
  if (keyword(newer, 'uniqueItems') !== true || mostItems(facts) <= 1) return [];
  if (facts.all.some((node) => keyword(node, 'uniqueItems') === true)) return [];
  return [breaks(newer, 'uniqueItems', 'arrays that repeat an item were accepted and are refused')];
}

function compareContains(scope: Scope, newer: SchemaNode): Incompatibility[] {
  const wanted = child(newer, 'contains');
  if (wanted === undefined) return [];
  const fewest = numbers([newer], 'minContains')[0] ?? 1;
  const [most] = numbers([newer], 'maxContains');
  const found: Incompatibility[] = [];
  if (fewest > 0 && !containsAtLeast(scope, wanted, fewest)) {
    const message = `arrays without ${fewest === 1 ? 'an item' : `${fewest} items`} of this form were accepted and are refused`;
    found.push(breaks(newer, 'contains', message));
  }
  if (most !== undefined && !containsAtMost(scope, wanted, most)) {
    const message = `arrays of more than ${most} items of this form were accepted and are refused`;
    found.push(breaks(newer, 'maxContains', message));
  }
  return found;
}

function containsAtLeast(scope: Scope, wanted: SchemaNode, fewest: number): boolean {
  const { all } = scope.facts;
  const known = all.some((node) => {
    const before = child(node, 'contains');
    const least = numbers([node], 'minContains')[0] ?? 1;
    return before !== undefined && least >= fewest && scope.below([before], wanted).length === 0;
  });
  if (known) return true;
  if ((largest(scope.facts, 'minItems') ?? 0) < fewest) return false;
  // As many items as are needed, each of which is of this form.
  return Array.from({ length: Math.min(fewest, 100) }, (_, i) => i).every(
    (i) =>
      fewest <= 100 &&
      scope.below(
        all.flatMap((node) => itemSchemas(node, i)),
        wanted,
      ).length === 0,
  );
}

function containsAtMost(scope: Scope, wanted: SchemaNode, most: number): boolean {
  if (mostItems(scope.facts) <= most) return true;
  return scope.facts.all.some((node) => {
    const before = child(node, 'contains');
    const limit = numbers([node], 'maxContains')[0] ?? Number.POSITIVE_INFINITY;
    return before !== undefined && limit <= most && sameSchema(before, wanted);
  });
}

/** What is evaluated elsewhere is not followed: such a schema is the same, or cannot be proved. */
function compareUnevaluated(newer: SchemaNode): Incompatibility[] {
  const value = keyword(newer, 'unevaluatedItems');
  if (value === undefined || value === true) return [];
  if (standsAlone(newer) && keyword(newer, 'contains') === undefined) return [];
  const message = 'the schema changed, and which items are evaluated is not followed';
  return [unproved(newer, 'unevaluatedItems', message)];
}
