/** A route of an HTTP API with what it leads to. */
export interface Route<T> {
  /** `POST /v1/track`, `ANY /{proxy+}` or `$default`. */
  readonly key: string;
  readonly target: T;
}

/** The route that a request takes. */
export interface RouteMatch<T> {
  readonly route: Route<T>;
  readonly parameters: Readonly<Record<string, string>> | undefined;
}

interface CompiledRoute<T> {
  readonly route: Route<T>;
  readonly method: string;
  readonly segments: readonly string[];
  /** Sorts before others the more of its path is fixed. */
  readonly rank: string;
}

/**
 * Routes of an HTTP API. As on API Gateway the most specific route wins: fixed before {name} before {name+}, a method
 * before ANY, `$default` last.
 */
export class Routes<T> {
  /** Routes without parameters by method and path: the usual case, without a search. */
  readonly #fixed = new Map<string, RouteMatch<T>>();
  readonly #compiled: readonly CompiledRoute<T>[];
  readonly #fallback: RouteMatch<T> | undefined;

  constructor(routes: readonly Route<T>[]) {
    const compiled: CompiledRoute<T>[] = [];
    let fallback: RouteMatch<T> | undefined;
    for (const route of routes) {
      if (route.key === '$default') {
        fallback = { route, parameters: undefined };
        continue;
      }
      const one = compile(route);
      compiled.push(one);
      if (!route.key.includes('{')) this.#fixed.set(route.key, { route, parameters: undefined });
    }
    this.#compiled = compiled.sort((left, right) => (left.rank < right.rank ? -1 : 1));
    this.#fallback = fallback;
  }

  /** The route of a method and a path (still percent-encoded), or undefined. */
  match(method: string, path: string): RouteMatch<T> | undefined {
    const fixed = this.#fixed.get(`${method} ${path}`);
    if (fixed) return fixed;
    const segments = path.split('/').slice(1);
    for (const candidate of this.#compiled) {
      if (candidate.method !== 'ANY' && candidate.method !== method) continue;
      const parameters = parametersOf(candidate.segments, segments);
      if (parameters)
        return {
          route: candidate.route,
          parameters: Object.keys(parameters).length > 0 ? parameters : undefined,
        };
    }
    return this.#fallback;
  }
}

/** Percent-decoded text; what is no valid encoding stays as it is. */
export function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function compile<T>(route: Route<T>): CompiledRoute<T> {
  const found = /^([A-Z]+) (\/.*)$/.exec(route.key);
  if (!found)
    throw new Error(`route key must be $default or METHOD /path, got ${JSON.stringify(route.key)}`);
  const [, method, path] = found;
  const segments = path!.split('/').slice(1);
  const ranks = segments.map((segment) =>
    segment.endsWith('+}') ? '2' : segment.startsWith('{') ? '1' : '0',
  );
  return {
    route,
    method: method!,
    segments,
    rank: `${ranks.join('')}~${method === 'ANY' ? 1 : 0}`,
  };
}

function parametersOf(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    if (wanted.startsWith('{') && wanted.endsWith('+}')) {
      // Nothing but a slash is a child, too, of any path but the root.
      if (segments.length <= index || (index === 0 && segments[index] === '')) return undefined;
      parameters[wanted.slice(1, -2)] = segments.slice(index).map(decode).join('/');
      return parameters;
    }
    const segment = segments[index];
    if (segment === undefined) return undefined;
    if (wanted.startsWith('{') && wanted.endsWith('}')) {
      if (segment === '') return undefined;
      parameters[wanted.slice(1, -1)] = decode(segment);
    } else if (wanted !== segment) return undefined;
  }
  return segments.length === pattern.length ? parameters : undefined;
}
