import { ArnFormat, Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { TABLES } from '../core/columns.ts';
import type { Config } from '../core/config.ts';
import { ENVIRONMENT } from '../core/environment.ts';
import { PREFIX } from '../core/layout.ts';
import { acknowledgeWildcard, allow } from './access.ts';
import { buildsDefinition } from './builds-definition.ts';
import type { Catalog } from './catalog.ts';
import { BundledFunction } from './function.ts';
import type { Lake } from './lake.ts';
import { logRetention } from './log-retention.ts';
import type { Registry } from './registry.ts';
import { Timer } from './timer.ts';
import type { Workgroup } from './workgroup.ts';

/** Properties of {@link Builds}. */
export interface BuildsProps {
  /** The parsed config. */
  readonly config: Config;
  /** Buckets of raw events, tables and results. */
  readonly lake: Lake;
  /** Tables. */
  readonly catalog: Catalog;
  /** Which run of which partition holds. */
  readonly registry: Registry;
  /** Workgroup of builds. */
  readonly workgroup: Workgroup;
  /** Time after which an accepted event is surely in raw_events. */
  readonly deliveryLag: Duration;
}

const TEMPORARY = 'the names of temporary tables of builds hold the id of the run';

/** The builds of all tables: a function for the decisions, a state machine for the order, Athena for the work. */
export class Builds extends Construct {
  readonly function: LambdaFunction;
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: BuildsProps) {
    super(scope, id);
    const { config, catalog, workgroup } = props;
    const build = this.makeFunction(props);
    this.function = build.function;
    const role = this.makeRole(props);
    const definition = buildsDefinition({
      functionArn: this.function.functionArn,
      partition: Aws.PARTITION,
      workgroup: workgroup.workgroupName,
      database: catalog.databaseName,
      concurrency: config.builds.concurrency,
    });
    this.stateMachine = new StateMachine(this, 'Builds', {
      // CDK's comment and timeout would be lost: it adds them to definitions only that are made of its own states.
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      role,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Log', {
          // Step Functions delivers to groups of this name without a resource policy of its own, of which there are few.
          logGroupName: `/aws/vendedlogs/states/${Stack.of(this).stackName}-builds`,
          retention: logRetention(config.retention.logDays),
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        // Statements and rows stay out of the log.
        includeExecutionData: false,
      },
    });
    acknowledgeWildcard(
      role,
      '*',
      "X-Ray's write actions and CloudWatch's log delivery actions have no resources: they take * only",
    );
    this.letPlanSeeExecutions(build.role);
    this.schedule('Hourly', '7 * * * ? *', {}, 'Millrace: builds of what arrived');
    this.schedule(
      'Nightly',
      '30 3 * * ? *',
      { full: true },
      'Millrace: builds after a full listing',
    );
  }

  /**
   * Lets the function see that an execution has ended, so that it takes over what that one had claimed. A policy of its own:
   * the function waits for its role's default policy, and the state machine for the function.
   */
  private letPlanSeeExecutions(role: Role): void {
    const executions = Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${this.stateMachine.stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const policy = new Policy(this, 'Executions', {
      roles: [role],
      statements: [
        new PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] }),
      ],
    });
    acknowledgeWildcard(policy, executions, "an execution's name is made when it starts");
  }

  private schedule(id: string, cron: string, input: object, description: string): void {
    new Timer(this, id, {
      description,
      cron,
      action: 'states:StartExecution',
      targetArn: this.stateMachine.stateMachineArn,
      input,
      retryFor: Duration.minutes(30),
    });
  }

  private makeFunction(props: BuildsProps): BundledFunction {
    const { config, lake, catalog, registry, workgroup, deliveryLag } = props;
    const build = new BundledFunction(this, 'Build', {
      bundle: 'build',
      config,
      description: 'Millrace: decides what is built, and publishes it',
      memoryMiB: 1024,
      timeout: Duration.minutes(15),
      tracing: true,
    });
    lake.bindBuilder(build);
    registry.bindBuilder(build);
    build.function.addEnvironment(ENVIRONMENT.glueDatabase, catalog.databaseName);
    build.function.addEnvironment(ENVIRONMENT.etlWorkgroup, workgroup.workgroupName);
    build.function.addEnvironment(
      ENVIRONMENT.deliveryLagSeconds,
      deliveryLag.toSeconds().toString(),
    );
    workgroup.grantResults(build.role);
    allow(build.role, {
      actions: [
        'glue:CreatePartition',
        'glue:GetPartition',
        'glue:GetPartitions',
        'glue:GetTable',
        'glue:UpdatePartition',
      ],
      resources: catalog.builtTables,
    });
    allow(build.role, {
      actions: ['glue:DeleteTable', 'glue:GetTable'],
      resources: catalog.temporaryTables,
      wildcardReason: TEMPORARY,
    });
    return build;
  }

  /** The role of the state machine: what it calls itself, and what Athena does for it in a CTAS. */
  private makeRole({ lake, catalog, workgroup }: BuildsProps): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      description: 'What the state machine of builds of Millrace may do',
    });
    allow(role, {
      actions: ['lambda:InvokeFunction'],
      resources: [this.function.functionArn],
    });
    workgroup.grantStatements(role);
    catalog.grantRead(role, [TABLES.raw, TABLES.events, TABLES.steps, TABLES.attempts]);
    allow(role, {
      actions: ['glue:CreateTable', 'glue:DeleteTable', 'glue:GetTable'],
      resources: catalog.temporaryTables,
      wildcardReason: TEMPORARY,
    });
    this.allowData(role, lake.bucket);
    return role;
  }

  private allowData(role: Role, bucket: IBucket): void {
    // Without a condition on s3:prefix: Athena asks whether a CTAS's place is free by a HEAD, which has no prefix, and S3
    // answers those who may not list with 403 instead of 404.
    allow(role, {
      actions: ['s3:GetBucketLocation', 's3:ListBucket'],
      resources: [bucket.bucketArn],
    });
    const prefix = 'Athena reads and names the files of a table under its prefix';
    allow(role, {
      actions: ['s3:GetObject'],
      resources: [PREFIX.raw, PREFIX.tables].map((name) => bucket.arnForObjects(`${name}*`)),
      wildcardReason: prefix,
    });
    allow(role, {
      actions: ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:PutObject'],
      resources: [bucket.arnForObjects(`${PREFIX.tables}*`)],
      wildcardReason: prefix,
    });
  }
}
