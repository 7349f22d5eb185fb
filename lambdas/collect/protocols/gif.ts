import type { HttpResponse } from '../../runtime/http.ts';

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
