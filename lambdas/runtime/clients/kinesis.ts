import { KinesisClient } from '@aws-sdk/client-kinesis';
import { CLIENT_DEFAULTS } from './defaults.ts';

let client: KinesisClient | undefined;

/** The function's one client of Kinesis, made at the first call. */
export function kinesis(): KinesisClient {
  client ??= new KinesisClient(CLIENT_DEFAULTS);
  return client;
}
