import {
  type CollectPaths,
  type CollectRoute,
  collectRoutes,
  type ServiceRoute,
  serviceRoutes,
} from '../../core/collect-routes.ts';
import { NotFoundError } from '../runtime/http-error.ts';

/** A service that was asked for. */
export interface ServiceMatch {
  readonly route: ServiceRoute;
  /** The write key, of a path that has one in it. */
  readonly writeKey?: string;
}

/** Finds the route of a request. A slash at the end of its path does not matter. */
export class Routes {
  /** By method, then by path: making one key of both for each request would cost more than finding it. */
  readonly #routes: ReadonlyMap<string, ReadonlyMap<string, CollectRoute>>;
  readonly #services: readonly { readonly path: RegExp; readonly route: ServiceRoute }[];

  constructor(paths: CollectPaths) {
    this.#routes = new Map(
      [...Map.groupBy(collectRoutes(paths), ({ method }) => method)].map(([method, routes]) => [
        method,
        new Map(routes.map((route) => [route.path, route])),
      ]),
    );
    this.#services = serviceRoutes(paths).map((route) => ({ path: patternOf(route.path), route }));
  }

  /** The route of a path that takes events; undefined where nothing is collected there. */
  find(method: string, path: string): CollectRoute | undefined {
    return this.#routes.get(method)?.get(withoutSlash(path));
  }

  /**
   * The route of a path that takes events.
   * @throws NotFoundError where nothing is collected there.
   */
  of(method: string, path: string): CollectRoute {
    const route = this.find(method, path);
    if (route === undefined) throw unknownPath(method, path);
    return route;
  }

  /**
   * The service that stands at a path which takes no events.
   * @throws NotFoundError where none does.
   */
  serviceOf(method: string, path: string): ServiceMatch {
    for (const { path: pattern, route } of this.#services) {
      if (route.method !== method) continue;
      const match = pattern.exec(withoutSlash(path));
      if (match) return { route, writeKey: match.groups?.writeKey };
    }
    throw unknownPath(method, path);
  }
}

function unknownPath(method: string, path: string): NotFoundError {
  const asked = `${method} ${path.slice(0, 200)}`;
  return new NotFoundError('unknown_path', `nothing is collected at ${asked}`);
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace('.', '\\.').replace('{writeKey}', '(?<writeKey>[^/]+)')}$`);
}
