import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CLIENT_DEFAULTS } from './defaults.ts';

let client: CloudWatchLogsClient | undefined;

/** The function's one client of CloudWatch Logs, made at the first call. */
export function cloudwatchLogs(): CloudWatchLogsClient {
  client ??= new CloudWatchLogsClient(CLIENT_DEFAULTS);
  return client;
}
