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
  readonly #routes: ReadonlyMap<string, CollectRoute>;
  readonly #services: readonly { readonly path: RegExp; readonly route: ServiceRoute }[];

  constructor(paths: CollectPaths) {
    this.#routes = new Map(
      collectRoutes(paths).map((route) => [keyOf(route.method, route.path), route]),
    );
    this.#services = serviceRoutes(paths).map((route) => ({ path: patternOf(route.path), route }));
  }

  /** The route of a path that takes events; undefined where nothing is collected there. */
  find(method: string, path: string): CollectRoute | undefined {
    return this.#routes.get(keyOf(method, withoutSlash(path)));
  }

  /**
   * The route of a path that takes events.
   * @throws NotFoundError where nothing is collected there.
   */
  of(method: string, path: string): CollectRoute {
    const route = this.find(method, path);
    if (route === undefined) {
      const asked = `${method} ${path.slice(0, 200)}`;
      throw new NotFoundError('unknown_path', `nothing is collected at ${asked}`);
    }
    return route;
  }

  /** The service that stands at a path; undefined where none does. */
  serviceOf(method: string, path: string): ServiceMatch | undefined {
    for (const { path: pattern, route } of this.#services) {
      if (route.method !== method) continue;
      const match = pattern.exec(withoutSlash(path));
      if (match) return { route, writeKey: match.groups?.writeKey };
    }
    return undefined;
  }
}

function keyOf(method: string, path: string): string {
  return `${method} ${path}`;
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace('.', '\\.').replace('{writeKey}', '(?<writeKey>[^/]+)')}$`);
}
