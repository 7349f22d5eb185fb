import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Config } from '../core/config.ts';
import type { DeadLetters } from './dead-letters.ts';
import { BundledFunction } from './function.ts';
import type { Lake } from './lake.ts';
import type { EventStream } from './stream.ts';
import { Timer } from './timer.ts';

/** Properties of {@link Refill}. */
export interface RefillProps {
  /** The parsed config. */
  readonly config: Config;
  /** Where accepted events go. */
  readonly stream: EventStream;
  /** Where refused events go: those wait in the lake, too, where Firehose did not take them. */
  readonly deadLetters: DeadLetters;
  /** Where accepted events wait that the stream did not take. */
  readonly lake: Lake;
}

/** The function that puts parked events back into the stream, every hour. */
export class Refill extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: RefillProps) {
    super(scope, id);
    const refill = new BundledFunction(this, 'Refill', {
      bundle: 'refill',
      config: props.config,
      description: 'Millrace: sends events again that the stream did not take',
      memoryMiB: 512,
      timeout: Duration.minutes(15),
    });
    props.stream.bindProducer(refill);
    props.deadLetters.bindWriter(refill);
    props.lake.bindFallbackReader(refill);
    this.function = refill.function;
    new Timer(this, 'Hourly', {
      description: 'Millrace: events again that the stream did not take',
      cron: '37 * * * ? *',
      action: 'lambda:InvokeFunction',
      targetArn: this.function.functionArn,
      input: {},
      retryFor: Duration.minutes(30),
    });
  }
}
