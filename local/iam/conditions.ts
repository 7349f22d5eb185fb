import { wildcard } from './match.ts';

/** Keys of a request that conditions can test, in lower case: s3:prefix, aws:securetransport. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** One condition of a statement: all of them must hold. */
export interface Condition {
  /** Name as in the policy, as ForAllValues:StringLike. */
  readonly operator: string;
  /** Key of the request, as in the policy. */
  readonly key: string;
  readonly values: readonly string[];
}

type Test = (allowed: string, value: string) => boolean;

/** Tests by operator; an operator of the second list holds if no value of the policy matches. */
const POSITIVE: Readonly<Record<string, Test>> = {
  StringEquals: (allowed, value) => allowed === value,
  StringEqualsIgnoreCase: (allowed, value) => allowed.toLowerCase() === value.toLowerCase(),
  StringLike: (allowed, value) => wildcard(allowed, value),
  ArnEquals: (allowed, value) => wildcard(allowed, value),
  ArnLike: (allowed, value) => wildcard(allowed, value),
  Bool: (allowed, value) => allowed.toLowerCase() === value.toLowerCase(),
};
const NEGATIVE: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
};

/** Whether the evaluator knows the operator, with its set prefix and IfExists suffix. */
export function isKnownOperator(operator: string): boolean {
  const { base } = parts(operator);
  return base === 'Null' || base in POSITIVE || base in NEGATIVE;
}

/** Names of the operators that are known, for error messages. */
export const OPERATORS: readonly string[] = [
  ...Object.keys(POSITIVE),
  ...Object.keys(NEGATIVE),
  'Null',
];

/** Whether a condition holds for a request. A key that the request lacks fails a positive test, as on AWS. */
export function holds(condition: Condition, context: RequestContext): boolean {
  const { set, base, ifExists } = parts(condition.operator);
  const found = context[condition.key.toLowerCase()];
  const values = found === undefined ? [] : typeof found === 'string' ? [found] : found;
  if (base === 'Null') return condition.values.includes(String(values.length === 0));
  const negated = NEGATIVE[base];
  const test = POSITIVE[negated ?? base];
  if (test === undefined) throw new Error(`unknown condition operator ${condition.operator}`);
  const matches = (value: string) => condition.values.some((allowed) => test(allowed, value));
  const one = (value: string) => (negated === undefined ? matches(value) : !matches(value));
  if (set === 'ForAllValues') return values.every(one);
  if (values.length === 0) return ifExists || (negated !== undefined && set === null);
  return values.some(one);
}

function parts(operator: string): { set: string | null; base: string; ifExists: boolean } {
  const colon = operator.indexOf(':');
  const set = colon === -1 ? null : operator.slice(0, colon);
  const rest = colon === -1 ? operator : operator.slice(colon + 1);
  const ifExists = rest.endsWith('IfExists');
  const known = set === null || set === 'ForAllValues' || set === 'ForAnyValue';
  return { set, base: known ? (ifExists ? rest.slice(0, -8) : rest) : '', ifExists };
}
