import { Match } from 'aws-cdk-lib/assertions';
import { makeTemplates } from './stacks.ts';

const { data } = makeTemplates();

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
