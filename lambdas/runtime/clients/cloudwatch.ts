import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CLIENT_DEFAULTS } from './defaults.ts';

let client: CloudWatchClient | undefined;

/** The function's one client of CloudWatch, made at the first call. */
export function cloudwatch(): CloudWatchClient {
  client ??= new CloudWatchClient(CLIENT_DEFAULTS);
  return client;
}
