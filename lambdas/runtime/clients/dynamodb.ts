import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CLIENT_DEFAULTS } from './defaults.ts';

let client: DynamoDBClient | undefined;

/** The function's one client of DynamoDB, made at the first call. */
export function dynamodb(): DynamoDBClient {
  client ??= new DynamoDBClient(CLIENT_DEFAULTS);
  return client;
}
