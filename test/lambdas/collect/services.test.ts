import { createCollector } from '../../../lambdas/collect/collector.ts';
import type { CollectRequest } from '../../../lambdas/collect/request.ts';
import { respond } from '../../../lambdas/collect/respond.ts';
import { HttpError } from '../../../lambdas/runtime/http-error.ts';
import { basic, CONFIG, KEYS, MemorySinks, RECEIVED_AT } from './collector.ts';

const collector = createCollector(CONFIG);

/** Asks for a path by GET. Gives status, headers and the body, parsed where it is JSON. */
async function get(path: string, more: Partial<CollectRequest> = {}) {
  const request: CollectRequest = {
    method: 'GET',
    path,
    host: 'events.shop.example',
    protocol: 'https',
    isBase64Encoded: false,
    receivedAt: RECEIVED_AT,
    ...more,
  };
  const sinks = new MemorySinks();
  try {
    const { statusCode, headers = {}, body = '' } = await respond(request, collector, sinks);
    const isJson = headers['content-type'] === 'application/json';
    return { status: statusCode, headers, body: isJson ? JSON.parse(body) : body };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { status: error.status, headers: error.headers, body: error.toProblem() };
  } finally {
    expect([...sinks.lines, ...sinks.deadLetters]).toEqual([]);
  }
}

describe("Segment's settings", () => {
  it.each([
    ['/v1', 'events.shop.example/v1'],
    ['/in', 'events.shop.example/in'],
    ['/in/v1', 'events.shop.example/in/v1'],
  ])('asked under %s send the client back there', async (base, apiHost) => {
    const { status, body } = await get(`${base}/projects/${KEYS.shop}/settings`);

    expect(status).toBe(200);
    expect(body).toEqual({
      integrations: { 'Segment.io': { apiKey: KEYS.shop, apiHost, protocol: 'https' } },
      metrics: { sampleRate: 0, host: apiHost, protocol: 'https' },
    });
  });

  it('say no more of an unknown key than that it is unknown', async () => {
    const { status, body } = await get('/v1/projects/nobody-knows/settings');

    expect(status).toBe(404);
    expect(body).toEqual({
      type: 'urn:millrace:problem:unknown_write_key',
      title: 'Not found',
      status: 404,
      code: 'unknown_write_key',
      detail: 'the write key is not known',
    });
  });

  it('are for the origins of the app', async () => {
    const path = `/v1/projects/${KEYS.pages}/settings`;

    expect(await get(path, { origin: 'https://other.example' })).toMatchObject({ status: 403 });
    expect(await get(path, { origin: 'https://shop.example' })).toMatchObject({ status: 200 });
  });
});

describe("RudderStack's source config", () => {
  it('comes for a key in the header or in the query, with a slash at the end or none', async () => {
    const inHeader = await get('/sourceConfig', { authorization: basic(KEYS.shop) });
    const inQuery = await get('/in/sourceConfig/', { query: `p=npm&writeKey=${KEYS.shop}` });

    expect(inHeader).toMatchObject({
      status: 200,
      body: { source: { id: KEYS.shop, enabled: true, destinations: [], dataplanes: {} } },
    });
    expect(inQuery).toEqual(inHeader);
  });

  it('is refused without a key and for an unknown one', async () => {
    expect(await get('/sourceConfig')).toMatchObject({ status: 401 });
    expect(await get('/sourceConfig', { query: 'writeKey=nobody-knows' })).toMatchObject({
      status: 401,
    });
  });
});

describe('what needs no key', () => {
  it('is health, robots.txt and what a client counts about itself', async () => {
    expect(await get('/health')).toMatchObject({ status: 200, body: 'ok' });
    expect(await get('/robots.txt')).toMatchObject({ body: 'User-agent: *\nDisallow: /\n' });
    expect(await get('/in/m', { method: 'POST', body: '{"series":[]}' })).toMatchObject({
      status: 200,
    });
    expect(await get('/health', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });
});
