import { parseConfig } from '../../../core/config-schema.ts';
import type { DeadLetter } from '../../../core/event.ts';
import { collect } from '../../../lambdas/collect/collect.ts';
import { createCollector } from '../../../lambdas/collect/collector.ts';
import type { Line } from '../../../lambdas/collect/map.ts';
import type { CollectRequest } from '../../../lambdas/collect/request.ts';
import type { SchemaRegistry } from '../../../lambdas/collect/schema.ts';
import type { Sinks } from '../../../lambdas/collect/sinks.ts';
import { HttpError } from '../../../lambdas/runtime/http-error.ts';

/** When the requests of the tests arrive: 2026-11-21T18:00:30Z. */
export const RECEIVED_AT = Date.UTC(2026, 10, 21, 18, 0, 30);

/** Keys of the tests' apps. */
export const KEYS = {
  shop: 'wk_shop_public',
  shopServer: 'wk_shop_server',
  strict: 'wk_strict_public',
  pages: 'wk_pages_public',
} as const;

/** Three apps: one that takes all, one that takes known events only, one that names its origins. */
export const CONFIG = parseConfig({
  apps: [
    {
      id: 'shop',
      writeKeys: [{ key: KEYS.shop }, { key: KEYS.shopServer, kind: 'server' }],
      readKeys: [],
    },
    { id: 'strict', writeKeys: [{ key: KEYS.strict }], readKeys: [], unknownEvents: 'refuse' },
    {
      id: 'pages',
      writeKeys: [{ key: KEYS.pages }],
      readKeys: [],
      origins: ['https://shop.example'],
    },
  ],
});

/** Keeps what it is given, as text. */
export class MemorySinks implements Sinks {
  readonly lines: Line[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly declined: string[] = [];

  async store(
    lines: readonly Line[],
    deadLetters: readonly DeadLetter[],
    declined: readonly string[] = [],
  ): Promise<void> {
    this.lines.push(...lines);
    this.deadLetters.push(...deadLetters);
    this.declined.push(...declined);
  }

  /** The stored records, parsed. */
  records(): Record<string, unknown>[] {
    return this.lines.map(({ json }) => JSON.parse(json));
  }
}

/** Basic credentials of a write key. */
export function basic(key: string): string {
  return `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
}

/** Sends a request: body as text or as what JSON.stringify makes of it. Gives the answer or the error, and what was stored. */
export async function send(
  path: string,
  body: unknown,
  more: Partial<CollectRequest> = {},
  schemas?: SchemaRegistry,
) {
  const sinks = new MemorySinks();
  const request: CollectRequest = {
    method: 'POST',
    path,
    authorization: basic(KEYS.shop),
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
    receivedAt: RECEIVED_AT,
    ...more,
  };
  const standard = createCollector(CONFIG);
  const collector = schemas === undefined ? standard : { ...standard, schemas };
  try {
    const route = collector.routes.of(request.method, request.path);
    const answer = await collect(request, route, collector, sinks);
    return { answer, sinks, records: sinks.records() };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { error, sinks, records: sinks.records() };
  }
}

/** The one record of a request that must have made exactly one. */
export async function recordOf(path: string, body: unknown, more: Partial<CollectRequest> = {}) {
  const { answer, records, sinks } = await send(path, body, more);
  expect({ answer, letters: sinks.deadLetters.map(({ message }) => message) }).toMatchObject({
    answer: { accepted: 1, refused: [], declined: 0 },
    letters: [],
  });
  return records[0] ?? {};
}
