import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { TABLES } from '../core/columns.ts';
import type { Config } from '../core/config.ts';
import { ENVIRONMENT } from '../core/environment.ts';
import { PREFIX } from '../core/layout.ts';
import { allow } from './access.ts';
import type { Answers } from './answers.ts';
import type { Catalog } from './catalog.ts';
import type { DeadLetters } from './dead-letters.ts';
import { BundledFunction } from './function.ts';
import type { Lake } from './lake.ts';
import type { Registry } from './registry.ts';
import type { Workgroup } from './workgroup.ts';

/** Properties of {@link Query}. */
export interface QueryProps {
  /** The parsed config. */
  readonly config: Config;
  /** Bucket of tables. */
  readonly lake: Lake;
  /** Tables. */
  readonly catalog: Catalog;
  /** Dead letters. */
  readonly deadLetters: DeadLetters;
  /** Which version the data has. */
  readonly registry: Registry;
  /** Answers by data version. */
  readonly answers: Answers;
  /** Workgroup of questions. */
  readonly workgroup: Workgroup;
}

/** The function that answers questions. */
export class Query extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: QueryProps) {
    super(scope, id);
    const { config, lake, catalog, workgroup } = props;
    const query = new BundledFunction(this, 'Query', {
      bundle: 'query',
      config,
      description: 'Millrace: answers questions',
      memoryMiB: 1024,
      timeout: Duration.seconds(30),
      tracing: true,
    });
    this.function = query.function;
    this.function.addEnvironment(ENVIRONMENT.glueDatabase, catalog.databaseName);
    this.function.addEnvironment(ENVIRONMENT.queryWorkgroup, workgroup.workgroupName);
    props.registry.bindReader(query);
    props.answers.bindCache(query);
    workgroup.grantStatements(query.role);
    allow(query.role, { actions: ['athena:GetQueryResults'], resources: [workgroup.arn] });
    // Athena reads the catalog and the files with the permissions of who asks.
    const { events, steps, attempts, months, deadLetters, redrives } = TABLES;
    catalog.grantRead(query.role, [events, steps, attempts, months, deadLetters, redrives]);
    props.deadLetters.grantRead(query.role);
    // Without a condition on s3:prefix: with one, S3 answers a HEAD of what is not there with 403, and Athena takes the place of
    // an empty partition for forbidden.
    allow(query.role, {
      actions: ['s3:GetBucketLocation', 's3:ListBucket'],
      resources: [lake.bucket.bucketArn],
    });
    allow(query.role, {
      actions: ['s3:GetObject'],
      resources: [lake.bucket.arnForObjects(`${PREFIX.tables}*`)],
      wildcardReason: 'Athena names the files of a table',
    });
  }
}
