import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnOutput, Duration, Stack, Stage } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { MillraceConfig } from '../core/config.ts';
import { InvalidConfigError, parseConfig } from '../core/config-schema.ts';
import { needsHashKey } from '../core/privacy.ts';
import { tooLongToBuild } from '../core/sql/build-statements.ts';
import { Alarms } from './alarms.ts';
import { Answers } from './answers.ts';
import { Api } from './api.ts';
import { Builds } from './builds.ts';
import { Catalog } from './catalog.ts';
import { Collect } from './collect.ts';
import { DeadLetters } from './dead-letters.ts';
import { Delivery } from './delivery.ts';
import { Gather } from './gather.ts';
import { HashKey } from './hash-key.ts';
import { Lake } from './lake.ts';
import { Metrics } from './metrics.ts';
import { Query } from './query.ts';
import { RateLimits } from './rate-limits.ts';
import { Reconcile } from './reconcile.ts';
import { Redrive } from './redrive.ts';
import { Refill } from './refill.ts';
import { Registry } from './registry.ts';
import { EventStream } from './stream.ts';
import { Workgroup } from './workgroup.ts';

const STATEMENTS = join(import.meta.dirname, '../sql');

/** Properties of {@link Millrace}. */
export interface MillraceProps {
  /** What to collect and answer: the same as in millrace.config.ts. */
  readonly config: MillraceConfig;
  /**
   * Stack of what holds data: buckets, tables, the stream and its delivery. It changes rarely and is never removed.
   *
   * @default - a stack `Data` of its own under this construct
   */
  readonly dataStack?: Stack;
  /**
   * Stack of what can be made again: functions, API, builds, alarms. It may be the same as `dataStack`.
   *
   * @default - a stack `Service` of its own under this construct
   */
  readonly serviceStack?: Stack;
}

/**
 * Millrace, all of it: events come in over HTTP, are kept in a lake and answered from there.
 *
 * @example
 * const app = new App();
 * const millrace = new Millrace(app, 'Millrace', { config });
 * millrace.alarms.all.forEach((alarm) => alarm.addAlarmAction(new SnsAction(topic)));
 *
 * @throws InvalidConfigError that lists every problem of the config.
 */
export class Millrace extends Construct {
  readonly dataStack: Stack;
  readonly serviceStack: Stack;
  /** Buckets. */
  readonly lake: Lake;
  /** Database and tables, for who asks Athena directly. */
  readonly catalog: Catalog;
  /** Stream of accepted events, for consumers of your own. */
  readonly stream: EventStream;
  /** HTTP API. */
  readonly api: Api;
  /** State machine of builds. */
  readonly builds: Builds;
  /** Sends dead letters again: give the people who may lambda:InvokeFunction on its function. */
  readonly redrive: Redrive;
  /** Alarms: they tell nobody until you add actions. */
  readonly alarms: Alarms;

