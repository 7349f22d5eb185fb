import { gzipSync } from 'node:zlib';
import { isRecord } from '../../../local/template/values.ts';
import { lambdaFunction, removeTemporaryFolders, role } from '../fixture.ts';
import { type Runtime, startRuntime } from '../runtime.ts';

const SOURCES = {
  Api: `export const handler = async (event) => {
    const action = event.queryStringParameters?.do;
    if (action === 'throw') throw new Error('secret detail');
    if (action === 'wrong') return { statusCode: 'abc' };
    if (action === 'bare') return { plain: true };
    if (action === 'slow') { await new Promise((done) => setTimeout(done, 1000)); return {}; }
    if (action === 'binary')
      return { statusCode: 201, headers: { 'X-Own': 1, 'Content-Type': 'image/gif' }, cookies: ['a=1; Secure', 'b=2'],
        isBase64Encoded: true, body: Buffer.from([0, 255, 1]).toString('base64') };
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) };
  };`,
};

const route = (RouteKey: string) => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId: { Ref: 'Http' },
    RouteKey,
    Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
  },
});

const RESOURCES = {
  ApiRole: role('lambda.amazonaws.com'),
  Api: lambdaFunction('Api', { Timeout: 10 }),
  Http: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'http', ProtocolType: 'HTTP' } },
  Stage: {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: { ApiId: { Ref: 'Http' }, StageName: '$default', AutoDeploy: true },
  },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: { Ref: 'Http' },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': ['Api', 'Arn'] },
      PayloadFormatVersion: '2.0',
      TimeoutInMillis: 500,
    },
  },
  Track: route('POST /v1/track'),
  Question: route('GET /v1/apps/{app}/{question}'),
  Funnels: route('ANY /v1/apps/{app}/funnels'),
  Rest: route('GET /files/{proxy+}'),
  Permission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: { 'Fn::GetAtt': ['Api', 'Arn'] },
      Principal: 'apigateway.amazonaws.com',
      SourceArn: {
        'Fn::Join': [
          '',
          ['arn:aws:execute-api:us-east-1:000000000000:', { Ref: 'Http' }, '/*/*/*'],
        ],
      },
    },
  },
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await startRuntime({ resources: RESOURCES, functions: SOURCES });
});
afterAll(async () => {
  await runtime.stop();
  removeTemporaryFolders();
});

const request = (path: string, options: RequestInit = {}) =>
  fetch(`${runtime.api.url}${path}`, options);

async function eventOf(path: string, options: RequestInit = {}): Promise<Record<string, unknown>> {
  const event: unknown = await (await request(path, options)).json();
  if (!isRecord(event)) throw new Error('no event');
  return event;
}

test('an event has the members of payload format 2.0', async () => {
  // Act
  const event = await eventOf('/v1/track?a=1&b=x%20y&a=2', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'X-Own': 'One', cookie: 'a=1; b=2' },
    body: '{"x":"ü"}',
  });
  // Assess
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: 'POST /v1/track',
    rawPath: '/v1/track',
    rawQueryString: 'a=1&b=x%20y&a=2',
    cookies: ['a=1', 'b=2'],
    headers: {
      'content-type': 'application/json',
      'x-own': 'One',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    },
    queryStringParameters: { a: '1,2', b: 'x y' },
    requestContext: {
      accountId: '000000000000',
      http: { method: 'POST', path: '/v1/track', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
      routeKey: 'POST /v1/track',
      stage: '$default',
      time: expect.stringMatching(/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/),
      timeEpoch: expect.any(Number),
    },
    body: '{"x":"ü"}',
    isBase64Encoded: false,
  });
  expect(event).not.toHaveProperty('pathParameters');
  expect(event.headers).not.toHaveProperty('cookie');
});

test.each([
  ['compressed JSON', 'application/json', 'gzip', gzipSync('{"x":1}')],
  ['a form', 'application/x-www-form-urlencoded', undefined, Buffer.from('a=b')],
  ['bytes of no text', 'text/plain', undefined, Buffer.from([0x1f, 0x8b, 0xff])],
])('%s reaches the function byte by byte', async (_, type, encoding, body) => {
  const headers = { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) };
  const event = await eventOf('/v1/track', { method: 'POST', headers, body });
  expect(event.isBase64Encoded).toBe(true);
  expect(Buffer.from(String(event.body), 'base64')).toEqual(body);
});

describe('routes', () => {
  test.each([
    [
      'GET',
      '/v1/apps/shop/totals',
      'GET /v1/apps/{app}/{question}',
      { app: 'shop', question: 'totals' },
    ],
    ['GET', '/v1/apps/a%20b/funnels', 'ANY /v1/apps/{app}/funnels', { app: 'a b' }],
    ['POST', '/v1/apps/shop/funnels', 'ANY /v1/apps/{app}/funnels', { app: 'shop' }],
    ['GET', '/files/a/b', 'GET /files/{proxy+}', { proxy: 'a/b' }],
    ['GET', '/files/', 'GET /files/{proxy+}', { proxy: '' }],
  ])('%s %s takes the most specific one', async (method, path, routeKey, pathParameters) => {
    expect(await eventOf(path, { method })).toMatchObject({ routeKey, pathParameters });
  });

  test.each([
    ['GET', '/v1/track'],
    ['POST', '/v1/apps/shop/totals'],
    ['GET', '/v1/apps/shop'],
    ['GET', '/files'],
  ])('%s %s is not found', async (method, path) => {
    const response = await request(path, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ message: 'Not Found' });
  });
});

describe('responses', () => {
  test('status, headers, cookies and bytes go out as the function says', async () => {
    const response = await request('/v1/track?do=binary', { method: 'POST' });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-own')).toBe('1');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2']);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 1]);
  });

  test('a value without a status code is the body of a 200', async () => {
    const response = await request('/v1/track?do=bare', { method: 'POST' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ plain: true });
  });

  test.each(['throw', 'wrong'])(
    'a function that goes wrong (%s) is a 500 without detail',
    async (how) => {
      const response = await request(`/v1/track?do=${how}`, { method: 'POST' });
      expect(response.status).toBe(500);
      expect(await response.json()).toEqual({ message: 'Internal Server Error' });
    },
  );

  test('a function that takes longer than its integration may is a 503', async () => {
    const response = await request('/v1/track?do=slow', { method: 'POST' });
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ message: 'Service Unavailable' });
  });

  test('a body above ten MiB is refused', async () => {
    const body = Buffer.alloc(10 * 1024 * 1024 + 1, 'a');
    const response = await request('/v1/track', { method: 'POST', body });
    expect(response.status).toBe(413);
  });
});

test('a route whose function does not let API Gateway in stops the start and shows the permission', async () => {
  const { Permission, ...without } = RESOURCES;
  expect(Permission).toBeDefined();
  const start = startRuntime({ resources: without, functions: SOURCES });
  await expect(start).rejects.toThrow(
    /route POST \/v1\/track: apigateway.amazonaws.com may not invoke function stack-api-\w+: the template has no AWS::Lambda::Permission .* matches arn:aws:execute-api:us-east-1:000000000000:\w+\/\$default\/POST\/v1\/track/,
  );
});
