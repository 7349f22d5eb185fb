import { parseConfig } from '../../../../core/config-schema.ts';
import type { VisitorsConfig } from '../../../../core/visitors.ts';
import { createCollector } from '../../../../lambdas/collect/collector.ts';
import { respond } from '../../../../lambdas/collect/respond.ts';
import { signalsOf } from '../../../../lambdas/collect/visitor/signals.ts';
import { HttpError } from '../../../../lambdas/runtime/http-error.ts';
import { basic, MemorySinks, RECEIVED_AT } from '../collector.ts';

/** Keys of the app `shop`, and of the app `blog`, whose visitors are as the defaults. */
export const KEYS = { page: 'wk_page_key', server: 'wk_server_key', blog: 'wk_blog_key' } as const;
/** The page that sends. */
export const ORIGIN = 'https://www.shop.example';
/** A browser of today. */
export const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

/** A request of a browser, or of who else. */
export interface Sent {
  readonly path?: string;
  readonly query?: string;
  /** A call, or a batch; GET where there is none. Text goes as it is. */
  readonly body?: unknown;
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  /** Whether it is a browser's. Default: true. */
  readonly isBrowser?: boolean;
}

/** Lets an app with these visitors take requests. */
export function shopWith(visitors: VisitorsConfig, blog: VisitorsConfig = {}, more: object = {}) {
  const app = (id: string, keys: object[], of: VisitorsConfig) => ({
    id,
    writeKeys: keys,
    readKeys: [],
    origins: [ORIGIN],
    visitors: of,
    ...more,
  });
  const collector = createCollector(
    parseConfig({
      apps: [
        app('shop', [{ key: KEYS.page }, { key: KEYS.server, kind: 'server' }], visitors),
        app('blog', [{ key: KEYS.blog }], blog),
      ],
    }),
  );
  return async ({ path = '/v1/track', query, body, key = KEYS.page, ...sent }: Sent) => {
    const sinks = new MemorySinks();
    const { isBrowser = true, cookies, headers = {} } = sent;
    const all: Record<string, string> = isBrowser
      ? { origin: ORIGIN, 'user-agent': USER_AGENT, ...headers }
      : { ...headers };
    const request = {
      method: body === undefined ? 'GET' : 'POST',
      path,
      query,
      ...(key !== null && { authorization: basic(key) }),
      origin: all.origin,
      userAgent: all['user-agent'],
      signals: signalsOf({ headers: all, ...(cookies && { cookies: [...cookies] }) }),
      body: typeof body === 'string' ? body : JSON.stringify(body),
      isBase64Encoded: false,
      receivedAt: RECEIVED_AT,
    };
    const stored = () => ({
      records: sinks.records(),
      lines: sinks.lines,
      letters: sinks.deadLetters,
      declined: sinks.declined,
      text: sinks.lines.map(({ json }) => json).join('\n') + JSON.stringify(sinks.deadLetters),
    });
    try {
      const answer = await respond(request, collector, sinks);
      const isJson = answer.headers?.['content-type'] === 'application/json';
      const json = isJson ? JSON.parse(answer.body ?? 'null') : undefined;
      return { ...stored(), status: answer.statusCode, answer, json };
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return { ...stored(), status: error.status, answer: undefined, json: error.toProblem() };
    }
  };
}
