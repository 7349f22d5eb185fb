import { Duration, Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Config } from '../core/config.ts';
import type { DeadLetters } from './dead-letters.ts';
import { BundledFunction } from './function.ts';
import type { HashKey } from './hash-key.ts';
import type { Metrics } from './metrics.ts';
import type { EventStream } from './stream.ts';

/** Properties of {@link Redrive}. */
export interface RedriveProps {
  /** The parsed config. */
  readonly config: Config;
  /** Where dead letters lie. */
  readonly deadLetters: DeadLetters;
  /** Where they go. */
  readonly stream: EventStream;
  /** Where it is counted what was sent again. */
  readonly metrics: Metrics;
  /**
   * What personal data is hashed with.
   *
   * @default - no app hashes
   */
  readonly hashKey?: HashKey;
}

/** Lambda's limit of a function's name, less the ending. */
const MAX_STACK_NAME = 64 - '-redrive'.length;

/**
 * The function that sends dead letters again. People invoke it (`npm run redrive`): who may is whom IAM gives lambda:InvokeFunction on
 * it; no key of the API does.
 */
export class Redrive extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: RedriveProps) {
    super(scope, id);
    const redrive = new BundledFunction(this, 'Redrive', {
      bundle: 'redrive',
      config: props.config,
      name: `${Stack.of(this).stackName.slice(0, MAX_STACK_NAME)}-redrive`,
      description: 'Millrace: sends dead letters again',
      // An object of 64 MB of letters is read whole.
      memoryMiB: 1769,
      timeout: Duration.minutes(2),
    });
    props.stream.bindProducer(redrive);
    props.deadLetters.bindRedriver(redrive);
    props.metrics.bindWriter(redrive);
    props.hashKey?.bindHasher(redrive);
    this.function = redrive.function;
  }
}
