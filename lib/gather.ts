import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Config } from '../core/config.ts';
import type { DeadLetters } from './dead-letters.ts';
import { BundledFunction } from './function.ts';
import type { Lake } from './lake.ts';
import { Timer } from './timer.ts';

/** Properties of {@link Gather}. */
export interface GatherProps {
  /** The parsed config. */
  readonly config: Config;
  /** Where Firehose keeps what it could not convert, and dead letters wait that it did not take. */
  readonly lake: Lake;
  /** Where dead letters go, and batches that consumers gave up wait. */
  readonly deadLetters: DeadLetters;
}

/** The function that makes dead letters of accepted events which were not delivered, and keeps those that are late, every hour. */
export class Gather extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: GatherProps) {
    super(scope, id);
    const gather = new BundledFunction(this, 'Gather', {
      bundle: 'gather',
      config: props.config,
      description: 'Millrace: makes dead letters of events that were not delivered',
      memoryMiB: 512,
      timeout: Duration.minutes(15),
    });
    props.lake.bindGatherer(gather);
    props.deadLetters.bindGatherer(gather);
    this.function = gather.function;
    new Timer(this, 'Hourly', {
      description: 'Millrace: dead letters of events that were not delivered',
      cron: '47 * * * ? *',
      action: 'lambda:InvokeFunction',
      targetArn: this.function.functionArn,
      input: {},
      retryFor: Duration.minutes(30),
    });
  }
}
