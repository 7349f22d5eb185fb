import {
  Reference,
  Stack,
  Tokenization,
  type TokenizedStringFragments,
  Validations,
} from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** One statement of a role's policy. */
export interface AccessProps {
  /** Actions by name: `s3:GetObject`. */
  readonly actions: readonly string[];
  /** ARNs. */
  readonly resources: readonly string[];
  /**
   * Conditions, by operator and key.
   *
   * @default - none
   */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /**
   * Why a `*` in the resources is as narrow as AWS allows. Needed exactly where there is one.
   *
   * @default - no resource has a `*`
   */
  readonly wildcardReason?: string;
}

/**
 * Allows a role some actions, and tells cdk-nag the reason of each wildcard. All permissions of Millrace go through here,
 * so that none has a `*` without a reason.
 * @throws Error for a `*` in an action, and for one in a resource without a reason (or a reason without one).
 */
export function allow(role: IRole, props: AccessProps): void {
  const { actions, resources, conditions, wildcardReason } = props;
  const wild = actions.filter((action) => action.includes('*'));
  if (wild.length > 0) throw new Error(`actions must be named, got ${wild.join(', ')}`);
  const wildcards = resources.filter((resource) => resource.includes('*'));
  if (wildcards.length > 0 !== (wildcardReason !== undefined)) {
    throw new Error(
      `resources with a * need a wildcardReason and others take none, got ${resources.join(', ')}`,
    );
  }
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: [...actions],
      resources: [...resources],
      ...(conditions === undefined ? {} : { conditions }),
    }),
  );
  for (const resource of wildcards) {
    acknowledgeWildcard(role, resource, wildcardReason ?? '');
  }
}

/** Tells cdk-nag why a resource's wildcard in the policies of a role, or in one policy, stays. */
export function acknowledgeWildcard(scope: IConstruct, resource: string, reason: string): void {
  const id = `AwsSolutions-IAM5[Resource::${findingText(Stack.of(scope), resource)}]`;
  Validations.of(scope).acknowledge({ id, reason });
}

/** An ARN as cdk-nag writes it in the id of a finding: `<Bucket.Arn>/tables/*`, and an export's name for another stack's. */
function findingText(stack: Stack, resource: string): string {
  const fragments: TokenizedStringFragments = Tokenization.reverseString(resource);
  return fragments
    .mapTokens({
      mapToken: (token) => {
        const isForeign = Reference.isReference(token) && Stack.of(token.target) !== stack;
        const value = isForeign ? Stack.of(token.target).exportValue(token) : token;
        return flat(stack.resolve(value));
      },
    })
    .join({ join: (left, right) => `${left ?? ''}${right ?? ''}` });
}

function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(flat).join('');
  const [name, argument] = Object.entries(value as Record<string, unknown>)[0] ?? [];
  if (name === 'Ref') return `<${argument}>`;
  if (name === 'Fn::GetAtt' && Array.isArray(argument)) return `<${argument.join('.')}>`;
  if (name === 'Fn::ImportValue') return flat(argument);
  if (name === 'Fn::Join' && Array.isArray(argument)) return flat(argument[1]);
  throw new Error(
    `a resource of a policy must be made of references, got ${JSON.stringify(value)}`,
  );
}
