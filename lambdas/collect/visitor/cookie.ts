import type { VisitorCookie } from '../../../core/visitors.ts';

/** A UUID as this server and others make it. Nothing else of a cookie is ever stored: anybody can write one. */
const ID = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const DAY_SECONDS = 86_400;

/** What a request's cookies hold of one name. */
export interface FoundCookie {
  /** Whether there is one, whatever it holds. */
  readonly isThere: boolean;
  /** The first that is an id. */
  readonly id?: string;
}

/** Finds a cookie. @param cookies `name=value` each. */
export function findCookie(cookies: readonly string[], name: string): FoundCookie {
  const start = `${name}=`;
  // One element for each cookie, as API Gateway makes them; HTTP/2 lets a browser send several headers, which may be joined.
  const values = cookies
    .flatMap((text) => text.split(/[;,]\s*/))
    .filter((cookie) => cookie.startsWith(start))
    .map((cookie) => cookie.slice(start.length).trim().toLowerCase());
  return { isThere: values.length > 0, id: values.find((value) => ID.test(value)) };
}

/** The Set-Cookie that gives a browser its id, or keeps it for another maxAgeDays. */
export function settingCookie(cookie: VisitorCookie, id: string): string {
  return cookieText(cookie, id, cookie.maxAgeDays * DAY_SECONDS);
}

/** The Set-Cookie that takes the id away. */
export function endingCookie(cookie: VisitorCookie): string {
  return cookieText(cookie, '', 0);
}

function cookieText(cookie: VisitorCookie, value: string, maxAge: number): string {
  const { name, domain, path, sameSite, secure, httpOnly } = cookie;
  return [
    `${name}=${value}`,
    `Max-Age=${maxAge}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    `Path=${path}`,
    `SameSite=${sameSite}`,
    ...(secure ? ['Secure'] : []),
    ...(httpOnly ? ['HttpOnly'] : []),
  ].join('; ');
}
