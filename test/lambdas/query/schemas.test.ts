import { respondWithSchemas } from '../../../lambdas/query/schemas.ts';
import type { HttpRequest } from '../../../lambdas/runtime/http.ts';
import { HttpError } from '../../../lambdas/runtime/http-error.ts';
import { testApp } from './app-fixture.ts';

const ORDER = { type: 'object', title: 'Order Completed' };
const CLICK = { type: 'object', title: 'Click' };
const SCHEMAS = {
  _click: { '1-0-0': CLICK },
  order_completed: { '1-0-0': ORDER, '2-0-0': { type: 'object' } },
  sign_up: {},
};
const KEY = { authorization: 'Bearer read-shop' };

function get(pathAndQuery: string, headers: Record<string, string> = KEY, method = 'GET') {
  const [rawPath, rawQueryString = ''] = pathAndQuery.split('?');
  const request = { rawPath, rawQueryString, headers, requestContext: { http: { method } } };
  try {
    const answer = respondWithSchemas(
      request as unknown as HttpRequest,
      [testApp('shop'), testApp('blog')],
      SCHEMAS,
    );
    return { status: answer.statusCode, body: JSON.parse(answer.body ?? ''), answer };
  } catch (error) {
    if (error instanceof HttpError) return { status: error.status, body: error.message };
    throw error;
  }
}

describe('GET /v1/schemas', () => {
  it('lists events and versions', () => {
    expect(get('/v1/schemas').body).toEqual({
      schemas: [
        { event: '_click', versions: ['1-0-0'] },
        { event: 'order_completed', versions: ['1-0-0', '2-0-0'] },
        { event: 'sign_up', versions: [] },
      ],
    });
  });

  it.each(['order_completed', 'Order%20Completed', 'order-completed'])(
    'shows a schema of %s',
    (event) => {
      const { status, body, answer } = get(`/v1/schemas/${event}/1-0-0`);

      expect({ status, body }).toEqual({ status: 200, body: ORDER });
      expect(answer?.headers?.['content-type']).toBe('application/schema+json');
    },
  );

  it('shows the schema of a call', () => {
    expect(get('/v1/schemas/_click/1-0-0').body).toEqual(CLICK);
    expect(get('/v1/schemas/click/1-0-0').status).toBe(404);
  });

  it.each([
    ['/v1/schemas/order_completed/3-0-0', 'no schema "order_completed/3-0-0": it has 1-0-0, 2-0-0'],
    [
      '/v1/schemas/constructor/1-0-0',
      'no schema "constructor/1-0-0": the event has none, those that have one are _click, order_completed, sign_up',
    ],
    ['/v1/schemas/order_completed/constructor', 'it has 1-0-0, 2-0-0'],
    ['/v1/schemas/order_completed', 'no such path: /v1/schemas/order_completed, a schema is'],
    ['/v1/schemas/a/b/c', 'no such path'],
  ])('does not know %s', (path, message) => {
    expect(get(path)).toEqual({ status: 404, body: expect.stringContaining(message) });
  });

  it.each([
    [{ authorization: 'Bearer read-blog' }, 200],
    [{ 'x-api-key': 'write-shop' }, 200],
    [{ authorization: `Basic ${btoa('write-blog:')}` }, 200],
    [{ authorization: 'Bearer read-nothing' }, 401],
    [{ authorization: `Basic ${btoa('nothing:')}` }, 401],
    [{}, 401],
  ])('with %j: %i', (headers, status) => {
    expect(get('/v1/schemas', headers as Record<string, string>).status).toBe(status);
  });

  it.each(['/v1/schemas?event=x', '/v1/schemas/order_completed/1-0-0?event=x'])(
    '%s has a parameter that nothing reads',
    (path) => {
      const body = 'unknown parameter "event", schemas take none';

      expect(get(path)).toEqual({ status: 400, body });
    },
  );

  it('takes GET only', () => {
    expect(get('/v1/schemas', KEY, 'POST')).toEqual({
      status: 405,
      body: 'GET is allowed, got POST',
    });
  });
});
