import { optionalText, text, wholeNumber } from '../gateway/input.ts';
import type { Operation } from '../service.ts';
import type { Directory } from './put.ts';

/** ListDeliveryStreams. */
export function listDeliveryStreams(directory: Directory): Operation {
  return (input, caller) => {
    caller.authorize('firehose:ListDeliveryStreams', '*');
    const limit = wholeNumber(input, 'Limit', 1, 10_000) ?? 10;
    const after = optionalText(input, 'ExclusiveStartDeliveryStreamName');
    const type = optionalText(input, 'DeliveryStreamType', {
      oneOf: ['DirectPut', 'KinesisStreamAsSource'],
    });
    const names = directory
      .names()
      .filter((name) => after === null || name > after)
      .filter((name) => type === null || typeOf(directory, name) === type);
    return {
      DeliveryStreamNames: names.slice(0, limit),
      HasMoreDeliveryStreams: names.length > limit,
    };
  };
}

/** DescribeDeliveryStream. */
export function describeDeliveryStream(directory: Directory): Operation {
  return (input, caller) => {
    const name = text(input, 'DeliveryStreamName', { max: 64 });
    caller.authorize('firehose:DescribeDeliveryStream', directory.arn(name));
    const { settings, createdMs } = directory.find(name);
    const s3 = {
      RoleARN: settings.roleArn,
      BucketARN: `arn:aws:s3:::${settings.bucket}`,
      BufferingHints: {
        SizeInMBs: settings.bufferBytes / 1024 / 1024,
        IntervalInSeconds: settings.bufferMs / 1000,
      },
      CompressionFormat: settings.gzip ? 'GZIP' : 'UNCOMPRESSED',
      EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
    };
    const source =
      settings.source === null
        ? {}
        : {
            Source: {
              KinesisStreamSourceDescription: {
                KinesisStreamARN: settings.source.streamArn,
                RoleARN: settings.source.roleArn,
                DeliveryStartTimestamp: createdMs / 1000,
              },
            },
          };
    return {
      DeliveryStreamDescription: {
        DeliveryStreamName: name,
        DeliveryStreamARN: directory.arn(name),
        DeliveryStreamStatus: 'ACTIVE',
        DeliveryStreamType: typeOf(directory, name),
        VersionId: '1',
        CreateTimestamp: createdMs / 1000,
        HasMoreDestinations: false,
        ...source,
        Destinations: [
          {
            DestinationId: 'destinationId-000000000001',
            S3DestinationDescription: s3,
            ExtendedS3DestinationDescription: { ...s3, S3BackupMode: 'Disabled' },
          },
        ],
      },
    };
  };
}

function typeOf(directory: Directory, name: string): string {
  return directory.find(name).settings.source === null ? 'DirectPut' : 'KinesisStreamAsSource';
}
