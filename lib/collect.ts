import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Config } from '../core/config.ts';
import type { DeadLetters } from './dead-letters.ts';
import { BundledFunction } from './function.ts';
import type { HashKey } from './hash-key.ts';
import type { Lake } from './lake.ts';
import type { Metrics } from './metrics.ts';
import type { RateLimits } from './rate-limits.ts';
import type { EventStream } from './stream.ts';

/** Properties of {@link Collect}. */
export interface CollectProps {
  /** The parsed config. */
  readonly config: Config;
  /** Where accepted events go. */
  readonly stream: EventStream;
  /** Where refused events go. */
  readonly deadLetters: DeadLetters;
  /** Counts requests by key. */
  readonly rateLimits: RateLimits;
  /**
   * What personal data is hashed with.
   *
   * @default - no app hashes
   */
  readonly hashKey?: HashKey;
  /** Where accepted events wait that the stream does not take. */
  readonly lake: Lake;
  /** Where it is counted what was taken. */
  readonly metrics: Metrics;
}

/** The function that takes events over HTTP. */
export class Collect extends Construct {
  readonly function: LambdaFunction;
  /** Where its counts are written. */
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: CollectProps) {
    super(scope, id);
    const collect = new BundledFunction(this, 'Collect', {
      bundle: 'collect',
      config: props.config,
      description: 'Millrace: takes events over HTTP',
      memoryMiB: 512,
      timeout: Duration.seconds(10),
    });
    props.stream.bindProducer(collect);
    props.deadLetters.bindWriter(collect);
    props.lake.bindFallbackWriter(collect);
    props.rateLimits.bindCounter(collect);
    props.hashKey?.bindHasher(collect);
    props.metrics.bindWriter(collect);
    this.function = collect.function;
    this.logGroup = collect.logGroup;
  }
}
