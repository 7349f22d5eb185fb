import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Config } from '../../core/config.ts';
import { EventStream } from '../../lib/stream.ts';
import { makeStack } from './stacks.ts';

function makeTemplate(capacity: Config['stream']): Template {
  const stack = makeStack();
  new EventStream(stack, 'Stream', { capacity, retention: Duration.hours(48) });
  return Template.fromStack(stack);
}

describe('EventStream', () => {
  it('is on demand, encrypted, and keeps records as long as delivery may be broken', () => {
    makeTemplate({ mode: 'on-demand' }).hasResource('AWS::Kinesis::Stream', {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        StreamModeDetails: { StreamMode: 'ON_DEMAND' },
        RetentionPeriodHours: 48,
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
      },
    });
  });

  it('has the shards of the config', () => {
    makeTemplate({ mode: 'provisioned', shards: 2 }).hasResourceProperties('AWS::Kinesis::Stream', {
      ShardCount: 2,
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
    });
  });
});
