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
    'access-control-expose-headers': 'retry-after, x-request-id',
  };
}

/** Headers that a preflight's answer has beside corsHeaders. */
export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, content-encoding, x-retry-count',
  'access-control-max-age': '86400',
};
