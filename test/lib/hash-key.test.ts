import { Match } from 'aws-cdk-lib/assertions';
import type { PrivacyConfig } from '../../core/privacy.ts';
import { makeTemplates } from './stacks.ts';

const templatesWith = (privacy: PrivacyConfig) =>
  makeTemplates({
    apps: [{ id: 'shop', writeKeys: [{ key: 'shop-key-1' }], readKeys: [], privacy }],
  });

describe('the key of hashes', () => {
  it('is made where an app hashes, stays when the stack goes, and the functions that hash are given it', () => {
    const { data, service } = templatesWith({ hash: ['traits.email'] });

    data.hasResource('AWS::SecretsManager::Secret', {
      Properties: { GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } },
      UpdateReplacePolicy: 'Retain',
      DeletionPolicy: 'RetainExceptOnCreate',
    });
    const hashing = {
      Environment: {
        Variables: Match.objectLike({
          HASH_KEY: {
            'Fn::Join': [
              '',
              [
                '{{resolve:secretsmanager:',
                { 'Fn::ImportValue': Match.stringLikeRegexp('HashKeySecret') },
                ':SecretString:::}}',
              ],
            ],
          },
        }),
      },
    };
    // Collect and what sends dead letters again.
    service.resourcePropertiesCountIs('AWS::Lambda::Function', hashing, 2);
  });
});
