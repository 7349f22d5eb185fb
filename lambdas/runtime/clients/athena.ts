import { AthenaClient } from '@aws-sdk/client-athena';
import { CLIENT_DEFAULTS } from './defaults.ts';

let client: AthenaClient | undefined;

/** The function's one client of Athena, made at the first call. */
export function athena(): AthenaClient {
  client ??= new AthenaClient(CLIENT_DEFAULTS);
  return client;
}
