import { S3Client } from '@aws-sdk/client-s3';
import { CLIENT_DEFAULTS } from './defaults.ts';

let client: S3Client | undefined;

/** The function's one client of S3, made at the first call. */
export function s3(): S3Client {
  client ??= new S3Client(CLIENT_DEFAULTS);
  return client;
}
