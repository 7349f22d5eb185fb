import { type Caller, ServiceError } from '../service.ts';
import type { RequestContext } from './conditions.ts';
import { evaluate, parseStatement, type Statement, speaksOf } from './policy.ts';

/** A role of the template with the statements of all its policies, intrinsics resolved. */
export interface Role {
  readonly logicalId: string;
  /** The access key id by which its calls are known. */
  readonly accessKeyId: string;
  /** Statements as in the policy documents. */
  readonly statements: readonly unknown[];
}

/** People's calls: any access key that is not a role's. May do all. */
export const ROOT: Caller = { principal: 'root', authorize: () => {} };

/**
 * Callers by access key id.
 * @throws Error where a statement holds what the evaluator does not know.
 */
export function createCallers(roles: readonly Role[]): (accessKeyId: string) => Caller {
  const callers = new Map(roles.map((role) => [role.accessKeyId, createRoleCaller(role)]));
  return (accessKeyId) => callers.get(accessKeyId) ?? ROOT;
}

/** The caller that acts with a role: for services that call others, as Firehose with its RoleARN. */
export function createRoleCaller(role: Pick<Role, 'logicalId' | 'statements'>): Caller {
  const statements = role.statements.map((statement, index) =>
    parseStatement(statement, `${role.logicalId}: statement ${index + 1}`),
  );
  return {
    principal: role.logicalId,
    authorize(action, resource, context = {}) {
      // Loopback has no TLS; policies that ask for it speak of AWS and are taken as met.
      const request = { 'aws:securetransport': 'true', ...context };
      const verdict = evaluate(statements, action, resource, request);
      if (verdict === 'allow') return;
      throw new ServiceError(
        'AccessDeniedException',
        explain(role.logicalId, statements, action, resource, verdict, request),
      );
    },
  };
}

function explain(
  role: string,
  statements: readonly Statement[],
  action: string,
  resource: string,
  verdict: 'deny' | 'implicit',
  context: RequestContext,
): string {
  const what = `${role} is not authorized to perform: ${action} on resource: ${resource}`;
  const named = statements.filter((statement) => speaksOf(statement, action, resource));
  if (verdict === 'deny') {
    const deny = named.find((statement) => statement.effect === 'Deny');
    return `${what}: a Deny statement of ${role} covers it: ${JSON.stringify(deny)}`;
  }
  const mend = JSON.stringify({ Effect: 'Allow', Action: action, Resource: resource });
  const unmet = named.flatMap((statement) => statement.conditions);
  const hint =
    unmet.length === 0
      ? ''
      : `; a statement that names it has conditions that do not hold: ${JSON.stringify(unmet)} against ${JSON.stringify(context)}`;
  return `${what}${hint}. To allow it, add to the policy of role ${role}: ${mend}`;
}
