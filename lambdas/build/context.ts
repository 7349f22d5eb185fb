import type { AthenaClient } from '@aws-sdk/client-athena';
import type { GlueClient } from '@aws-sdk/client-glue';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../../core/config.ts';
import type { Registry } from './registry.ts';

/** What the actions work with. */
export interface BuildContext {
  readonly config: Config;
  readonly lakeBucket: string;
  readonly glueDatabase: string;
  /** Seconds after which an accepted event is surely in raw_events. */
  readonly deliveryLagSeconds: number;
  readonly s3: S3Client;
  readonly glue: GlueClient;
  readonly athena: AthenaClient;
  readonly registry: Registry;
  /** Names of those executions that have ended, of the state machine whose execution's ARN is given. */
  readonly ended: (names: ReadonlySet<string>, ownArn: string) => Promise<Set<string>>;
  /** Epoch ms. */
  readonly now: () => number;
  /** Eight hex digits, new at each call. */
  readonly random: () => string;
  readonly warn: (message: string, facts: Readonly<Record<string, unknown>>) => void;
}
