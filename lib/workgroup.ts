import { Stack } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { allow } from './access.ts';

/** Properties of {@link Workgroup}. */
export interface WorkgroupProps {
  /** What runs in it: part of its name, and the prefix of its results. */
  readonly purpose: 'query' | 'etl';
  /** Bytes that one statement may scan. */
  readonly bytesLimit: number;
  /** Whether statements must write where the workgroup says. A CTAS names its own location, which AWS then refuses. */
  readonly enforced: boolean;
  /** Bucket of results. */
  readonly results: IBucket;
}

/** An Athena workgroup with a limit of bytes. */
export class Workgroup extends Construct {
  readonly workgroupName: string;
  private readonly props: WorkgroupProps;

  constructor(scope: Construct, id: string, props: WorkgroupProps) {
    super(scope, id);
    this.props = props;
    const workgroup = new CfnWorkGroup(this, 'Workgroup', {
      name: `${Stack.of(this).stackName}-${props.purpose}`,
      description: `Millrace: ${props.purpose === 'etl' ? 'builds' : 'questions'}`,
      // What goes with it is the history of its statements.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: props.enforced,
        bytesScannedCutoffPerQuery: props.bytesLimit,
        publishCloudWatchMetricsEnabled: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: props.results.s3UrlForObject(this.prefix),
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
    this.workgroupName = workgroup.ref;
  }

  /** ARN of the workgroup: what Athena checks statements against. */
  get arn(): string {
    return Stack.of(this).formatArn({
      service: 'athena',
      resource: 'workgroup',
      resourceName: this.workgroupName,
    });
  }

  /** Lets a role start statements, follow and stop them. Their results are written with the role's own permissions. */
  grantStatements(role: IRole): void {
    const { results } = this.props;
    allow(role, {
      actions: [
        'athena:StartQueryExecution',
        'athena:GetQueryExecution',
        'athena:StopQueryExecution',
      ],
      resources: [this.arn],
    });
    allow(role, {
      actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
      resources: [results.bucketArn],
    });
    allow(role, {
      actions: [
        's3:AbortMultipartUpload',
        's3:GetObject',
        's3:ListMultipartUploadParts',
        's3:PutObject',
      ],
      resources: [results.arnForObjects(`${this.prefix}*`)],
      wildcardReason: 'Athena names its result files after the id of the statement',
    });
  }

  /** Lets a role read the results of statements that others started. */
  grantResults(role: IRole): void {
    const { results } = this.props;
    allow(role, {
      actions: ['athena:GetQueryExecution', 'athena:GetQueryResults'],
      resources: [this.arn],
    });
    allow(role, {
      actions: ['s3:GetObject'],
      resources: [results.arnForObjects(`${this.prefix}*`)],
      wildcardReason: 'Athena names its result files after the id of the statement',
    });
  }

  private get prefix(): string {
    return `${this.props.purpose}/`;
  }
}
