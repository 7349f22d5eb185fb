import { headerKey } from '../authenticate.ts';
import { gifOfError, gifResponse } from './gif.ts';
import type { Protocol } from './protocol.ts';
import { decodeBase64, nestedParameters, parameterOf, parametersOf, textOfQuery } from './query.ts';
import { segment } from './segment.ts';

/**
 * Segment's and RudderStack's pixels: a call in the query of an image's address, as `data=<base64 of its JSON>` or as
 * parameters with dots in their names. The answer is always the image.
 */
export const segmentPixel: Protocol = {
  keyOf: ({ authorization, query }) => headerKey(authorization) ?? parameterOf(query, 'writeKey'),
  senderOf: segment.senderOf,
  textOf: ({ query }) => {
    const parameters = parametersOf(query);
    const data = parameters.get('data');
    if (data) return textOfQuery(decodeBase64(data));
    const { anonymousId, ...call } = nestedParameters(parameters);
    // AMP pages send it in quotes.
    const id =
      typeof anonymousId === 'string' ? anonymousId.replace(/^"(.*)"$/s, '$1') : anonymousId;
    return textOfQuery(JSON.stringify({ ...call, anonymousId: id }));
  },
  split: segment.split,
  wrap: segment.wrap,
  answer: gifResponse,
  answerError: gifOfError,
};
