import { type HttpResponse, jsonResponse } from '../../runtime/http.ts';
import { BadRequestError } from '../../runtime/http-error.ts';
import { headerKey, missingKey } from '../authenticate.ts';
import { decodeBody } from '../decode.ts';
import { splitRequest } from '../split.ts';
import { withoutMerges } from './merge.ts';
import type { Protocol } from './protocol.ts';
import { parameterOf } from './query.ts';

/**
 * Segment's HTTP tracking API, one call a request or a batch, and what RudderStack has beside it: the merge call, and the key in
 * the query where a beacon cannot have headers.
 */
export const segment: Protocol = {
  keyOf: ({ authorization, query }) => headerKey(authorization) ?? parameterOf(query, 'writeKey'),
  senderOf: (key, keys) => {
    if (key === undefined) throw missingKey();
    return keys.senderOf(key);
  },
  textOf: decodeBody,
  split: (takes, text, body, { newId }) =>
    withoutMerges(takes, splitRequest(takes, text, body), newId),
  wrap: (takes, call, { sentAt, context }) => {
    if (takes !== 'batch') return call;
    const shared = JSON.stringify({ sentAt, context });
    return `{"batch":[${call}]${shared === '{}' ? '}' : `,${shared.slice(1)}`}`;
  },
  answer: ({ accepted, refused, declined, visitor }) => {
    if (refused.length === 0 && declined === 0 && visitor.id === undefined) {
      return allAccepted(accepted);
    }
    const [first] = refused;
    if (accepted > 0 || declined > 0 || first === undefined) {
      return jsonResponse(200, {
        success: true,
        accepted,
        refused,
        declined: declined || undefined,
        anonymous_id: visitor.id,
      });
    }
    const others = refused.length > 1 ? ` (and ${refused.length - 1} more events)` : '';
    throw new BadRequestError(first.code, `${first.message}${others}`, { extensions: { refused } });
  },
  answerError: () => undefined,
};

/** The answer of nearly all requests, hence written out. */
function allAccepted(accepted: number): HttpResponse {
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: `{"success":true,"accepted":${accepted},"refused":[]}`,
  };
}
