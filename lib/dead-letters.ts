import type { IRole } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Config } from '../core/config.ts';
import { ENVIRONMENT } from '../core/environment.ts';
import {
  DEAD_LETTER_PREFIX,
  FAILED_BATCH_PREFIX,
  REDRIVE_PREFIX,
  REFUSED_CALLS_NAME,
} from '../core/layout.ts';
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
const OWN_PREFIX = 'a bucket has no narrower resource for its objects than a prefix';

/** The delivery stream of refused events: JSON lines, one object a buffer. */
export class DeadLetters extends Construct {
  readonly deliveryStream: CfnDeliveryStream;
  /** Bucket of dead letters, and of what became of those that were sent again. */
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: DeadLettersProps) {
    super(scope, id);
    const { bucket, buffer } = props;
    this.bucket = bucket;
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

  /** Lets the function make dead letters of batches that consumers gave up, and of what it finds elsewhere. */
  bindGatherer({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.deadLetterBucket, this.bucket.bucketName);
    this.allowList(role, [FAILED_BATCH_PREFIX]);
    this.allowObjects(role, ['s3:GetObject', 's3:DeleteObject'], [FAILED_BATCH_PREFIX]);
    this.allowObjects(role, ['s3:PutObject'], [DEAD_LETTER_PREFIX]);
  }

  /** Lets the function read dead letters, note what became of those that it sent again, and make letters of refused calls of batches. */
  bindRedriver({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.deadLetterBucket, this.bucket.bucketName);
    this.allowList(role, [DEAD_LETTER_PREFIX, REDRIVE_PREFIX]);
    this.allowObjects(role, ['s3:GetObject'], [DEAD_LETTER_PREFIX, REDRIVE_PREFIX]);
    this.allowObjects(role, ['s3:PutObject'], [REDRIVE_PREFIX]);
    const refusedCalls = `${DEAD_LETTER_PREFIX}dt=*/${REFUSED_CALLS_NAME}`;
    this.allowObjects(role, ['s3:PutObject', 's3:DeleteObject'], [refusedCalls]);
  }

  /** Lets Athena read both tables for a role's statements. */
  grantRead(role: IRole): void {
    // Without a condition on s3:prefix: with one, S3 answers a HEAD of what is not there with 403, and Athena takes the place of
    // an empty partition for forbidden.
    allow(role, {
      actions: ['s3:GetBucketLocation', 's3:ListBucket'],
      resources: [this.bucket.bucketArn],
    });
    this.allowObjects(role, ['s3:GetObject'], [DEAD_LETTER_PREFIX, REDRIVE_PREFIX]);
  }

  private allowList(role: IRole, prefixes: readonly string[]): void {
    allow(role, {
      actions: ['s3:ListBucket'],
      resources: [this.bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
    });
  }

  private allowObjects(role: IRole, actions: readonly string[], prefixes: readonly string[]): void {
    allow(role, {
      actions,
      resources: prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`)),
      wildcardReason: OWN_PREFIX,
    });
  }
}
