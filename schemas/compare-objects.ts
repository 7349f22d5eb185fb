import {
  dependencies,
  knownNames,
  largest,
  matchesPattern,
  otherProperties,
  patternsOf,
  possibleNames,
  propertyNames,
  propertyNodes,
  requiredNames,
  shownValue,
  smallest,
  standsAlone,
  strings,
} from './schema-facts.ts';
import { child, isObject, keyword, rootNode, type SchemaNode } from './schema-node.ts';
import { accepts } from './schema-values.ts';
import { breaks, type Incompatibility, type Scope, unproved } from './scope.ts';

/** Compares the keywords of objects. */
export function compareObjects(scope: Scope, newer: SchemaNode): Incompatibility[] {
  if (!scope.facts.kinds.has('object')) return [];
  return [
    ...compareRequired(scope, newer),
    ...compareProperties(scope, newer),
    ...comparePatterns(scope, newer),
    ...compareOthers(scope, newer),
    ...compareNames(scope, newer),
    ...compareCounts(scope, newer),
    ...compareDependencies(scope, newer),
    ...compareUnevaluated(newer),
  ];
}

function compareRequired({ facts }: Scope, newer: SchemaNode): Incompatibility[] {
  const before = requiredNames(facts);
  return strings(keyword(newer, 'required'))
    .filter((name) => !before.has(name))
    .map((name) =>
      breaks(
        newer,
        'required',
        `${shownValue(name)} was not required and is now: objects without it are refused`,
      ),
    );
}

function compareProperties(scope: Scope, newer: SchemaNode): Incompatibility[] {
  return propertyNames(newer).flatMap((name) => {
    const property = child(newer, 'properties', name);
    if (property === undefined) return [];
    const found = scope.below(propertyNodes(scope.facts, name), property);
    if (knownNames(scope.facts.all).has(name) || found.length === 0) return found;
    return found.map((item) => ({
      ...item,
      message: `${shownValue(name)} is new, but objects could hold it before with any value: ${item.message}`,
    }));
  });
}

function comparePatterns(scope: Scope, newer: SchemaNode): Incompatibility[] {
  return patternsOf(newer).flatMap((pattern) => {
    const property = child(newer, 'patternProperties', pattern);
    if (property === undefined) return [];
    const named = [...knownNames(scope.facts.all)]
      .filter((name) => matchesPattern(pattern, name))
      .flatMap((name) => scope.below(propertyNodes(scope.facts, name), property));
    const same = scope.facts.all.flatMap((node) => child(node, 'patternProperties', pattern) ?? []);
    if (same.length > 0) {
      const found = scope.below(same, property);
      if (found.length === 0) return named;
    }
    return [...named, ...leastBroken(scope, property, () => true)];
  });
}

/** Compares what the newer schema says of properties that it does not name. */
function compareOthers(scope: Scope, newer: SchemaNode): Incompatibility[] {
  const [others] = otherProperties(newer) ?? [];
  if (others === undefined || others.schema === true) return [];
  const names = new Set(propertyNames(newer));
  const patterns = patternsOf(newer);
  const lost = [...knownNames(scope.facts.all)].filter(
    (name) => !names.has(name) && !patterns.some((pattern) => matchesPattern(pattern, name)),
  );
  const found = lost.flatMap((name) =>
    scope.below(propertyNodes(scope.facts, name), others).map((item) => ({
      ...item,
      message: `${shownValue(name)} is not among the properties any more: ${item.message}`,
    })),
  );
  const unnamed = leastBroken(scope, others, (pattern) => !patterns.includes(pattern)).map(
    (item) => ({ ...item, message: `properties that were not named: ${item.message}` }),
  );
  return [...found, ...unnamed];
}

/**
 * What breaks for properties that no older schema names: such a one passes one of a schema's patterns, or what it says of all others.
 * One older schema whose every alternative fits is enough; else what the one with the fewest breaks says.
 */
