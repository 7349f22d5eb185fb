import { AwsClient } from 'aws4fetch';
import { requireString } from './environment.ts';

/** An answer of AWS that is no success; `sendUntilTaken` reads the status as it reads those of the SDK. */
export class AwsAnswerError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(url: string, status: number, answer: string) {
    super(`${url} answered ${status}: ${answer.slice(0, 500)}`);
    this.name = 'AwsAnswerError';
    this.$metadata = { httpStatusCode: status };
  }
}

/**
 * Calls AWS once with a signed request. For functions whose size and start matter, and for single operations: the SDK's client of S3 is
 * 160 KB in a bundle, that of DynamoDB 45 KB.
 * @returns the answer's text.
 * @throws AwsAnswerError where the answer is no success; what fetch throws where there is none.
 */
export async function signedFetch(
  service: 's3' | 'dynamodb',
  url: string,
  request: RequestInit,
): Promise<string> {
  const client = new AwsClient({
    accessKeyId: requireString('AWS_ACCESS_KEY_ID'),
    secretAccessKey: requireString('AWS_SECRET_ACCESS_KEY'),
    sessionToken: process.env.AWS_SESSION_TOKEN,
    region: requireString('AWS_REGION'),
    service,
    retries: 0,
  });
  const response = await client.fetch(url, request);
  const answer = await response.text();
  if (!response.ok) throw new AwsAnswerError(url, response.status, answer);
  return answer;
}

/** The endpoint that the environment names for a service, as the SDK reads it, without a slash at the end. */
export function namedEndpoint(service: 'S3' | 'DYNAMODB'): string | undefined {
  const endpoint = process.env[`AWS_ENDPOINT_URL_${service}`] ?? process.env.AWS_ENDPOINT_URL;
  return endpoint?.replace(/\/$/, '') || undefined;
}

/** The host of a service in the function's region. */
export function regionalHost(service: string): string {
  const region = requireString('AWS_REGION');
  return `${service}.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
}
