import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { allow } from '../../lib/access.ts';
import { makeStack } from './stacks.ts';

function makeRole(): Role {
  return new Role(makeStack(), 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
}

describe('allow', () => {
  it('refuses a wildcard among the actions, because actions can always be named', () => {
    expect(() => allow(makeRole(), { actions: ['s3:*'], resources: ['arn:a'] })).toThrow(
      'actions must be named, got s3:*',
    );
  });

  it('refuses a wildcard among the resources that has no reason', () => {
    expect(() => allow(makeRole(), { actions: ['s3:GetObject'], resources: ['arn:a/*'] })).toThrow(
      'resources with a * need a wildcardReason and others take none, got arn:a/*',
    );
  });

  it('refuses a reason where there is no wildcard, so that none outlives its wildcard', () => {
    const props = { actions: ['s3:GetObject'], resources: ['arn:a'], wildcardReason: 'old' };

    expect(() => allow(makeRole(), props)).toThrow('others take none');
  });
});
