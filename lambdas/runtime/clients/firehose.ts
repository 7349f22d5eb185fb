import { FirehoseClient } from '@aws-sdk/client-firehose';
import { CLIENT_DEFAULTS } from './defaults.ts';

let client: FirehoseClient | undefined;

/** The function's one client of Firehose, made at the first call. */
export function firehose(): FirehoseClient {
  client ??= new FirehoseClient(CLIENT_DEFAULTS);
  return client;
}
