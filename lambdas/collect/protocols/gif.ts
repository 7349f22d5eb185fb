import type { HttpResponse } from '../../runtime/http.ts';
import type { HttpError } from '../../runtime/http-error.ts';

/** A GIF of one transparent pixel, 43 bytes in base64. */
const PIXEL = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';

/** The answer of a pixel: an image that no cache keeps, so that each time it is shown it is asked for. */
export function gifResponse(): HttpResponse {
  return {
    statusCode: 200,
    headers: {
      'content-type': 'image/gif',
      'cache-control': 'no-store, no-cache, must-revalidate, max-age=0, private',
    },
    body: PIXEL,
    isBase64Encoded: true,
  };
}

/**
 * The answer of a pixel whose call was not taken: the image all the same. Where the call is stored nowhere though its key is known, by
 * status 429 or 503, so that the loss stands in the access log and in the API's metrics; browsers show an image of any status.
 */
export function gifOfError({ status, headers }: HttpError): HttpResponse {
  const gif = gifResponse();
  if (status !== 429 && status < 500) return gif;
  return { ...gif, statusCode: status, headers: { ...gif.headers, ...headers } };
}
