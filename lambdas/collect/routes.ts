import { type CollectRoute, collectRoutes } from '../../core/collect-routes.ts';
import { NotFoundError } from '../runtime/http-error.ts';

/** Finds the route of a request. */
export class Routes {
  readonly #routes: ReadonlyMap<string, CollectRoute>;

  constructor() {
    this.#routes = new Map(
      collectRoutes().map((route) => [keyOf(route.method, route.path), route]),
    );
  }

  /**
   * The route of a path; a slash at its end does not matter.
   * @throws NotFoundError where nothing is collected there.
   */
  of(method: string, path: string): CollectRoute {
    const route = this.#routes.get(keyOf(method, path.endsWith('/') ? path.slice(0, -1) : path));
    if (route === undefined) {
      const asked = `${method} ${path.slice(0, 200)}`;
      throw new NotFoundError('unknown_path', `nothing is collected at ${asked}`);
    }
    return route;
  }
}

function keyOf(method: string, path: string): string {
  return `${method} ${path}`;
}
