import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import type { Config } from '../core/config.ts';
import { ENVIRONMENT } from '../core/environment.ts';
import { allow } from './access.ts';
import type { BundledFunction } from './function.ts';

/** Properties of {@link EventStream}. */
export interface EventStreamProps {
  /** On demand, or a number of shards. */
  readonly capacity: Config['stream'];
  /** How long records are kept: the time that delivery may be broken without loss. */
  readonly retention: Duration;
}

/** The Kinesis stream of accepted events. */
export class EventStream extends Construct {
  readonly stream: Stream;

  constructor(scope: Construct, id: string, props: EventStreamProps) {
    super(scope, id);
    const { capacity, retention } = props;
    this.stream = new Stream(this, 'Stream', {
      ...(capacity.mode === 'provisioned'
        ? { streamMode: StreamMode.PROVISIONED, shardCount: capacity.shards }
        : { streamMode: StreamMode.ON_DEMAND }),
      retentionPeriod: retention,
      // With the managed key producers and consumers need no permissions for KMS.
      encryption: StreamEncryption.MANAGED,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
  }

  /** Lets the function put records. */
  bindProducer({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.streamName, this.stream.streamName);
    allow(role, { actions: ['kinesis:PutRecords'], resources: [this.stream.streamArn] });
  }
}
