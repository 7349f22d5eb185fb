import { GlueClient } from '@aws-sdk/client-glue';
import { CLIENT_DEFAULTS } from './defaults.ts';

let client: GlueClient | undefined;

/** The function's one client of Glue, made at the first call. */
export function glue(): GlueClient {
  client ??= new GlueClient(CLIENT_DEFAULTS);
  return client;
}
