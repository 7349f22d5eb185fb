import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ACCOUNT } from '../template/intrinsics.ts';
import { decode } from './routes.ts';

/** What an event needs beside the request. */
export interface EventOptions {
  readonly apiId: string;
  readonly stage: string;
  readonly routeKey: string;
  readonly parameters: Readonly<Record<string, string>> | undefined;
  readonly path: string;
  readonly query: string;
  readonly body: Buffer;
}

/** Headers between two hops only; API Gateway does not pass them on. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te']);
/** Content types that reach a function as text; all others come in base64. */
const TEXT = /^(text\/|application\/(json|xml|javascript)\b|application\/[^;]+\+(json|xml)\b)/;

/** The event of payload format 2.0. */
export function makeEvent(request: IncomingMessage, options: EventOptions): object {
  const { apiId, stage, routeKey, parameters, path, query, body } = options;
  const { headers, cookies } = headersOf(request);
  const queryParameters = queryOf(query);
  const now = new Date();
  const isBase64Encoded = body.length > 0 && !isText(body, headers);
  return {
    version: '2.0',
    routeKey,
    rawPath: decode(path),
    rawQueryString: query,
    ...(cookies && { cookies }),
    headers,
    ...(queryParameters && { queryStringParameters: queryParameters }),
    requestContext: {
      accountId: ACCOUNT,
      apiId,
      domainName: headers.host ?? '',
      domainPrefix: apiId,
      http: {
        method: request.method,
        path: decode(path),
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: addressOf(request),
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomBytes(11).toString('base64url'),
      routeKey,
      stage,
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(parameters && { pathParameters: parameters }),
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
}

/** Lower-case names, repeated headers joined by a comma, cookies apart; API Gateway's own headers added. */
function headersOf(request: IncomingMessage): {
  headers: Record<string, string>;
  cookies: string[] | undefined;
} {
  const headers: Record<string, string> = {};
  let cookies: string[] | undefined;
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    const value = rawHeaders[at + 1]!;
    if (name === 'cookie') cookies = [...(cookies ?? []), ...value.split(/;\s*/)];
    else if (!HOP_BY_HOP.has(name)) {
      const before = headers[name];
      headers[name] = before === undefined ? value : `${before},${value}`;
    }
  }
  const address = addressOf(request);
  const forwarded = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = forwarded === undefined ? address : `${forwarded}, ${address}`;
  headers['x-forwarded-port'] = String(request.socket.localPort ?? '');
  headers['x-forwarded-proto'] = 'http';
  return { headers, cookies };
}

function queryOf(query: string): Record<string, string> | undefined {
  if (query === '') return undefined;
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query))
    parameters[name] = name in parameters ? `${parameters[name]},${value}` : value;
  return parameters;
}

/** Bytes that are no UTF-8 would be spoilt as text, so they go in base64 whatever the type says. */
function isText(body: Buffer, headers: Readonly<Record<string, string>>): boolean {
  const type = headers['content-type'];
  if (headers['content-encoding'] !== undefined) return false;
  return (type === undefined || TEXT.test(type.toLowerCase())) && isUtf8(body);
}

function addressOf(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** As 21/Nov/2026:19:48:27 +0000. */
function commonLogTime(time: Date): string {
  const iso = time.toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[time.getUTCMonth()]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
