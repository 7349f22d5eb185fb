import type { HttpResponse } from '../../../runtime/http.ts';
import { HttpError } from '../../../runtime/http-error.ts';
import { decodeBody } from '../../decode.ts';
import { MAX_REQUEST_BYTES } from '../../limits.ts';
import type { CollectRequest } from '../../request.ts';
import { gifResponse } from '../gif.ts';
import type { Protocol } from '../protocol.ts';
import { parameterOf, parametersOf, textOfQuery } from '../query.ts';
import { payloadOf, splitPayload } from './payload.ts';

/** Statuses of errors that trackers answer by sending again, for ever: what is wrong with the request stays wrong. */
const RETRIED_STATUSES: readonly number[] = [404, 405, 413, 415];

/** Snowplow's tracker protocol, POST: a payload of events, each a flat object of strings. Parameters of the query are of all of them. */
export const snowplow: Protocol = {
  keyOf: (request) => parameterOf(request.query, 'aid') ?? keyOfLargeBody(request),
  senderOf: (key, keys) => keys.senderOfAppId(key),
  textOf: decodeBody,
  split: (_takes, text, body, facts) => {
    const { query } = facts.request;
    return splitPayload(
      text,
      body,
      facts,
      query ? Object.fromEntries(parametersOf(query)) : undefined,
    );
  },
  // Snowplow's collector makes an id for each request that has none and brings no cookie.
  namesNobody: 'newcomer',
  wrap: (_takes, call) => payloadOf([call]),
  answer: () => OK,
  answerError: (error) => errorAnswer(error, OK),
};

/** Snowplow's tracker protocol, GET: one event, its pairs are the query; the answer is a pixel. */
export const snowplowPixel: Protocol = {
  ...snowplow,
  keyOf: ({ query }) => parameterOf(query, 'aid') ?? '',
  textOf: ({ query }) =>
    textOfQuery(payloadOf([JSON.stringify(Object.fromEntries(parametersOf(query)))])),
  split: (_takes, text, body, facts) => splitPayload(text, body, facts),
  answer: gifResponse,
  answerError: (error) => errorAnswer(error, gifResponse()),
};

const OK: HttpResponse = {
  statusCode: 200,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'ok',
};

/**
 * Old trackers send again whatever is answered with an error, and all that waits behind it stays there: what is kept as dead letters is
 * taken.
 */
function errorAnswer(error: HttpError, taken: HttpResponse): HttpResponse | undefined {
  if (error.isKept) return taken;
  if (!RETRIED_STATUSES.includes(error.status)) return undefined;
  throw new HttpError(400, error.code, error.message, { cause: error });
}

/** The app id of a body that is too large to be read, so that its dead letter finds its app; of others their events name it. */
function keyOfLargeBody({ body = '', isBase64Encoded }: CollectRequest): string | undefined {
  if (isBase64Encoded || body.length * 3 <= MAX_REQUEST_BYTES) return undefined;
  if (Buffer.byteLength(body) <= MAX_REQUEST_BYTES) return undefined;
  return /"aid"\s*:\s*"([^"\\]{1,255})"/.exec(body)?.[1];
}
