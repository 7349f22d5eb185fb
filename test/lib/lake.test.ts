import { Match, Template } from 'aws-cdk-lib/assertions';
import { Lake } from '../../lib/lake.ts';
import { makeStack } from './stacks.ts';

interface Rule {
  readonly Prefix?: string;
  readonly ExpirationInDays?: number;
}

function makeTemplate(retention: { readonly rawDays?: number } = {}): Template {
  const stack = makeStack();
  new Lake(stack, 'Lake', {
    retention: { deadLetterDays: 30, resultDays: 7, logDays: 30, streamHours: 48, ...retention },
  });
  return Template.fromStack(stack);
}

/** Expiry rules of the versioned bucket, which is the lake, by prefix. */
function expiry(template: Template): Record<string, number> {
  const [lake] = Object.values(
    template.findResources('AWS::S3::Bucket', {
      Properties: { VersioningConfiguration: { Status: 'Enabled' } },
    }),
  );
  const rules: readonly Rule[] = lake?.Properties.LifecycleConfiguration.Rules;
  return Object.fromEntries(
    rules.flatMap(({ Prefix, ExpirationInDays }) =>
      Prefix !== undefined && ExpirationInDays !== undefined ? [[Prefix, ExpirationInDays]] : [],
    ),
  );
}

describe('Lake', () => {
  const template = makeTemplate();

  it('keeps every bucket when its stack goes', () => {
    const buckets = Object.values(template.findResources('AWS::S3::Bucket'));

    expect(buckets).toHaveLength(4);
    expect(buckets.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(
      Array(4).fill('RetainExceptOnCreate'),
    );
    expect(buckets.map(({ UpdateReplacePolicy }) => UpdateReplacePolicy)).toEqual(
      Array(4).fill('Retain'),
    );
  });

  it('closes every bucket to the outside and encrypts it', () => {
    template.allResourcesProperties('AWS::S3::Bucket', {
      BucketEncryption: Match.anyValue(),
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  it('takes nothing without TLS', () => {
    template.resourceCountIs('AWS::S3::BucketPolicy', 4);
    template.allResourcesProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      },
    });
  });

  it('keeps raw events for ever where the config does not say how long', () => {
    expect(expiry(template)).toEqual({ 'errors/': 30 });
  });

  it('removes raw events after the days of the config', () => {
    expect(expiry(makeTemplate({ rawDays: 400 }))).toEqual({ 'errors/': 30, 'raw/': 400 });
  });
});
