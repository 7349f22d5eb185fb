import {
  type Condition,
  holds,
  isKnownOperator,
  OPERATORS,
  type RequestContext,
} from './conditions.ts';
import { wildcard } from './match.ts';

/** A statement of a policy, checked. Lists are never empty. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  /** The statement names NotAction: it speaks of all other actions. */
  readonly otherActions: boolean;
  readonly resources: readonly string[];
  /** The statement names NotResource. */
  readonly otherResources: boolean;
  readonly conditions: readonly Condition[];
}

/** What the policies say of a call. `implicit`: no statement allows it. */
export type Verdict = 'allow' | 'deny' | 'implicit';

const KEYS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

/**
 * Checks one statement of a policy document, with all intrinsics resolved.
 * @param place where it stands, for error messages
 * @throws Error that names an unknown key, effect, or condition operator.
 */
export function parseStatement(value: unknown, place: string): Statement {
  if (typeof value !== 'object' || value === null) throw new Error(`${place} must be an object`);
  const statement = value as Record<string, unknown>;
  for (const key of Object.keys(statement)) {
    if (!KEYS.includes(key)) {
      throw new Error(`${place}.${key} is not evaluated locally; allowed: ${KEYS.join(', ')}`);
    }
  }
  const effect = statement.Effect;
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new Error(`${place}.Effect must be Allow or Deny, got ${effect}`);
  }
  const [actions, otherActions] = either(statement, 'Action', 'NotAction', place);
  const [resources, otherResources] = either(statement, 'Resource', 'NotResource', place);
  const conditions = parseConditions(statement.Condition, `${place}.Condition`);
  return { effect, actions, otherActions, resources, otherResources, conditions };
}

/** Evaluates statements as AWS does: a Deny wins, then an Allow, else the call is implicitly denied. */
export function evaluate(
  statements: readonly Statement[],
  action: string,
  resource: string,
  context: RequestContext,
): Verdict {
  let verdict: Verdict = 'implicit';
  for (const statement of statements) {
    if (!speaksOf(statement, action, resource)) continue;
    if (!statement.conditions.every((condition) => holds(condition, context))) continue;
    if (statement.effect === 'Deny') return 'deny';
    verdict = 'allow';
  }
  return verdict;
}

/** Whether a statement names the action and the resource, whatever its conditions say. */
export function speaksOf(statement: Statement, action: string, resource: string): boolean {
  const named = statement.actions.some((pattern) => wildcard(pattern, action, true));
  if (named === statement.otherActions) return false;
  const located = statement.resources.some((pattern) => wildcard(pattern, resource));
  return located !== statement.otherResources;
}

function either(
  statement: Record<string, unknown>,
  name: string,
  notName: string,
  place: string,
): [readonly string[], boolean] {
  if ((statement[name] === undefined) === (statement[notName] === undefined)) {
    throw new Error(`${place} must have either ${name} or ${notName}`);
  }
  const other = statement[name] === undefined;
  return [strings(statement[other ? notName : name], `${place}.${other ? notName : name}`), other];
}

function strings(value: unknown, place: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.map((item) => (typeof item === 'boolean' ? String(item) : item));
  if (texts.length === 0 || !texts.every((item) => typeof item === 'string')) {
    throw new Error(`${place} must be a string or a list of strings, got ${JSON.stringify(value)}`);
  }
  return texts;
}

function parseConditions(value: unknown, place: string): Condition[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) throw new Error(`${place} must be an object`);
  return Object.entries(value).flatMap(([operator, keys]) => {
    if (!isKnownOperator(operator)) {
      throw new Error(
        `${place}.${operator} is not evaluated locally; known: ${OPERATORS.join(', ')}`,
      );
    }
    if (typeof keys !== 'object' || keys === null) {
      throw new Error(`${place}.${operator} must be an object of keys`);
    }
    return Object.entries(keys as Record<string, unknown>).map(([key, values]) => ({
      operator,
      key,
      values: strings(values, `${place}.${operator}.${key}`),
    }));
  });
}
