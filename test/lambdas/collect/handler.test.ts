import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import type { HttpHandler, HttpRequest } from '../../../lambdas/runtime/http.ts';
import { bundle } from '../../../lib/bundle.ts';
import { type Aws, DESTINATIONS, startAws } from '../aws.ts';
import { basic, CONFIG, KEYS } from './collector.ts';

const folder = mkdtempSync(join(tmpdir(), 'collect-'));
let aws: Aws;
let handler: HttpHandler;

beforeAll(async () => {
  aws = await startAws();
  Object.assign(process.env, {
    STREAM_NAME: DESTINATIONS.streamName,
    DEAD_LETTER_STREAM_NAME: DESTINATIONS.deadLetterStreamName,
    LAKE_BUCKET: DESTINATIONS.lakeBucket,
    RATE_LIMITS_TABLE: 'rate-limits',
    METRICS_NAMESPACE: 'Millrace/test',
  });
  const file = join(bundle('collect', CONFIG, folder), 'index.mjs');
  ({ handler } = await import(pathToFileURL(file).href));
});
afterAll(async () => {
  await aws.close();
  rmSync(folder, { recursive: true });
});

async function request(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
) {
  const event = {
    rawPath: path,
    headers,
    requestContext: { requestId: 'r-1', http: { method, path } },
    body: body === undefined ? undefined : JSON.stringify(body),
    isBase64Encoded: false,
  };
  const context = { getRemainingTimeInMillis: () => 9_000 } as Context;
  return handler(event as unknown as HttpRequest, context);
}

const authorization = basic(KEYS.shop);

describe('the collect bundle', () => {
  it('accepts an event and stores it before it says so', async () => {
    const response = await request(
      'POST',
      '/v1/track',
      { authorization },
      {
        event: 'x',
        userId: 'u',
        messageId: 'h1',
      },
    );

    expect(response).toMatchObject({
      statusCode: 200,
      body: '{"success":true,"accepted":1,"refused":[]}',
    });
    expect((await aws.streamRecords()).join('')).toContain('"message_id":"h1"');
  });

  it('answers 400 with the list where all is refused, and keeps it', async () => {
    const { statusCode, body } = await request(
      'POST',
      '/v1/track',
      { authorization },
      {
        event: 'x',
        messageId: 'h2',
      },
    );

    expect(statusCode).toBe(400);
    expect(JSON.parse(body ?? '')).toMatchObject({
      code: 'missing_id',
      refused: [{ index: 0, message_id: 'h2', code: 'missing_id' }],
    });
    expect(aws.deadLetterLines().map((line) => JSON.parse(line).message_id)).toContain('h2');
  });

  it('answers a preflight for any origin that an app allows', async () => {
    const response = await request('OPTIONS', '/v1/batch', { origin: 'https://any.example' });

    expect(response).toMatchObject({
      statusCode: 204,
      headers: {
        'access-control-allow-origin': 'https://any.example',
        'access-control-allow-methods': 'GET, POST, OPTIONS',
        'access-control-allow-credentials': 'true',
        'access-control-max-age': '86400',
        vary: 'origin',
      },
    });
  });

  it('allows whatever headers a preflight asks for, and those of known clients where it asks for none', async () => {
    const origin = 'https://any.example';
    const asked = 'authorization,content-type,x-of-the-page';
    const named = await request('OPTIONS', '/v1/t', {
      origin,
      'access-control-request-headers': asked,
    });
    const silent = await request('OPTIONS', '/v1/t', { origin });

    expect(named.headers?.['access-control-allow-headers']).toBe(asked);
    expect(silent.headers?.['access-control-allow-headers']).toContain('sp-anonymous');
  });

  it('lets a page read errors too', async () => {
    const { statusCode, headers } = await request(
      'POST',
      '/v1/track',
      { origin: 'https://any.example', authorization: basic('nobody') },
      {},
    );

    expect(statusCode).toBe(401);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://any.example',
      'access-control-expose-headers': 'retry-after, x-request-id, x-anonymous-id',
      'x-request-id': 'r-1',
    });
  });
});
