import {
  type Bound,
  type Facts,
  kindsNamed,
  largest,
  lowerBound,
  numbers,
  shownValue,
  smallest,
  upperBound,
  type ValueKind,
} from './schema-facts.ts';
import { keyword, type SchemaNode } from './schema-node.ts';
import { breaks, type Incompatibility, type Scope, unproved } from './scope.ts';

const KIND_WORDS: Readonly<Record<ValueKind, string>> = {
  null: 'null',
  boolean: 'booleans',
  object: 'objects',
  array: 'arrays',
  string: 'strings',
  integer: 'integers',
  fraction: 'numbers with a fraction',
};

/** Compares type, enum and const, and the keywords of numbers and strings. */
export function compareScalars({ facts }: Scope, newer: SchemaNode): Incompatibility[] {
  if (newer.schema === false) {
    return [
      {
        pointer: newer.pointer,
        rule: 'false',
        message: `${words(facts)} were accepted, nothing is accepted now`,
      },
    ];
  }
  const isNumber = facts.kinds.has('integer') || facts.kinds.has('fraction');
  return [
    ...compareType(facts, newer),
    ...compareLists(facts, newer),
    ...(isNumber ? compareNumbers(facts, newer) : []),
    ...(facts.kinds.has('string') ? compareStrings(facts, newer) : []),
  ];
}

function compareType(facts: Facts, newer: SchemaNode): Incompatibility[] {
  const allowed = kindsNamed(keyword(newer, 'type'), keyword(newer, 'nullable') === true);
  const lost = [...facts.kinds].filter((kind) => !allowed.has(kind));
  if (lost.length === 0) return [];
  const which = lost.map((kind) => KIND_WORDS[kind]).join(', ');
  return [
    breaks(
      newer,
      'type',
      `${which} were accepted, only ${shownValue(keyword(newer, 'type'))} is now`,
    ),
  ];
}

/** The older schemas accept more than can be listed. */
function compareLists(facts: Facts, newer: SchemaNode): Incompatibility[] {
  return ['enum', 'const'].flatMap((name) => {
    const value = keyword(newer, name);
    if (value === undefined) return [];
    return [breaks(newer, name, `${words(facts)} were accepted, only ${shownValue(value)} is now`)];
  });
}

function compareNumbers(facts: Facts, newer: SchemaNode): Incompatibility[] {
  return [
    ...compareBound(newer, 'minimum', lowerBound(facts), -1),
    ...compareBound(newer, 'exclusiveMinimum', lowerBound(facts), -1),
    ...compareBound(newer, 'maximum', upperBound(facts), 1),
    ...compareBound(newer, 'exclusiveMaximum', upperBound(facts), 1),
    ...compareMultiple(facts, newer),
  ];
}

/** @param side -1 for a lower bound, 1 for an upper one. */
function compareBound(
  newer: SchemaNode,
  name: string,
  older: Bound | undefined,
  side: -1 | 1,
): Incompatibility[] {
  const limit = keyword(newer, name);
  if (typeof limit !== 'number') return [];
  const exclusive = name.startsWith('exclusive');
  const distance = older === undefined ? 1 : (older.value - limit) * side;
  if (distance < 0 || (distance === 0 && (!exclusive || older?.exclusive === true))) return [];
  return [
    breaks(
      newer,
      name,
      `the ${side < 0 ? 'lower' : 'upper'} bound of numbers was ${describeBound(older)}, is ${describeBound({ value: limit, exclusive })} now`,
    ),
  ];
}

function describeBound(bound: Bound | undefined): string {
  return bound === undefined ? 'none' : `${bound.value}${bound.exclusive ? ' (not itself)' : ''}`;
}

/** Only whole numbers divide for sure: of fractions, the validators' division rounds. */
function compareMultiple(facts: Facts, newer: SchemaNode): Incompatibility[] {
  const factor = keyword(newer, 'multipleOf');
  if (typeof factor !== 'number') return [];
  const known = numbers(facts.all, 'multipleOf');
  const whole = facts.kinds.has('fraction') ? known : [...known, 1];
  const divides = (value: number): boolean =>
    value === factor ||
    (Number.isInteger(factor) && Number.isInteger(value) && value % factor === 0);
  if (whole.some(divides)) return [];
  const before =
    known.length === 0 ? 'any number was accepted' : `multiples of ${known.join(', ')} were`;
  return [breaks(newer, 'multipleOf', `${before}, only multiples of ${factor} are now`)];
}

function compareStrings(facts: Facts, newer: SchemaNode): Incompatibility[] {
  const found: Incompatibility[] = [];
  const [shortest, longest] = [keyword(newer, 'minLength'), keyword(newer, 'maxLength')];
  const least = largest(facts, 'minLength') ?? 0;
  const most = smallest(facts, 'maxLength') ?? Number.POSITIVE_INFINITY;
  if (typeof shortest === 'number' && least < shortest) {
    found.push(
      breaks(
        newer,
        'minLength',
        `strings of ${least} characters were accepted, at least ${shortest} are needed now`,
      ),
    );
  }
  if (typeof longest === 'number' && most > longest) {
    const before = most === Number.POSITIVE_INFINITY ? 'any length' : `${most} characters`;
    found.push(
      breaks(
        newer,
        'maxLength',
        `strings of ${before} were accepted, at most ${longest} are allowed now`,
      ),
    );
  }
  for (const name of ['pattern', 'format']) {
    const value = keyword(newer, name);
    if (value === undefined || facts.all.some((node) => keyword(node, name) === value)) continue;
    const before = facts.all.flatMap((node) => keyword(node, name) ?? []);
    found.push(
      unproved(
        newer,
        name,
        `${name} was ${before.map(shownValue).join(' and ') || 'none'}, is ${shownValue(value)} now: strings may be refused`,
      ),
    );
  }
  return found;
}

function words({ kinds }: Facts): string {
  return kinds.size === 7 ? 'all values' : [...kinds].map((kind) => KIND_WORDS[kind]).join(', ');
}
