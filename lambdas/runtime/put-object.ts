import { namedEndpoint, regionalHost, signedFetch } from './signed-fetch.ts';

/** An object that is to be written. */
export interface ObjectToPut {
  readonly bucket: string;
  readonly key: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

/**
 * Puts one object, once.
 * @throws as signedFetch.
 */
export async function putObject(
  { bucket, key, body, contentType }: ObjectToPut,
  signal: AbortSignal,
): Promise<void> {
  const endpoint = namedEndpoint('S3');
  const base =
    endpoint === undefined ? `https://${bucket}.${regionalHost('s3')}` : `${endpoint}/${bucket}`;
  const url = `${base}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const headers = { 'content-type': contentType };
  await signedFetch('s3', url, { method: 'PUT', body, headers, signal });
}
