import { SFNClient } from '@aws-sdk/client-sfn';
import { CLIENT_DEFAULTS } from './defaults.ts';

let client: SFNClient | undefined;

/** The function's one client of Step Functions, made at the first call. */
export function stepFunctions(): SFNClient {
  client ??= new SFNClient(CLIENT_DEFAULTS);
  return client;
}
