import type { IncomingMessage } from 'node:http';
import { list } from '../template/values.ts';
import type { HttpResponse } from './response.ts';

/** CorsConfiguration of an AWS::ApiGatewayV2::Api. */
export type Cors = Readonly<Record<string, unknown>>;

/** Whether a request is a browser's question before the request that it wants to send. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** API Gateway's own answer to a preflight request. */
export function preflight(cors: Cors, request: IncomingMessage): HttpResponse {
  return withCors({ status: 204, headers: {}, body: '' }, cors, request);
}

/** A function's response with the CORS headers of the API, which replace the function's own. */
export function withCors(
  response: HttpResponse,
  cors: Cors,
  { headers: { origin }, method }: IncomingMessage,
): HttpResponse {
  const headers = Object.fromEntries(
    Object.entries(response.headers).filter(([name]) => !name.startsWith('access-control-')),
  );
  const origins = list(cors.AllowOrigins, 'AllowOrigins').map(String);
  if (origin === undefined || !(origins.includes('*') || origins.includes(origin)))
    return { ...response, headers };
  headers['access-control-allow-origin'] = origins.includes('*') ? '*' : origin;
  if (cors.AllowCredentials === true) headers['access-control-allow-credentials'] = 'true';
  if (method === 'OPTIONS') {
    headers['access-control-allow-methods'] = list(cors.AllowMethods, 'AllowMethods').join(',');
    headers['access-control-allow-headers'] = list(cors.AllowHeaders, 'AllowHeaders').join(',');
    if (cors.MaxAge !== undefined) headers['access-control-max-age'] = String(cors.MaxAge);
  }
  if (cors.ExposeHeaders !== undefined)
    headers['access-control-expose-headers'] = list(cors.ExposeHeaders, 'ExposeHeaders').join(',');
  return { ...response, headers };
}
