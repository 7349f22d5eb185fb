import { type CollectRoute, collectRoutes } from '../../../core/collect-routes.ts';
import { createCollector } from '../../../lambdas/collect/collector.ts';
import type { CollectRequest } from '../../../lambdas/collect/request.ts';
import { respond } from '../../../lambdas/collect/respond.ts';
import { HttpError } from '../../../lambdas/runtime/http-error.ts';
import { JSON_FILES, JSON_TRAPS, NAUGHTY_STRINGS } from '../../bad-input.ts';
import { basic, CONFIG, KEYS, MemorySinks, RECEIVED_AT } from './collector.ts';

const collector = createCollector(CONFIG);
const ALL_ROUTES = collectRoutes({ basePaths: ['/'], snowplowPostPaths: [] });
/** One route of each kind: others of its protocol that take the same are read by the same code. */
const ROUTES = [
  ...new Map(
    ALL_ROUTES.map((route) => [`${route.method} ${route.protocol} ${route.takes}`, route]),
  ).values(),
];
const TEXTS = [...JSON_FILES, ...JSON_TRAPS].map(({ bytes }) => bytes);

/** Sends a request to a route. Gives its status and what was kept. */
async function sendTo(route: CollectRoute, more: Partial<CollectRequest>) {
  const sinks = new MemorySinks();
  const request = {
    method: route.method,
    path: route.path,
    authorization: basic(KEYS.shop),
    isBase64Encoded: false,
    receivedAt: RECEIVED_AT,
    ...more,
  };
  const status = await respond(request, collector, sinks).then(
    ({ statusCode }) => statusCode,
    (error: unknown) => {
      if (error instanceof HttpError) return error.status;
      throw error;
    },
  );
  return {
    status,
    kept: [
      ...sinks.lines.map(({ json }) => json),
      ...sinks.deadLetters.map((letter) => JSON.stringify(letter)),
    ],
  };
}

/** What is wrong with an outcome: a server's error, nothing kept, or what no reader of the lake can take. */
function faultsOf({ status, kept }: Awaited<ReturnType<typeof sendTo>>): string[] {
  return [
    ...(status >= 500 || status < 200 ? [`status ${status}`] : []),
    ...(status < 400 && kept.length === 0 ? ['nothing is kept'] : []),
    ...kept.filter((text) => !isReadable(text)).map((text) => `unreadable: ${text}`),
  ];
}

/** Whether all texts in a JSON text are ones that a column can hold, and JSON in them too. */
function isReadable(json: string): boolean {
  let readable = json.isWellFormed();
  JSON.parse(json, (key, value: unknown) => {
    for (const text of [key, value]) {
      if (typeof text === 'string') readable &&= text.isWellFormed() && !text.includes('\0');
    }
    const isJson = key === 'properties' || key === 'traits';
    if (isJson && typeof value === 'string') readable &&= isReadable(value);
    return value;
  });
  return readable;
}

const named = (routes: readonly CollectRoute[]) =>
  routes.map((route) => [`${route.method} ${route.path}`, route] as const);

test.each(named(ROUTES))(
  '%s answers any body without an error of its own, and keeps what it takes',
  async (_, route) => {
    // Without one a webhook by GET is a question, which is answered and not kept.
    const query = route.method === 'GET' ? 'x=1' : undefined;
    const outcomes = await Promise.all(
      TEXTS.flatMap((bytes) => [
        sendTo(route, { query, body: bytes.toString() }),
        sendTo(route, { query, body: bytes.toString('base64'), isBase64Encoded: true }),
      ]),
    );

    expect(outcomes.flatMap(faultsOf)).toEqual([]);
  },
);