function leastBroken(
  scope: Scope,
  newer: SchemaNode,
  counts: (pattern: string) => boolean,
): Incompatibility[] {
  const results = scope.facts.all.map((node) => {
    const patterns = patternsOf(node)
      .filter(counts)
      .flatMap((pattern) => child(node, 'patternProperties', pattern) ?? []);
    const rest = scope.below(otherProperties(node) ?? [], newer);
    return [...patterns.flatMap((property) => scope.below([property], newer)), ...rest];
  });
  if (results.length === 0) return scope.below([], newer);
  return results.reduce((best, found) => (found.length < best.length ? found : best));
}

function compareNames(scope: Scope, newer: SchemaNode): Incompatibility[] {
  const names = child(newer, 'propertyNames');
  if (names === undefined) return [];
  const possible = possibleNames(scope.facts);
  if (possible !== undefined) {
    return possible
      .filter((name) => !accepts(names, name))
      .map((name) => breaks(newer, 'propertyNames', `the name ${shownValue(name)} is refused now`));
  }
  const before = scope.facts.all.flatMap((node) => child(node, 'propertyNames') ?? []);
  return scope.below([...before, rootNode({ type: 'string' })], names);
}

function compareCounts({ facts }: Scope, newer: SchemaNode): Incompatibility[] {
  const found: Incompatibility[] = [];
  const [fewest, most] = [keyword(newer, 'minProperties'), keyword(newer, 'maxProperties')];
  const least = Math.max(largest(facts, 'minProperties') ?? 0, requiredNames(facts).size);
  const greatest = Math.min(
    smallest(facts, 'maxProperties') ?? Number.POSITIVE_INFINITY,
    possibleNames(facts)?.length ?? Number.POSITIVE_INFINITY,
  );
  if (typeof fewest === 'number' && least < fewest) {
    const message = `objects of ${least} properties were accepted, at least ${fewest} are needed now`;
    found.push(breaks(newer, 'minProperties', message));
  }
  if (typeof most === 'number' && greatest > most) {
    const before = greatest === Number.POSITIVE_INFINITY ? 'any number of' : greatest;
    const message = `objects of ${before} properties were accepted, at most ${most} are allowed now`;
    found.push(breaks(newer, 'maxProperties', message));
  }
  return found;
}

function compareDependencies(scope: Scope, newer: SchemaNode): Incompatibility[] {
  const required = requiredNames(scope.facts);
  const before = scope.facts.all.flatMap(dependencies);
  return dependencies(newer).flatMap(({ name, names, schema, pointer }) => {
    if (propertyNodes(scope.facts, name).some((node) => node.schema === false)) return [];
    const known = before.filter(
      (dependency) => required.has(dependency.name) || dependency.name === name,
    );
    const needed = new Set(known.flatMap((dependency) => dependency.names));
    const missing = names
      .filter((other) => other !== name && !required.has(other) && !needed.has(other))
      .map((other) => ({
        pointer,
        rule: 'dependentRequired',
        message: `objects with ${shownValue(name)} and without ${shownValue(other)} were accepted and are refused`,
      }));
    if (schema === undefined) return missing;
    const present = rootNode({ type: 'object', required: [name, ...needed] });
    const schemas = known.flatMap((dependency) => dependency.schema ?? []);
    return [...missing, ...scope.here([...scope.older, ...schemas, present], schema)];
  });
}

/** What is evaluated elsewhere is not followed: such a schema is the same, or cannot be proved. */
function compareUnevaluated(newer: SchemaNode): Incompatibility[] {
  const value = keyword(newer, 'unevaluatedProperties');
  const harmless =
    value === undefined || value === true || (isObject(value) && Object.keys(value).length === 0);
  if (harmless || standsAlone(newer)) return [];
  return [
    unproved(
      newer,
      'unevaluatedProperties',
      'the schema changed, and which properties are evaluated is not followed',
    ),
  ];
}
