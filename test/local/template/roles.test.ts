import { deploy } from '../../../local/template/deploy.ts';
import { Roles } from '../../../local/template/roles.ts';
import { removeTemporaryFolders, role, stacksOf } from '../fixture.ts';

const ALLOW = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::lake/*' };

async function deployed(
  resources: object,
): Promise<{ roles: Roles; arn: string; denied: string[] }> {
  const denied: string[] = [];
  const roles = new Roles((message) => denied.push(message));
  const stacks = stacksOf({ Stack: { Resources: { ...resources } } });
  const { resources: made } = await deploy(stacks, roles.resources);
  const arn = made.find(({ resource }) => resource.logicalId === 'Reader')?.created.attributes.Arn;
  return { roles, arn: arn ?? '', denied };
}

afterAll(removeTemporaryFolders);

test('a role may do what its own and its attached policies allow, even where they are attached after it is used', async () => {
  // Prepare
  const Attached = {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'attached',
      Roles: [{ Ref: 'Reader' }],
      PolicyDocument: { Statement: [{ ...ALLOW, Action: 's3:PutObject' }] },
    },
  };
  // Act
  const { roles, arn } = await deployed({
    Reader: role('lambda.amazonaws.com', [ALLOW]),
    Attached,
  });
  const caller = roles.callerOf(arn);
  // Assess
  expect(() => caller.authorize('s3:GetObject', 'arn:aws:s3:::lake/a')).not.toThrow();
  expect(() => caller.authorize('s3:PutObject', 'arn:aws:s3:::lake/a')).not.toThrow();
});

test('a refused call is told, by whatever key it came', async () => {
  const { roles, arn, denied } = await deployed({ Reader: role('lambda.amazonaws.com', [ALLOW]) });
  const caller = roles.callerByAccessKey(roles.accessKeyId(arn));
  expect(() => caller.authorize('s3:DeleteObject', 'arn:aws:s3:::lake/a')).toThrow();
  expect(denied).toEqual([
    expect.stringContaining('Reader is not authorized to perform: s3:DeleteObject'),
  ]);
});

test("a key that is no role's is a person's, who may do all", async () => {
  const { roles } = await deployed({ Reader: role('lambda.amazonaws.com') });
  const caller = roles.callerByAccessKey('AKIAEXAMPLE');
  expect(() => caller.authorize('s3:DeleteObject', 'arn:aws:s3:::lake/a')).not.toThrow();
});

test('a managed policy that is not known is refused by name', async () => {
  const Reader = {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: { Statement: [] },
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    },
  };
  await expect(deployed({ Reader })).rejects.toThrow(
    'managed policy AdministratorAccess is not known on one machine; known: service-role/AWSLambdaBasicExecutionRole',
  );
});
