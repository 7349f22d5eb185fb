import type { HttpResponse } from '../../runtime/http.ts';
import type { VisitorAnswer } from './visits.ts';

/** Header in which the browser is told its id; CORS exposes it. */
export const VISITOR_HEADER = 'x-anonymous-id';

/** An answer with the visitor's cookie and id. */
export function withVisitor(response: HttpResponse, { cookies, id }: VisitorAnswer): HttpResponse {
  if (cookies.length === 0) return response;
  return {
    ...response,
    headers: {
      // Nobody else's browser may get this id.
      'cache-control': 'no-store',
      ...response.headers,
      ...(id !== undefined && { [VISITOR_HEADER]: id }),
    },
    cookies: [...(response.cookies ?? []), ...cookies],
  };
}
