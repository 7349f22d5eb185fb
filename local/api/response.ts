import { isRecord } from '../template/values.ts';

/** An HTTP response. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | string;
}

/** A response that API Gateway itself makes. */
export function gatewayResponse(status: number, message: string): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message }),
  };
}

/** A function's answer that is no response of payload format 2.0, or its error. */
export const INTERNAL_SERVER_ERROR: HttpResponse = gatewayResponse(500, 'Internal Server Error');

/**
 * The HTTP response of a function's answer, payload format 2.0: an object with a statusCode, or any other JSON value,
 * which is the body of a 200.
 */
export function toResponse(payload: string): HttpResponse {
  const answer: unknown = JSON.parse(payload);
  if (!isRecord(answer) || answer.statusCode === undefined)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: payload };
  const status = Number(answer.statusCode);
  const { body = '' } = answer;
  if (!Number.isInteger(status) || status < 200 || status > 599 || typeof body !== 'string')
    return INTERNAL_SERVER_ERROR;
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(isRecord(answer.headers) ? answer.headers : {}))
    headers[name.toLowerCase()] = String(value);
  if (Array.isArray(answer.cookies)) headers['set-cookie'] = answer.cookies.map(String);
  headers['content-type'] ??= 'text/plain;charset=UTF-8';
  // The length is the server's business: a wrong one would break the connection.
  delete headers['content-length'];
  return {
    status,
    headers,
    body: answer.isBase64Encoded === true ? Buffer.from(body, 'base64') : body,
  };
}
