import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { type HttpFunction, httpHandler, jsonResponse } from '../../../lambdas/runtime/http.ts';
import { UnauthorizedError, UnavailableError } from '../../../lambdas/runtime/http-error.ts';
import { logger } from '../../../lambdas/runtime/logger.ts';
import { taskHandler } from '../../../lambdas/runtime/task.ts';

const request = { requestContext: { requestId: 'r-1' } } as APIGatewayProxyEventV2;

function contextWith(remainingMs: number): Context {
  return { awsRequestId: 'a-1', getRemainingTimeInMillis: () => remainingMs } as Context;
}

beforeAll(() => {
  logger.setLogLevel('SILENT');
});

async function answerOf(fn: HttpFunction, remainingMs = 10_000) {
  const handler = httpHandler(fn, { headers: () => ({ 'access-control-allow-origin': '*' }) });
  const response = await handler(request, contextWith(remainingMs));
  return { ...response, json: JSON.parse(response.body ?? 'null') };
}

describe('httpHandler', () => {
  it('adds the request id and the common headers to an answer', async () => {
    const answer = await answerOf(async () => jsonResponse(200, { ok: true }));

    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toEqual({
      'content-type': 'application/json',
      'x-request-id': 'r-1',
      'access-control-allow-origin': '*',
    });
    expect(answer.json).toEqual({ ok: true });
  });

  it('answers an HttpError with a problem document and the same common headers', async () => {
    const answer = await answerOf(async () => {
      throw new UnauthorizedError('unknown_key', 'no such key', { extensions: { hint: 'x' } });
    });

    expect(answer.statusCode).toBe(401);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'access-control-allow-origin': '*',
      'x-request-id': 'r-1',
    });
    expect(answer.json).toEqual({
      type: 'urn:millrace:problem:unknown_key',
      title: 'Unauthorized',
      status: 401,
      code: 'unknown_key',
      detail: 'no such key',
      hint: 'x',
    });
  });

  it('names seconds to wait where sending again helps', async () => {
    const answer = await answerOf(async () => {
      throw new UnavailableError('stream_down', 'send it again', 5);
    });

    expect(answer.statusCode).toBe(503);
    expect(answer.headers?.['retry-after']).toBe('5');
  });

  it('answers an unexpected error with 500 and none of its text', async () => {
    const answer = await answerOf(async () => {
      throw new Error('password is hunter2');
    });

    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    expect(answer.json.code).toBe('internal');
  });

  it('answers 503 just before the function would be cut off', async () => {
    const answer = await answerOf(
      () =>
        new Promise((resolve) => setTimeout(() => resolve(jsonResponse(200, {})), 2_000).unref()),
      300,
    );

    expect(answer.statusCode).toBe(503);
    expect(answer.json.code).toBe('timeout');
  });
});

describe('taskHandler', () => {
  it('gives back the result', async () => {
    const handler = taskHandler(async (input: { n: number }) => input.n + 1);

    expect(await handler({ n: 1 }, contextWith(1000))).toBe(2);
  });

  it('throws again what the function threw, so that Retry and Catch see it', async () => {
    const error = new TypeError('broken');
    const handler = taskHandler(async () => {
      throw error;
    });

    await expect(handler({}, contextWith(1000))).rejects.toBe(error);
  });
});
