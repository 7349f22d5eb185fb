import type { EventType } from './event.ts';

/** Ways in which clients send events. Each is a module of lambdas/collect/protocols that reads calls of the Segment shape from it. */
export const PROTOCOLS = [
  'segment',
  'segment-pixel',
  'pixel',
  'snowplow',
  'snowplow-pixel',
  'iglu',
  'iglu-pixel',
  'webhook',
] as const;
export type ProtocolName = (typeof PROTOCOLS)[number];

/** What a path takes: one call of a type, or a batch of calls of any. */
export type Takes = EventType | 'batch';

/** One path that takes events. A path that takes them by GET answers HEAD too, and takes nothing then. */
export interface CollectRoute {
  readonly method: 'GET' | 'POST';
  /** Exact, without a slash at the end. */
  readonly path: string;
  readonly protocol: ProtocolName;
  readonly takes: Takes;
}

/** What clients ask beside sending events. */
export type ServiceName =
  | 'segment-settings'
  | 'rudderstack-settings'
  | 'telemetry'
  | 'health'
  | 'robots';

/** One path that answers clients and takes no events. */
export interface ServiceRoute {
  readonly method: 'GET' | 'POST';
  /** Without a slash at the end; a segment in braces stands for any. */
  readonly path: string;
  readonly service: ServiceName;
}

/** A route of the HTTP API that leads to the collect function. */
export interface ApiRoute {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS';
  readonly path: string;
}

/** Paths under which the routes stand: `Config['collection']` has them. */
export interface CollectPaths {
  /** Each `/` or a path without a slash at its end. */
  readonly basePaths: readonly string[];
  /** Under each of them, beside the one that Snowplow trackers know. */
  readonly snowplowPostPaths: readonly string[];
}

/** Segment's calls, and the one-letter ones of its browser and mobile clients. `import` and `merge` are RudderStack's. */
const SEGMENT: Readonly<Record<string, Takes>> = {
  track: 'track',
  page: 'page',
  screen: 'screen',
  identify: 'identify',
  group: 'group',
  alias: 'alias',
  merge: 'alias',
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

/** Where Snowplow trackers send to; by GET the oldest ones, and who was told a vendor's path, ask the long ones. */
const SNOWPLOW_POST = '/com.snowplowanalytics.snowplow/tp2';
const SNOWPLOW_GET = ['/i', '/ice.png', SNOWPLOW_POST, '/com.snowplowanalytics.snowplow/tp1'];
/** Where other systems' webhooks reach a Snowplow collector with a schema of Iglu. */
const IGLU_WEBHOOK = '/com.snowplowanalytics.iglu/v1';

/** Raw interactions: calls of our own, in Segment's shape. */
const INTERACTIONS: Readonly<Record<string, Takes>> = {
  click: 'click',
  'url-change': 'url_change',
  'element-time': 'element_time',
  'stage-change': 'stage_change',
};

/** All paths that take events: the API has a route for each, and the collect function reads each by its protocol. */
export function collectRoutes({
  basePaths,
  snowplowPostPaths,
}: CollectPaths): readonly CollectRoute[] {
  return basePaths.flatMap((base) => {
    const root = rootOf(base);
    const post = (
      path: string,
      takes: Takes,
      protocol: ProtocolName = 'segment',
    ): CollectRoute => ({
      method: 'POST',
      path,
      protocol,
      takes,
    });
    const get = (path: string, protocol: ProtocolName, takes: Takes): CollectRoute => ({
      method: 'GET',
      path,
      protocol,
      takes,
    });
    return [
      ...segmentRoots(base).flatMap((segment) => [
        ...Object.entries({ ...SEGMENT, ...INTERACTIONS }).map(([name, takes]) =>
          post(`${segment}/${name}`, takes),
        ),
        ...(['track', 'page', 'screen', 'identify', 'group', 'alias'] as const).map((call) =>
          get(`${segment}/pixel/${call}`, 'segment-pixel', call),
        ),
        get(`${segment}/x`, 'pixel', 'batch'),
        post(`${segment}/webhook`, 'track', 'webhook'),
        get(`${segment}/webhook`, 'webhook', 'track'),
      ]),
      post(`${root}/beacon/v1/batch`, 'batch'),
      ...(['track', 'page'] as const).map((call) =>
        get(`${root}/pixel/v1/${call}`, 'segment-pixel', call),
      ),
      ...new Set([SNOWPLOW_POST, ...snowplowPostPaths])
        .values()
        .map((path) => post(`${root}${path}`, 'batch', 'snowplow')),
      ...SNOWPLOW_GET.map((path) => get(`${root}${path}`, 'snowplow-pixel', 'batch')),
      post(`${root}${IGLU_WEBHOOK}`, 'batch', 'iglu'),
      get(`${root}${IGLU_WEBHOOK}`, 'iglu-pixel', 'batch'),
    ];
  });
}

/** All paths that answer clients and take no events. */
export function serviceRoutes({ basePaths }: CollectPaths): readonly ServiceRoute[] {
  return [
    { method: 'GET', path: '/health', service: 'health' },
    { method: 'GET', path: '/robots.txt', service: 'robots' },
    ...basePaths.flatMap((base): ServiceRoute[] => [
      ...segmentRoots(base).flatMap((segment): ServiceRoute[] => [
        { method: 'POST', path: `${segment}/m`, service: 'telemetry' },
        {
          method: 'GET',
          path: `${segment}/projects/{writeKey}/settings`,
          service: 'segment-settings',
        },
      ]),
      { method: 'GET', path: `${rootOf(base)}/sourceConfig`, service: 'rudderstack-settings' },
    ]),
  ];
}

/**
 * The routes of the HTTP API that lead to the collect function, with those of preflights. A base path has routes for all that
 * stands under it: an API has room for 300. A path that clients ask with a slash at its end has a greedy route beside its own:
 * API Gateway tells the two apart, and takes no route that ends in a slash.
 */
export function apiRoutes(paths: CollectPaths): readonly ApiRoute[] {
  const exact = { ...paths, basePaths: paths.basePaths.filter((base) => base === '/') };
  const routes = [...collectRoutes(exact), ...serviceRoutes(exact)];
  const all = paths.basePaths
    .filter((base) => base !== '/')
    .flatMap((base): ApiRoute[] => [
      { method: 'GET', path: `${base}/{proxy+}` },
      { method: 'POST', path: `${base}/{proxy+}` },
    ]);
  const slashed = routes
    .filter((route) => 'service' in route && route.service === 'rudderstack-settings')
    .map(({ method, path }): ApiRoute => ({ method, path: `${path}/{proxy+}` }));
  return [...Map.groupBy([...routes, ...slashed, ...all] as const, ({ path }) => path)].flatMap(
    ([path, same]) => {
      const methods = new Set<ApiRoute['method']>(same.map(({ method }) => method));
      if (methods.has('GET')) methods.add('HEAD');
      methods.add('OPTIONS');
      return [...methods].map((method): ApiRoute => ({ method, path }));
    },
  );
}

/**
 * What stands for Segment's /v1: under a base path that itself, since Segment's browser client puts one letter behind the host
 * it is given, and its /v1 too, since RudderStack's puts /v1 there.
 */
function segmentRoots(base: string): readonly string[] {
  return base === '/' ? ['/v1'] : [base, `${base}/v1`];
}

function rootOf(base: string): string {
  return base === '/' ? '' : base;
}
