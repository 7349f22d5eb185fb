import type { WriteKeys } from './authenticate.ts';

/**
 * CORS headers of every answer, errors too: a browser that may not read an error takes it for a network failure and sends
 * again for hours. The origin is echoed where any app takes events from it; which app it is, the key says later.
 */
export function corsHeaders(origin: string | undefined, keys: WriteKeys): Record<string, string> {
  if (origin === undefined || !keys.allowsOrigin(origin)) return { vary: 'origin' };
  return {
    vary: 'origin',
    'access-control-allow-origin': origin,
    // Cookies come along where the client wants it: Snowplow's does.
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after, x-request-id, x-anonymous-id',
  };
}

/** Headers that clients are known to send. */
const KNOWN_HEADERS =
  'authorization, content-type, content-encoding, x-retry-count, anonymousid, sentat, sp-anonymous';

/**
 * Headers that a preflight's answer has beside corsHeaders. Any header may come, since a page can tell its client to send more:
 * what is not known is not read.
 * @param asked Header access-control-request-headers.
 */
export function preflightHeaders(asked: string | undefined): Record<string, string> {
  const names = /^[\w\-, ]{1,2000}$/.test(asked ?? '') ? asked : undefined;
  return {
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': names ?? KNOWN_HEADERS,
    'access-control-max-age': '86400',
  };
}
