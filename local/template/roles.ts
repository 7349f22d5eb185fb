import { createHash } from 'node:crypto';
import { createRoleCaller, ROOT } from '../iam/callers.ts';
import {
  type Caller,
  type ResolvedResource,
  type ResourceHandlers,
  ServiceError,
} from '../service.ts';
import { ACCOUNT } from './intrinsics.ts';
import { isRecord, list, optionalText, record, text } from './values.ts';

/** Statements of AWS's managed policies that templates use. Others are refused by name. */
const MANAGED_POLICIES: Readonly<Record<string, readonly unknown[]>> = {
  'service-role/AWSLambdaBasicExecutionRole': [
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: '*',
    },
  ],
};

interface RoleEntry {
  readonly logicalId: string;
  readonly arn: string;
  readonly name: string;
  readonly accessKeyId: string;
  readonly trusted: readonly string[];
  readonly statements: unknown[];
  /** Made at the first call: policies may be attached until then. */
  caller?: Caller;
}

/** The roles of the template, their policies, and the callers that act with them. */
export class Roles {
  readonly #roles = new Map<string, RoleEntry>();
  readonly #byAccessKey = new Map<string, RoleEntry>();
  readonly #denied: (message: string) => void;

  /** @param denied hears of each refused call: functions may cope with it so well that nobody else would */
  constructor(denied: (message: string) => void = () => {}) {
    this.#denied = denied;
  }

  /** The caller with a role's permissions, those of policies that are attached later included. */
  readonly callerOf = (arn: string): Caller => {
    const role = this.#get(arn);
    return {
      principal: role.logicalId,
      authorize: (...call) => {
        try {
          callerOf(role).authorize(...call);
        } catch (error) {
          if (error instanceof ServiceError) this.#denied(error.message);
          throw error;
        }
      },
    };
  };

  /** The caller of an access key: a role of the template, or else a person, who may do all. */
  readonly callerByAccessKey = (accessKeyId: string): Caller => {
    const role = this.#byAccessKey.get(accessKeyId);
    return role ? this.callerOf(role.arn) : ROOT;
  };

  /** The access key id that stands for a role. */
  accessKeyId(arn: string): string {
    return this.#get(arn).accessKeyId;
  }

  /**
   * Checks that a service may assume a role.
   * @throws Error that shows the trust that is missing.
   */
  checkTrust(arn: string, service: string): void {
    const { trusted, logicalId } = this.#get(arn);
    if (trusted.includes(service)) return;
    throw new Error(
      `role ${logicalId} does not trust ${service}: its AssumeRolePolicyDocument allows ${trusted.join(', ') || 'nobody'}`,
    );
  }

  /** Handlers of AWS::IAM types. */
  get resources(): ResourceHandlers {
    return {
      'AWS::IAM::Role': {
        properties: {
          AssumeRolePolicyDocument: true,
          ManagedPolicyArns: true,
          Policies: true,
          RoleName: true,
          Description: 'is for people',
          MaxSessionDuration: 'credentials do not expire on one machine',
          Tags: 'are for people',
        },
        create: (resource) => this.#create(resource),
      },
      'AWS::IAM::Policy': {
        properties: { PolicyDocument: true, PolicyName: 'is for people', Roles: true },
        create: ({ properties, generatedName }) => {
          for (const name of list(properties.Roles, 'Roles'))
            this.#byName(String(name)).statements.push(...statementsOf(properties.PolicyDocument));
          return { ref: generatedName, attributes: {} };
        },
      },
    };
  }

  #create({ logicalId, properties, generatedName }: ResolvedResource) {
    const name = optionalText(properties.RoleName, 'RoleName') ?? generatedName;
    const arn = `arn:aws:iam::${ACCOUNT}:role/${name}`;
    const hash = createHash('sha256').update(arn).digest('hex').toUpperCase();
    const role: RoleEntry = {
      logicalId,
      arn,
      name,
      accessKeyId: `AKIA${hash.slice(0, 16)}`,
      trusted: trustedServices(properties.AssumeRolePolicyDocument),
      statements: [
        ...list(properties.ManagedPolicyArns, 'ManagedPolicyArns').flatMap(managedStatements),
        ...list(properties.Policies, 'Policies').flatMap((policy) =>
          statementsOf(record(policy, 'Policies').PolicyDocument),
        ),
      ],
    };
    this.#roles.set(arn, role);
    this.#byAccessKey.set(role.accessKeyId, role);
    return { ref: name, attributes: { Arn: arn, RoleId: `AROA${hash.slice(16, 32)}` } };
  }

  #get(arn: string): RoleEntry {
    const role = this.#roles.get(arn);
    if (!role) throw new Error(`the template has no role ${arn}`);
    return role;
  }

  #byName(name: string): RoleEntry {
    for (const role of this.#roles.values()) if (role.name === name) return role;
    throw new Error(`Roles names ${name}, which is no role of the template`);
  }
}

function callerOf(role: RoleEntry): Caller {
  role.caller ??= createRoleCaller(role);
  return role.caller;
}

function managedStatements(arn: unknown): readonly unknown[] {
  const name = text(arn, 'ManagedPolicyArns').replace('arn:aws:iam::aws:policy/', '');
  const statements = MANAGED_POLICIES[name];
  if (statements) return statements;
  const known = Object.keys(MANAGED_POLICIES).join(', ');
  throw new Error(`managed policy ${name} is not known on one machine; known: ${known}`);
}

function statementsOf(document: unknown): unknown[] {
  const { Statement } = record(document, 'PolicyDocument');
  return Array.isArray(Statement) ? Statement : [Statement];
}

function trustedServices(document: unknown): string[] {
  return statementsOf(document).flatMap((statement) => {
    const principal = isRecord(statement) ? statement.Principal : undefined;
    const service = isRecord(principal) ? principal.Service : undefined;
    return service === undefined ? [] : [service].flat().map(String);
  });
}
