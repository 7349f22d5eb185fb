import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { TABLES } from '../core/columns.ts';
import type { Config } from '../core/config.ts';
import { ENVIRONMENT } from '../core/environment.ts';
import { PREFIX } from '../core/layout.ts';
import { allow } from './access.ts';
import type { Catalog } from './catalog.ts';
import type { DeadLetters } from './dead-letters.ts';
import { BundledFunction } from './function.ts';
import type { Lake } from './lake.ts';
import type { Metrics } from './metrics.ts';
import type { Registry } from './registry.ts';
import { Timer } from './timer.ts';
import type { Workgroup } from './workgroup.ts';

/** Properties of {@link Reconcile}. */
export interface ReconcileProps {
  /** The parsed config. */
  readonly config: Config;
  /** Bucket of raw events and tables. */
  readonly lake: Lake;
  /** Tables. */
  readonly catalog: Catalog;
  /** Bucket of dead letters. */
  readonly deadLetters: DeadLetters;
  /** What is built, and where the counts are kept. */
  readonly registry: Registry;
  /** What was counted at the door. */
  readonly metrics: Metrics;
  /** Where the door writes its counts: asked where the metrics of them say that something is missing. */
  readonly doorLog: ILogGroup;
  /** Workgroup of builds: nobody waits for the answer. */
  readonly workgroup: Workgroup;
}

/** The function that counts what became of what was received, every hour after the builds. */
export class Reconcile extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: ReconcileProps) {
    super(scope, id);
    const { config, lake, catalog, workgroup } = props;
    const reconcile = new BundledFunction(this, 'Reconcile', {
      bundle: 'reconcile',
      config,
      description: 'Millrace: counts what became of what was received',
      memoryMiB: 512,
      timeout: Duration.minutes(15),
    });
    this.function = reconcile.function;
    const { role } = reconcile;
    this.function.addEnvironment(ENVIRONMENT.glueDatabase, catalog.databaseName);
    this.function.addEnvironment(ENVIRONMENT.etlWorkgroup, workgroup.workgroupName);
    this.function.addEnvironment(ENVIRONMENT.lakeBucket, lake.bucket.bucketName);
    props.metrics.bindReader(reconcile);
    props.registry.bindReconciler(reconcile);
    this.function.addEnvironment(ENVIRONMENT.collectLog, props.doorLog.logGroupName);
    allow(role, { actions: ['logs:StartQuery'], resources: [props.doorLog.logGroupArn] });
    allow(role, {
      actions: ['logs:GetQueryResults'],
      resources: ['*'],
      wildcardReason: 'queries have no resources: CloudWatch Logs takes * only',
    });
    workgroup.grantStatements(role);
    allow(role, { actions: ['athena:GetQueryResults'], resources: [workgroup.arn] });
    catalog.grantRead(role, [TABLES.raw, TABLES.events, TABLES.deadLetters, TABLES.redrives]);
    props.deadLetters.grantRead(role);
    // Without a condition on s3:prefix: with one, S3 answers a HEAD of what is not there with 403, and Athena takes the place of
    // an empty partition for forbidden.
    allow(role, {
      actions: ['s3:GetBucketLocation', 's3:ListBucket'],
      resources: [lake.bucket.bucketArn],
    });
    allow(role, {
      actions: ['s3:GetObject'],
      resources: [PREFIX.raw, PREFIX.tables].map((name) => lake.bucket.arnForObjects(`${name}*`)),
      wildcardReason: 'Athena names the files of a table',
    });
    new Timer(this, 'Hourly', {
      description: 'Millrace: what became of what was received',
      cron: '57 * * * ? *',
      action: 'lambda:InvokeFunction',
      targetArn: this.function.functionArn,
      input: {},
      retryFor: Duration.minutes(30),
    });
  }
}