test.each(named(ROUTES.filter(({ method }) => method === 'GET')))(
  '%s answers any query likewise',
  async (_, route) => {
    const strings = [...TEXTS.map((bytes) => bytes.toString()), ...NAUGHTY_STRINGS];
    const queries = strings.flatMap((text) => {
      const encoded = encodeURIComponent(text.toWellFormed());
      return [
        `data=${encodeURIComponent(Buffer.from(text).toString('base64'))}`,
        `e=${encoded}&u=${encoded}&m=${encoded}&url=${encoded}&${encoded}=${encoded}`,
        `event=${encoded}&userId=${encoded}&properties.${encoded}=${encoded}&context.page.url=${encoded}`,
        text,
      ];
    });

    const asked = queries.filter(
      (query) => route.protocol !== 'webhook' || new URLSearchParams(query).size > 0,
    );
    const outcomes = await Promise.all(asked.map((query) => sendTo(route, { query })));

    expect(outcomes.flatMap(faultsOf)).toEqual([]);
  },
);

test.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=b'])(
  'webhooks answer any body that is called %s likewise',
  async (contentType) => {
    const routes = ALL_ROUTES.filter(
      ({ method, protocol }) => method === 'POST' && ['webhook', 'iglu'].includes(protocol),
    );
    const bodies = [...TEXTS, ...NAUGHTY_STRINGS.map((text) => Buffer.from(text))].map((bytes) =>
      contentType.startsWith('multipart')
        ? Buffer.concat([
            Buffer.from('--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n'),
            bytes,
            Buffer.from('\r\n--b--\r\n'),
          ])
        : bytes,
    );

    const outcomes = await Promise.all(
      routes.flatMap((route) =>
        bodies.map((bytes) =>
          sendTo(route, { contentType, body: bytes.toString('base64'), isBase64Encoded: true }),
        ),
      ),
    );

    expect(outcomes.flatMap(faultsOf)).toEqual([]);
  },
);

describe('what is nested to exhaust the stack', () => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

  it.each([
    [
      'ids of a merge call',
      '/v1/batch',
      `{"batch":[{"type":"merge","userId":"u","mergeProperties":[${deep(100_000)}]}]}`,
    ],
    ['an id', '/v1/track', `{"event":"x","userId":"u","anonymousId":${deep(100_000)}}`],
  ])(
    'as %s is kept as a dead letter, also where the visitor is anonymous',
    async (_, path, body) => {
      const signals = {
        gpc: true,
        dnt: false,
        serverAnonymous: false,
        isBrowser: true,
        cookies: [],
      };
      const route = ALL_ROUTES.find((one) => one.path === path)!;

      const open = await sendTo(route, { body });
      const anonymous = await sendTo(route, { body, signals });

      expect([open, anonymous].map(({ status, kept }) => [status, kept.length])).toEqual([
        [400, 1],
        [400, 1],
      ]);
    },
  );

  it('as dots in the names of parameters is kept as a dead letter', async () => {
    const route = ROUTES.find(({ protocol }) => protocol === 'segment-pixel')!;
    const query = `writeKey=${KEYS.shop}&userId=u&event=x&a${'.a'.repeat(9_000)}=1`;

    expect(faultsOf(await sendTo(route, { authorization: undefined, query }))).toEqual([]);
  });
});

describe('merge calls', () => {
  const route = ALL_ROUTES.find(({ path }) => path === '/v1/batch')!;
  const merge = (ids: number) => ({
    type: 'merge',
    userId: 'u',
    traits: { note: 'a'.repeat(20_000) },
    mergeProperties: Array.from({ length: ids }, (_, i) => ({ type: 'id', value: `${i}` })),
  });

  it('of more ids than are allowed are one dead letter, not a copy for each id', async () => {
    const { kept } = await sendTo(route, { body: JSON.stringify({ batch: [merge(300)] }) });

    expect(kept).toHaveLength(1);
    expect(JSON.parse(kept[0] ?? '')).toMatchObject({ pointer: '/mergeProperties' });
  });

  it('that make more events than a batch may have are refused together', async () => {
    const small = { ...merge(10), traits: undefined };
    const { kept } = await sendTo(route, {
      body: JSON.stringify({ batch: Array.from({ length: 300 }, () => small) }),
    });

    expect(kept).not.toEqual([]);
    expect(kept.map((text) => JSON.parse(text).code)).toEqual(kept.map(() => 'too_many_events'));
  });
});
