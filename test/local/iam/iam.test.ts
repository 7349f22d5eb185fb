import { unknownActions } from '../../../local/iam/actions.ts';
import { createCallers, createRoleCaller } from '../../../local/iam/callers.ts';

function may(statements: readonly object[]) {
  const caller = createRoleCaller({ logicalId: 'Role', statements });
  return (action: string, resource: string, context = {}) => {
    try {
      caller.authorize(action, resource, context);
      return true;
    } catch {
      return false;
    }
  };
}

const allow = (more: object) => ({
  Effect: 'Allow',
  Action: 's3:GetObject',
  Resource: '*',
  ...more,
});

describe('the policy evaluator', () => {
  it('denies what nothing allows, and what a Deny covers', () => {
    const ok = may([
      allow({ Action: ['s3:Get*', 'kinesis:PutRecord?'], Resource: 'arn:aws:s3:::lake/*' }),
      { Effect: 'Deny', Action: 's3:*', Resource: 'arn:aws:s3:::lake/secret/*' },
    ]);

    expect(ok('s3:GetObject', 'arn:aws:s3:::lake/raw/a')).toBe(true);
    expect(ok('S3:getobject', 'arn:aws:s3:::lake/raw/a')).toBe(true);
    expect(ok('s3:GetObject', 'arn:aws:s3:::LAKE/raw/a')).toBe(false);
    expect(ok('s3:PutObject', 'arn:aws:s3:::lake/raw/a')).toBe(false);
    expect(ok('s3:GetObject', 'arn:aws:s3:::lake/secret/a')).toBe(false);
    expect(ok('kinesis:PutRecords', 'arn:aws:s3:::lake/x')).toBe(true);
    expect(ok('kinesis:PutRecord', 'arn:aws:s3:::lake/x')).toBe(false);
  });

  it('reads NotAction and NotResource', () => {
    const ok = may([
      { Effect: 'Allow', NotAction: 's3:Delete*', NotResource: 'arn:aws:s3:::lake/secret/*' },
    ]);

    expect(ok('s3:GetObject', 'arn:aws:s3:::lake/a')).toBe(true);
    expect(ok('s3:DeleteObject', 'arn:aws:s3:::lake/a')).toBe(false);
    expect(ok('s3:GetObject', 'arn:aws:s3:::lake/secret/a')).toBe(false);
  });

  const conditions: [condition: object, context: object, holds: boolean][] = [
    [{ StringEquals: { 's3:prefix': ['a', 'b'] } }, { 's3:prefix': 'b' }, true],
    [{ StringEquals: { 's3:prefix': 'a' } }, { 's3:prefix': 'A' }, false],
    [{ StringEquals: { 's3:prefix': 'a' } }, {}, false],
    [{ StringEqualsIfExists: { 's3:prefix': 'a' } }, {}, true],
    [{ StringNotEquals: { 's3:prefix': 'a' } }, { 's3:prefix': 'b' }, true],
    [{ StringLike: { 's3:prefix': 'raw/*' } }, { 's3:prefix': 'raw/x' }, true],
    [
      { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::l*' } },
      { 'aws:sourcearn': 'arn:aws:s3:::lake' },
      true,
    ],
    [{ Bool: { 'aws:SecureTransport': 'true' } }, {}, true],
    [{ Bool: { 'aws:SecureTransport': false } }, {}, false],
    [{ Null: { 'aws:CalledVia': 'true' } }, {}, true],
    [
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'APP#*' } },
      { 'dynamodb:leadingkeys': ['APP#a', 'APP#b'] },
      true,
    ],
    [
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'APP#*' } },
      { 'dynamodb:leadingkeys': ['APP#a', 'RAW'] },
      false,
    ],
    [{ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'APP#*' } }, {}, true],
    [
      { 'ForAnyValue:StringEquals': { 'aws:CalledVia': 'athena.amazonaws.com' } },
      { 'aws:calledvia': ['x', 'athena.amazonaws.com'] },
      true,
    ],
    [{ 'ForAnyValue:StringEquals': { 'aws:CalledVia': 'athena.amazonaws.com' } }, {}, false],
  ];
  it.each(conditions)('with condition %j and request %j: %s', (Condition, context, holds) => {
    expect(may([allow({ Condition })])('s3:GetObject', '*', context)).toBe(holds);
  });

  it('refuses at load what it cannot evaluate, by name', () => {
    const load = (statement: object) => () =>
      createRoleCaller({ logicalId: 'Role', statements: [statement] });

    expect(load(allow({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }))).toThrow(
      /Role: statement 1\.Condition\.IpAddress is not evaluated locally/,
    );
    expect(load(allow({ Principal: '*' }))).toThrow(/statement 1\.Principal/);
    expect(load({ Effect: 'Allow', Action: 's3:*' })).toThrow(/either Resource or NotResource/);
    expect(load(allow({ Effect: 'allow' }))).toThrow(/Effect must be Allow or Deny, got allow/);
  });

  it('says who may not do what, and the statement that mends it', () => {
    const callers = createCallers([
      { logicalId: 'CollectRole', accessKeyId: 'KEY', statements: [] },
    ]);
    const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/events';

    const denied = () => callers('KEY').authorize('kinesis:PutRecords', arn);

    expect(denied).toThrow(
      `CollectRole is not authorized to perform: kinesis:PutRecords on resource: ${arn}. To allow it, add to the policy of role CollectRole: {"Effect":"Allow","Action":"kinesis:PutRecords","Resource":"${arn}"}`,
    );
    expect(() => callers('a person').authorize('kinesis:PutRecords', arn)).not.toThrow();
  });

  it('finds actions that AWS does not have', async () => {
    const statements = [
      allow({ Action: ['kinesis:PutRecrods', 's3:Get*', 'glue:GetPartitions', 'kinesys:*', '*'] }),
    ];

    expect(await unknownActions([{ logicalId: 'Role', statements }])).toEqual([
      'Role: action kinesis:PutRecrods: kinesis has no such action',
      'Role: action kinesys:*: there is no service kinesys',
    ]);
  });
});
