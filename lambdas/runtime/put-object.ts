import { AwsClient } from 'aws4fetch';
import { requireString } from './environment.ts';

/** An answer of S3 that is no success; `sendUntilTaken` reads the status as it reads those of the SDK. */
export class PutObjectError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(url: string, status: number, answer: string) {
    super(`S3 answered ${status} to PUT ${url}: ${answer.slice(0, 500)}`);
    this.name = 'PutObjectError';
    this.$metadata = { httpStatusCode: status };
  }
}

/**
 * Puts one object with a signed request, once. For functions whose size and start matter: the SDK's client of S3 is 160 KB, because
 * it knows all of S3's calls.
 * @throws PutObjectError where S3 refuses it; what fetch throws where it cannot be reached.
 */
export async function putObject(
  { bucket, key, body, contentType }: ObjectToPut,
  signal: AbortSignal,
): Promise<void> {
  const region = requireString('AWS_REGION');
  const client = new AwsClient({
    accessKeyId: requireString('AWS_ACCESS_KEY_ID'),
    secretAccessKey: requireString('AWS_SECRET_ACCESS_KEY'),
    sessionToken: process.env.AWS_SESSION_TOKEN,
    service: 's3',
    region,
    retries: 0,
  });
  const url = `${bucketUrl(bucket, region)}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const response = await client.fetch(url, {
    method: 'PUT',
    body,
    headers: { 'content-type': contentType },
    signal,
  });
  const answer = await response.text();
  if (!response.ok) throw new PutObjectError(url, response.status, answer);
}

/** An object that is to be written. */
export interface ObjectToPut {
  readonly bucket: string;
  readonly key: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

/** As the SDK: the endpoint that the environment names, else the bucket's own host in the region. */
function bucketUrl(bucket: string, region: string): string {
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  if (endpoint) return `${endpoint.replace(/\/$/, '')}/${bucket}`;
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://${bucket}.s3.${region}.${suffix}`;
}
