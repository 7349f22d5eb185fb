import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Config } from '../core/config.ts';
import { ENVIRONMENT } from '../core/environment.ts';
import { DEAD_LETTER_PREFIX } from '../core/layout.ts';
import { allow } from './access.ts';
import { DeliveryRole } from './delivery-role.ts';
import type { BundledFunction } from './function.ts';

/** Properties of {@link DeadLetters}. */
export interface DeadLettersProps {
  /** Bucket of refused events. */
  readonly bucket: IBucket;
  /** Seconds that Firehose collects before it writes an object. */
  readonly buffer: Config['delivery'];
  /** Days that delivery errors are kept in the log. */
  readonly logDays: number;
}

const ERROR_PREFIX = 'errors/';

/** The delivery stream of refused events: JSON lines, one object a buffer. */
export class DeadLetters extends Construct {
  readonly deliveryStream: CfnDeliveryStream;

  constructor(scope: Construct, id: string, props: DeadLettersProps) {
    super(scope, id);
    const { bucket, buffer } = props;
    const delivery = new DeliveryRole(this, 'Access', {
      bucket,
      prefixes: [DEAD_LETTER_PREFIX, ERROR_PREFIX],
      logDays: props.logDays,
    });
    this.deliveryStream = new CfnDeliveryStream(this, 'Stream', {
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        bucketArn: bucket.bucketArn,
        roleArn: delivery.role.roleArn,
        // Firehose puts nothing between records: the collector ends each with a line break.
        prefix: `${DEAD_LETTER_PREFIX}dt=!{timestamp:yyyy-MM-dd}/`,
        errorOutputPrefix: `${ERROR_PREFIX}!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/`,
        bufferingHints: { intervalInSeconds: buffer.bufferSeconds, sizeInMBs: 64 },
        compressionFormat: 'GZIP',
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: delivery.logGroup.logGroupName,
          logStreamName: delivery.logStream.logStreamName,
        },
      },
    });
    this.deliveryStream.node.addDependency(delivery);
  }

  /** Lets the function put refused events. */
  bindWriter({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.deadLetterStreamName, this.deliveryStream.ref);
    allow(role, {
      actions: ['firehose:PutRecordBatch'],
      resources: [this.deliveryStream.attrArn],
    });
  }
}
