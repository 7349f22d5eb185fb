import type { HttpRequest } from '../../runtime/http.ts';

/** What a request's headers say of the visitor, beside what events are enriched with. */
export interface VisitorSignals {
  /** Global Privacy Control: header Sec-GPC is 1. */
  readonly gpc: boolean;
  /** Do Not Track: header DNT is 1. */
  readonly dnt: boolean;
  /** Snowplow's server anonymisation: header SP-Anonymous is there. */
  readonly serverAnonymous: boolean;
  /** Whether a browser sends it: only then an id can come back in a cookie. */
  readonly isBrowser: boolean;
  /** Cookies as `name=value`. */
  readonly cookies: readonly string[];
}

/** Of a request that says nothing. */
export const NO_SIGNALS: VisitorSignals = {
  gpc: false,
  dnt: false,
  serverAnonymous: false,
  isBrowser: false,
  cookies: [],
};

/** Reads the signals of a request. */
export function signalsOf({
  headers,
  cookies = [],
}: Pick<HttpRequest, 'headers' | 'cookies'>): VisitorSignals {
  return {
    gpc: headers['sec-gpc']?.trim() === '1',
    dnt: headers.dnt?.trim() === '1',
    serverAnonymous: headers['sp-anonymous'] !== undefined,
    isBrowser:
      headers.origin !== undefined ||
      headers['sec-fetch-site'] !== undefined ||
      // Old browsers send an image's request without either.
      /^mozilla\//i.test(headers['user-agent'] ?? ''),
    cookies,
  };
}
