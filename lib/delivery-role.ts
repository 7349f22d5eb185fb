import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, LogStream } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { allow } from './access.ts';
import { logRetention } from './log-retention.ts';

/** Properties of {@link DeliveryRole}. */
export interface DeliveryRoleProps {
  /** Where the delivery stream writes. */
  readonly bucket: IBucket;
  /** Prefixes under which it writes, each with a slash at its end. */
  readonly prefixes: readonly string[];
  /** Days that its errors are kept in the log. */
  readonly logDays: number;
}

/** What a Firehose delivery stream to S3 may do, and where it logs its errors. */
export class DeliveryRole extends Construct {
  readonly role: Role;
  readonly logGroup: LogGroup;
  readonly logStream: LogStream;

  constructor(scope: Construct, id: string, props: DeliveryRoleProps) {
    super(scope, id);
    const { bucket, prefixes, logDays } = props;
    this.logGroup = new LogGroup(this, 'Log', {
      retention: logRetention(logDays),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.logStream = new LogStream(this, 'Errors', {
      logGroup: this.logGroup,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      // Firehose names the account as external id; that it sends aws:SourceAccount, its documentation does not say.
      assumedBy: new ServicePrincipal('firehose.amazonaws.com', {
        conditions: { StringEquals: { 'sts:ExternalId': Aws.ACCOUNT_ID } },
      }),
      description: 'What a delivery stream of Millrace may do',
    });
    allow(this.role, {
      actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
      resources: [bucket.bucketArn],
    });
    allow(this.role, {
      actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
      resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`)),
      wildcardReason: 'Firehose chooses the names of the objects that it writes under its prefix',
    });
    allow(this.role, { actions: ['logs:PutLogEvents'], resources: [this.logGroup.logGroupArn] });
  }
}
