import { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { ServiceError } from '../service.ts';
import type { AnyRequest } from './port.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Who signed a request and for which service. The signature itself is not checked: any secret will do. */
export interface Signer {
  readonly accessKeyId: string;
  /** Service of the SigV4 scope, as kinesis; null where the request carries none. */
  readonly service: string | null;
}

/** Reads the signer from the Authorization header or from a presigned URL; unsigned calls have an empty access key. */
export function signerOf(request: AnyRequest): Signer {
  const header = request.headers.authorization ?? '';
  const scope =
    /Credential=([^,\s]+)/.exec(header)?.[1] ?? query(request).get('X-Amz-Credential') ?? '';
  const [accessKeyId = '', , , service = null] = scope.split('/');
  return { accessKeyId, service };
}

/** Query parameters of a request. */
export function query(request: AnyRequest): URLSearchParams {
  const url = request.url ?? '/';
  const start = url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : url.slice(start + 1));
}

/**
 * Reads a whole body.
 * @throws ServiceError RequestEntityTooLarge above 64 MiB.
 */
export async function readBody(request: AnyRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const stream: AsyncIterable<Buffer> = request;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new ServiceError(
        'RequestEntityTooLarge',
        `the body is above ${MAX_BODY_BYTES} bytes`,
        413,
      );
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** A request whose body was read, to be read again by another server's listener. */
export function replay(request: AnyRequest, body: Buffer): IncomingMessage {
  const again = new IncomingMessage(request.socket);
  again.method = request.method;
  again.url = request.url;
  again.httpVersion = request.httpVersion;
  again.headers = request.headers;
  again.rawHeaders = request.rawHeaders;
  // Marked whole before it is read: a destroyed incomplete message would take the connection with it.
  again.complete = true;
  again.push(body);
  again.push(null);
  return again;
}

/** Whether a request came by HTTP/2. */
export function isHttp2(request: AnyRequest): request is Http2ServerRequest {
  return request.httpVersionMajor === 2;
}
