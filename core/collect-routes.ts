import type { EventType } from './event.ts';

/** Ways in which clients send events. Each is a module of lambdas/collect/protocols that reads calls of the Segment shape from it. */
export const PROTOCOLS = ['segment'] as const;
export type ProtocolName = (typeof PROTOCOLS)[number];

/** What a path takes: one call of a type, or a batch of calls of any. */
export type Takes = EventType | 'batch';

/** One path that takes events. */
export interface CollectRoute {
  readonly method: 'GET' | 'POST';
  /** Exact, without a slash at the end. */
  readonly path: string;
  readonly protocol: ProtocolName;
  readonly takes: Takes;
}

/** Segment's paths, and the one-letter ones of its browser and mobile clients. */
const SEGMENT: Readonly<Record<string, Takes>> = {
  track: 'track',
  page: 'page',
  screen: 'screen',
  identify: 'identify',
  group: 'group',
  alias: 'alias',
  batch: 'batch',
  import: 'batch',
  t: 'track',
  p: 'page',
  s: 'screen',
  i: 'identify',
  g: 'group',
  a: 'alias',
  b: 'batch',
};

/** Raw interactions: calls of our own, in Segment's shape. */
const INTERACTIONS: Readonly<Record<string, Takes>> = {
  click: 'click',
  'url-change': 'url_change',
  'element-time': 'element_time',
  'stage-change': 'stage_change',
};

/** All paths that take events: the API has a route for each, and the collect function reads each by its protocol. */
export function collectRoutes(): readonly CollectRoute[] {
  return Object.entries({ ...SEGMENT, ...INTERACTIONS }).map(([name, takes]) => ({
    method: 'POST',
    path: `/v1/${name}`,
    protocol: 'segment',
    takes,
  }));
}
