import middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { HttpError, UnavailableError } from './http-error.ts';
import { logger } from './logger.ts';

/** A request as API Gateway's payload 2.0 carries it. */
export type HttpRequest = APIGatewayProxyEventV2;

/** An answer as API Gateway's payload 2.0 takes it. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** What a function does with a request. Throws HttpError for what the client did wrong. */
export type HttpFunction = (request: HttpRequest, context: Context) => Promise<HttpResponse>;

/** Options of httpHandler. */
export interface HttpOptions {
  /** Headers of every answer, errors included: CORS. */
  readonly headers?: (request: HttpRequest) => Readonly<Record<string, string>>;
}

/** Handler of a function behind the HTTP API. */
export type HttpHandler = (request: HttpRequest, context: Context) => Promise<HttpResponse>;

/** Left for the answer when the function's time is nearly up. */
const TIMEOUT_RESERVE_MS = 250;

/**
 * Wraps a function behind the HTTP API. From outside in: request id and common headers on every answer; errors become
 * problem documents; the function. An unexpected error is logged with its stack and answered without it.
 */
export function httpHandler(fn: HttpFunction, options: HttpOptions = {}): HttpHandler {
  return middy<HttpRequest, HttpResponse>({
    timeoutEarlyInMillis: TIMEOUT_RESERVE_MS,
    timeoutEarlyResponse: () => {
      throw new UnavailableError('timeout', 'the request took too long; send it again', 1);
    },
  })
    .use({
      after: (request) => {
        if (request.response) request.response = complete(request.response, request, options);
      },
      onError: (request) => {
        if (request.response) request.response = complete(request.response, request, options);
      },
    })
    .use({
      before: (request) => {
        logger.addContext(request.context);
      },
      onError: (request) => {
        request.response = errorResponse(request.error);
      },
    })
    .handler(fn) as HttpHandler;
}

/** A JSON answer. */
export function jsonResponse(
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

function complete(
  response: HttpResponse,
  request: { readonly event: HttpRequest; readonly context: Context },
  options: HttpOptions,
): HttpResponse {
  const requestId = request.event.requestContext?.requestId ?? request.context.awsRequestId;
  const headers = {
    ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
    ...options.headers?.(request.event),
    ...response.headers,
  };
  return { ...response, headers };
}

function errorResponse(error: unknown): HttpResponse {
  let known: HttpError;
  if (error instanceof HttpError) {
    known = error;
    if (error.status >= 500) logger.error('request failed', { error });
  } else {
    logger.error('unexpected error', { error });
    known = new HttpError(500, 'internal', 'an unexpected error; the log has it by the request id');
  }
  return jsonResponse(known.status, known.toProblem(), {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...known.headers,
  });
}
