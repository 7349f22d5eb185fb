import type { EventType } from '../../core/event.ts';

/** What a path takes: one call of a type, or a batch of calls. */
export type Route = EventType | 'batch';

/** Segment's paths, and the one-letter ones of its browser and mobile clients. */
const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/v1/track', 'track'],
  ['/v1/page', 'page'],
  ['/v1/screen', 'screen'],
  ['/v1/identify', 'identify'],
  ['/v1/group', 'group'],
  ['/v1/alias', 'alias'],
  ['/v1/batch', 'batch'],
  ['/v1/import', 'batch'],
  ['/v1/t', 'track'],
  ['/v1/p', 'page'],
  ['/v1/s', 'screen'],
  ['/v1/i', 'identify'],
  ['/v1/g', 'group'],
  ['/v1/a', 'alias'],
  ['/v1/b', 'batch'],
]);

/** The route of a path; a trailing slash does not matter. */
export function routeOf(path: string): Route | undefined {
  return ROUTES.get(path.endsWith('/') ? path.slice(0, -1) : path);
}
