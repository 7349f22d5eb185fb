import { Duration, Stack, Validations } from 'aws-cdk-lib';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Config } from '../core/config.ts';
import { PREFIX, RAW_PREFIX_EXPRESSION } from '../core/layout.ts';
import { allow } from './access.ts';
import type { Catalog } from './catalog.ts';
import { DeliveryRole } from './delivery-role.ts';

/** Properties of {@link Delivery}. */
export interface DeliveryProps {
  /** Stream of accepted events. */
  readonly stream: IStream;
  /** Bucket of raw events. */
  readonly lake: IBucket;
  /** Catalog with the table of raw events. */
  readonly catalog: Catalog;
  /** Buffer: seconds and MiB. */
  readonly buffer: Config['delivery'];
  /** Days that delivery errors are kept in the log. */
  readonly logDays: number;
}

/**
 * The delivery stream that makes raw Parquet of the stream. It lives beside the stream and not with the functions: a new
 * one would start at the stream's end and skip what lies between.
 */
export class Delivery extends Construct {
  readonly deliveryStream: CfnDeliveryStream;
  /** Time after which an accepted event is surely in raw_events. Firehose may take half as long again as its buffer says. */
  readonly lag: Duration;

  constructor(scope: Construct, id: string, props: DeliveryProps) {
    super(scope, id);
    const { stream, lake, catalog, buffer } = props;
    this.lag = Duration.seconds(Math.ceil(buffer.bufferSeconds * 1.5) + 60);
    const delivery = new DeliveryRole(this, 'Access', {
      bucket: lake,
      prefixes: [PREFIX.raw, PREFIX.errors],
      logDays: props.logDays,
    });
    const { role } = delivery;
    allow(role, {
      actions: [
        'kinesis:DescribeStream',
        'kinesis:GetShardIterator',
        'kinesis:GetRecords',
        'kinesis:ListShards',
      ],
      resources: [stream.streamArn],
    });
    allow(role, {
      actions: ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'],
      resources: catalog.rawTables,
    });
    this.deliveryStream = new CfnDeliveryStream(this, 'Stream', {
      deliveryStreamType: 'KinesisStreamAsSource',
      kinesisStreamSourceConfiguration: {
        kinesisStreamArn: stream.streamArn,
        roleArn: role.roleArn,
      },
      extendedS3DestinationConfiguration: {
        bucketArn: lake.bucketArn,
        roleArn: role.roleArn,
        prefix: RAW_PREFIX_EXPRESSION,
        errorOutputPrefix: `${PREFIX.errors}!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/`,
        bufferingHints: {
          intervalInSeconds: buffer.bufferSeconds,
          sizeInMBs: buffer.bufferMiB,
        },
        // The codec stands in the Parquet serializer; Firehose refuses another one beside a conversion.
        compressionFormat: 'UNCOMPRESSED',
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: delivery.logGroup.logGroupName,
          logStreamName: delivery.logStream.logStreamName,
        },
        dataFormatConversionConfiguration: {
          enabled: true,
          inputFormatConfiguration: { deserializer: { openXJsonSerDe: {} } },
          outputFormatConfiguration: { serializer: { parquetSerDe: { compression: 'SNAPPY' } } },
          schemaConfiguration: {
            catalogId: Stack.of(this).account,
            databaseName: catalog.databaseName,
            tableName: catalog.rawTable.ref,
            region: Stack.of(this).region,
            roleArn: role.roleArn,
            versionId: 'LATEST',
          },
        },
      },
    });
    // Firehose tries its permissions when it is created.
    this.deliveryStream.node.addDependency(delivery);
    Validations.of(this.deliveryStream).acknowledge({
      id: 'AwsSolutions-KDF1',
      reason:
        'fed by a Kinesis stream it has no encryption of its own: the encrypted stream buffers',
    });
  }
}