  constructor(scope: Construct, id: string, props: MillraceProps) {
    super(scope, id);
    const config = parseConfig(props.config);
    const tooLong = tooLongToBuild(config, (name) =>
      readFileSync(join(STATEMENTS, `${name}.sql`), 'utf8'),
    );
    if (tooLong.length > 0) throw new InvalidConfigError(tooLong);
    const { retention, delivery: buffer } = config;
    const { logDays } = retention;
    this.dataStack = props.dataStack ?? this.stack('Data', DATA);
    this.serviceStack = props.serviceStack ?? this.stack('Service', SERVICE);

    // In a stack of yours the boxes stand under a name of ours, so that they cannot meet yours.
    const data = inOwn(props.dataStack, `${id}Data`) ?? this.dataStack;
    this.lake = new Lake(data, 'Lake', { retention });
    const { bucket, deadLetters: deadLetterBucket, results } = this.lake;
    this.catalog = new Catalog(data, 'Catalog', {
      config,
      lake: bucket,
      deadLetters: deadLetterBucket,
    });
    this.stream = new EventStream(data, 'Stream', {
      capacity: config.stream,
      retention: Duration.hours(retention.streamHours),
    });
    const delivery = new Delivery(data, 'Delivery', {
      stream: this.stream.stream,
      lake: bucket,
      catalog: this.catalog,
      buffer,
      logDays,
    });
    const deadLetters = new DeadLetters(data, 'DeadLetters', {
      bucket: deadLetterBucket,
      buffer,
      logDays,
    });
    const registry = new Registry(data, 'Registry');
    // It costs $0.40 a month.
    const hashes = config.apps.some(({ privacy }) => needsHashKey(privacy));
    const hashKey = hashes ? new HashKey(data, 'HashKey') : undefined;

    const service = inOwn(props.serviceStack, `${id}Service`) ?? this.serviceStack;
    const { stream, lake, catalog } = this;
    const { bytesLimit, buildBytesLimit } = config.query;
    const rateLimits = new RateLimits(service, 'RateLimits');
    const metrics = new Metrics(service, 'Metrics');
    const collect = new Collect(service, 'Collect', {
      config,
      stream,
      deadLetters,
      lake,
      rateLimits,
      hashKey,
      metrics,
    });
    // A delivery stream starts at the stream's end: events from before it would not reach the lake.
    collect.node.addDependency(delivery);
    const refill = new Refill(service, 'Refill', { config, stream, deadLetters, lake });
    this.redrive = new Redrive(service, 'Redrive', {
      config,
      stream,
      deadLetters,
      metrics,
      hashKey,
    });
    const gather = new Gather(service, 'Gather', { config, lake, deadLetters });
    const buildWorkgroup = new Workgroup(service, 'BuildWorkgroup', {
      purpose: 'etl',
      bytesLimit: buildBytesLimit,
      enforced: false,
      results,
    });
    this.builds = new Builds(service, 'Builds', {
      config,
      lake,
      catalog,
      registry,
      workgroup: buildWorkgroup,
      deliveryLag: delivery.lag,
    });
    const reconcile = new Reconcile(service, 'Reconcile', {
      config,
      lake,
      catalog,
      deadLetters,
      registry,
      metrics,
      doorLog: collect.logGroup,
      workgroup: buildWorkgroup,
    });
    const query = new Query(service, 'Query', {
      config,
      lake,
      catalog,
      deadLetters,
      registry,
      answers: new Answers(service, 'Answers'),
      workgroup: new Workgroup(service, 'QueryWorkgroup', {
        purpose: 'query',
        bytesLimit,
        enforced: true,
        results,
      }),
    });
    this.api = new Api(service, 'Api', {
      collection: config.collection,
      collect: collect.function,
      query: query.function,
      logDays,
    });
    this.alarms = new Alarms(service, 'Alarms', {
      collectors: [collect.function, refill.function, gather.function],
      delivery: delivery.deliveryStream,
      deliveryLag: delivery.lag,
      deadLetters: deadLetters.deliveryStream,
      builds: this.builds.stateMachine,
      reconcile: reconcile.function,
      metrics,
    });
    this.outputs();
  }

  /** A stack with a readable name, as Millrace-Data, which is part of the names of the database and the workgroups. */
  private stack(id: string, description: string): Stack {
    const names = [Stage.of(this)?.stageName, this.node.id, id];
    return new Stack(this, id, { description, stackName: names.filter(Boolean).join('-') });
  }

  /** What people need after a deployment. */
  private outputs(): void {
    new CfnOutput(this.dataStack, 'Database', {
      value: this.catalog.databaseName,
      description: 'Glue database of all tables',
    });
    new CfnOutput(this.dataStack, 'LakeBucket', {
      value: this.lake.bucket.bucketName,
      description: 'Bucket of raw events and tables',
    });
    new CfnOutput(this.serviceStack, 'Url', {
      value: this.api.url,
      description: 'Where events go and questions are asked',
    });
    if (this.api.domainTarget !== undefined) {
      new CfnOutput(this.serviceStack, 'DomainTarget', {
        value: this.api.domainTarget,
        description: 'What the DNS record (CNAME) of the domain points to',
      });
    }
    new CfnOutput(this.serviceStack, 'RedriveFunction', {
      value: this.redrive.function.functionName,
      description: 'Function that sends dead letters again: npm run redrive',
    });
    new CfnOutput(this.serviceStack, 'BuildsArn', {
      value: this.builds.stateMachine.stateMachineArn,
      description: 'State machine of builds',
    });
  }
}

function inOwn(stack: Stack | undefined, id: string): Construct | undefined {
  return stack === undefined ? undefined : new Construct(stack, id);
}

const DATA = 'Millrace: what holds data';
const SERVICE = 'Millrace: what collects, builds and answers';
