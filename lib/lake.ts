import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Config } from '../core/config.ts';
import { ENVIRONMENT } from '../core/environment.ts';
import { DEAD_LETTER_FALLBACK, PREFIX } from '../core/layout.ts';
import { allow } from './access.ts';
import type { BundledFunction } from './function.ts';

/** Properties of {@link Lake}. */
export interface LakeProps {
  /** How long things are kept. */
  readonly retention: Config['retention'];
}

/** Days that an overwritten or deleted object of the lake can be brought back. */
const UNDELETE_DAYS = 7;
/** Days that access logs are kept. */
const ACCESS_LOG_DAYS = 90;

const OWN_PREFIX = 'a bucket has no narrower resource for its objects than a prefix';

/** The buckets: events as they came and the tables made of them, Athena's results, refused events, access logs. */
export class Lake extends Construct {
  /** raw/, tables/, fallback/ and errors/ of core/layout.ts. Raw events are what all else can be made of again. */
  readonly bucket: Bucket;
  /** Results of Athena. */
  readonly results: Bucket;
  /** Refused events. They hold raw payloads, hence a bucket of their own with a short life. */
  readonly deadLetters: Bucket;
  /** Who read what in the other buckets. */
  readonly accessLogs: Bucket;

  constructor(scope: Construct, id: string, props: LakeProps) {
    super(scope, id);
    const { rawDays, resultDays, deadLetterDays } = props.retention;
    this.accessLogs = new Bucket(this, 'AccessLogs', {
      ...closed(),
      // Apps without CDK's newer flags let S3 write access logs by ACL, which an enforced owner forbids.
      objectOwnership: undefined,
      lifecycleRules: [expire(ACCESS_LOG_DAYS)],
    });
    Validations.of(this.accessLogs).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'the bucket of access logs would log its own logging for ever',
    });
    this.bucket = new Bucket(this, 'Bucket', {
      ...closed(),
      ...this.logged('lake/'),
      versioned: true,
      lifecycleRules: [
        {
          noncurrentVersionExpiration: Duration.days(UNDELETE_DAYS),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
          expiredObjectDeleteMarker: true,
        },
        { prefix: PREFIX.errors, expiration: Duration.days(deadLetterDays) },
        ...(rawDays === undefined
          ? []
          : [{ prefix: PREFIX.raw, expiration: Duration.days(rawDays) }]),
      ],
    });
    this.results = new Bucket(this, 'Results', {
      ...closed(),
      ...this.logged('results/'),
      lifecycleRules: [expire(resultDays)],
    });
    this.deadLetters = new Bucket(this, 'DeadLetters', {
      ...closed(),
      ...this.logged('dead-letters/'),
      lifecycleRules: [expire(deadLetterDays)],
    });
  }

  /** Lets the function park accepted events that the stream did not take. */
  bindFallbackWriter({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.lakeBucket, this.bucket.bucketName);
    allow(role, {
      actions: ['s3:PutObject'],
      resources: [this.bucket.arnForObjects(`${PREFIX.fallback}*`)],
      wildcardReason: OWN_PREFIX,
    });
  }

  /** Lets the function take parked events out again. */
  bindFallbackReader({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.lakeBucket, this.bucket.bucketName);
    allow(role, {
      actions: ['s3:ListBucket'],
      resources: [this.bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': [`${PREFIX.fallback}*`] } },
    });
    allow(role, {
      actions: ['s3:GetObject', 's3:DeleteObject'],
      resources: [this.bucket.arnForObjects(`${PREFIX.fallback}*`)],
      wildcardReason: OWN_PREFIX,
    });
  }

  /** Lets the function take out records that Firehose could not convert, and dead letters that it did not take. */
  bindGatherer({ function: fn, role }: BundledFunction): void {
    const prefixes = [PREFIX.errors, DEAD_LETTER_FALLBACK];
    fn.addEnvironment(ENVIRONMENT.lakeBucket, this.bucket.bucketName);
    allow(role, {
      actions: ['s3:ListBucket'],
      resources: [this.bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
    });
    allow(role, {
      actions: ['s3:GetObject', 's3:DeleteObject'],
      resources: prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`)),
      wildcardReason: OWN_PREFIX,
    });
  }

  /** Lets the function see what is in the lake, remove runs of tables, and read what Athena found in raw events. */
  bindBuilder({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.lakeBucket, this.bucket.bucketName);
    allow(role, {
      actions: ['s3:ListBucket'],
      resources: [this.bucket.bucketArn],
      conditions: {
        StringLike: {
          's3:prefix': [`${PREFIX.raw}*`, `${PREFIX.tables}*`, `${PREFIX.fallback}*`],
        },
      },
    });
    allow(role, {
      actions: ['s3:DeleteObject'],
      resources: [this.bucket.arnForObjects(`${PREFIX.tables}*`)],
      wildcardReason: OWN_PREFIX,
    });
  }

  private logged(prefix: string): BucketProps {
    return { serverAccessLogsBucket: this.accessLogs, serverAccessLogsPrefix: prefix };
  }
}

/** What all buckets have in common: nobody outside, TLS only, encrypted, kept when the stack goes. */
function closed(): BucketProps {
  return {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  };
}

function expire(days: number): LifecycleRule {
  return {
    expiration: Duration.days(days),
    abortIncompleteMultipartUploadAfter: Duration.days(1),
  };
}
