import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { parseConfig } from '../../core/config-schema.ts';
import { Catalog } from '../../lib/catalog.ts';
import { DeadLetters } from '../../lib/dead-letters.ts';
import { Delivery } from '../../lib/delivery.ts';
import { Lake } from '../../lib/lake.ts';
import { EventStream } from '../../lib/stream.ts';
import sample from '../../millrace.config.ts';
import { makeStack } from './stacks.ts';

function makeTemplate(): Template {
  const stack = makeStack();
  const config = parseConfig(sample);
  const { delivery: buffer, retention } = config;
  const lake = new Lake(stack, 'Lake', { retention });
  const { bucket, deadLetters } = lake;
  const { stream } = new EventStream(stack, 'Stream', {
    capacity: config.stream,
    retention: Duration.days(2),
  });
  const catalog = new Catalog(stack, 'Catalog', { config, lake: bucket, deadLetters });
  new Delivery(stack, 'Delivery', { stream, lake: bucket, catalog, buffer, logDays: 30 });
  new DeadLetters(stack, 'DeadLetters', { bucket: deadLetters, buffer, logDays: 30 });
  return Template.fromStack(stack);
}

const data = makeTemplate();

describe('Delivery', () => {
  it('makes Parquet of the stream, by the newest schema of raw_events', () => {
    data.hasResourceProperties('AWS::KinesisFirehose::DeliveryStream', {
      DeliveryStreamType: 'KinesisStreamAsSource',
      ExtendedS3DestinationConfiguration: Match.objectLike({
        Prefix: 'raw/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/',
        ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/',
        BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 128 },
        CompressionFormat: 'UNCOMPRESSED',
        DataFormatConversionConfiguration: Match.objectLike({
          InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
          OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
          SchemaConfiguration: Match.objectLike({ VersionId: 'LATEST' }),
        }),
      }),
    });
  });

  it('waits for its permissions, because Firehose tries them when it is created', () => {
    const streams = data.findResources('AWS::KinesisFirehose::DeliveryStream');

    for (const { DependsOn } of Object.values(streams)) {
      expect(DependsOn).toContainEqual(expect.stringMatching(/DefaultPolicy/));
    }
  });
});

describe('DeliveryRole', () => {
  it('may be taken by Firehose for this account only', () => {
    const roles = Object.values(data.findResources('AWS::IAM::Role'));

    expect(roles).toHaveLength(2);
    for (const { Properties } of roles) {
      expect(Properties.AssumeRolePolicyDocument.Statement).toEqual([
        expect.objectContaining({
          Principal: { Service: 'firehose.amazonaws.com' },
          Condition: { StringEquals: { 'sts:ExternalId': { Ref: 'AWS::AccountId' } } },
        }),
      ]);
    }
  });
});

describe('DeadLetters', () => {
  it('takes refused events directly, encrypted, into compressed JSON lines by day', () => {
    data.hasResourceProperties('AWS::KinesisFirehose::DeliveryStream', {
      DeliveryStreamType: 'DirectPut',
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      ExtendedS3DestinationConfiguration: Match.objectLike({
        Prefix: 'dead-letters/dt=!{timestamp:yyyy-MM-dd}/',
        CompressionFormat: 'GZIP',
      }),
    });
  });
});
