import { ALL_QUESTIONS, QUESTIONS, type QuestionName } from '../../core/api.ts';
import type { App } from '../../core/config.ts';
import { InvalidFunnelError } from '../../core/funnel-definition.ts';
import { shownValue } from '../../core/shown-value.ts';
import { UnquotableValueError } from '../../core/sql/quote.ts';
import { type HttpRequest, type HttpResponse, jsonResponse } from '../runtime/http.ts';
import {
  BadRequestError,
  ContentTooLargeError,
  HttpError,
  NotFoundError,
} from '../runtime/http-error.ts';
import { type AnswerSources, prepareAnswer } from './answer.ts';
import type { AskedQuestion } from './asked-question.ts';
import { authorize } from './authorize.ts';
import { toCsv } from './csv.ts';
import { askFunnel, FUNNEL_PARAMETERS } from './funnels.ts';
import { Parameters } from './parameters.ts';
import { describeRange, readScope } from './scope.ts';
import { askTotals, TOTALS_PARAMETERS } from './totals.ts';

/** A revalidation is cheap, and only the client itself may keep what its key has bought. */
const CACHE_CONTROL = 'private, no-cache';
/** Far more than the largest definition that makes sense. */
const MAX_BODY_LENGTH = 100_000;

/** Answers GET and POST /v1/apps/{app}/{question}. @throws HttpError */
export async function respond(
  request: HttpRequest,
  apps: readonly App[],
  sources: AnswerSources,
): Promise<HttpResponse> {
  try {
    return await answerRequest(request, apps, sources);
  } catch (error) {
    if (error instanceof InvalidFunnelError) {
      throw new BadRequestError('invalid_definition', error.message, { cause: error });
    }
    if (error instanceof UnquotableValueError) {
      throw new BadRequestError('invalid_value', error.message, { cause: error });
    }
    throw error;
  }
}

async function answerRequest(
  request: HttpRequest,
  apps: readonly App[],
  sources: AnswerSources,
): Promise<HttpResponse> {
  const startedAt = Date.now();
  const { appId, question } = readPath(request.rawPath);
  const app = authorize(apps, appId, request.headers);
  const body = readBody(request);
  const parameters = Parameters.read(request.rawQueryString, body);
  const asked = ask(question, parameters, app, startedAt);
  const format = parameters.oneOf('format', preferredFormat(request.headers.accept));
  const range = describeRange(asked.scope);
  const prepared = await prepareAnswer(asked, range, sources);
  // The same answer in another form is another thing to a cache.
  const etag = format === 'csv' ? prepared.etag.replace(/"$/, '-csv"') : prepared.etag;
  const headers = { etag, 'cache-control': CACHE_CONTROL, vary: 'Accept' };
  if (body === undefined && matches(request.headers['if-none-match'], etag)) {
    return { statusCode: 304, headers };
  }
  const { envelope, numbers } = await prepared.answer();
  if (format === 'csv') {
    const { header, rows } = asked.table(numbers);
    return {
      statusCode: 200,
      headers: {
        ...headers,
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': `attachment; filename="${app.id}-${asked.question}.csv"`,
      },
      body: toCsv(header, rows),
    };
  }
  const query_ms = Date.now() - startedAt;
  return jsonResponse(200, { ...envelope, query_ms, ...numbers }, headers);
}

function readPath(path: string): { appId: string; question: string } {
  const match = /^\/v1\/apps\/([^/]+)\/([^/]+)\/?$/.exec(path);
  if (match === null) {
    throw new NotFoundError(
      'unknown_path',
      `no such path: ${path.slice(0, 200)}, a question is /v1/apps/{app}/{question}`,
    );
  }
  return { appId: decoded(match[1]!), question: decoded(match[2]!) };
}

/** A part of a path without its escapes. @throws BadRequestError */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new BadRequestError('invalid_path', `the path is no UTF-8: ${part.slice(0, 200)}`, {
      cause,
    });
  }
}

function readBody(request: HttpRequest): string | undefined {
  const { method } = request.requestContext.http;
  if (method === 'GET') return undefined;
  if (method !== 'POST') {
    throw new HttpError(405, 'method_not_allowed', `GET and POST are allowed, got ${method}`, {
      headers: { allow: 'GET, POST' },
    });
  }
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new HttpError(
      415,
      'unsupported_encoding',
      `a question’s body is plain JSON, got content-encoding ${shownValue(encoding)}`,
    );
  }
  const { body = '', isBase64Encoded } = request;
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
  if (text.length > MAX_BODY_LENGTH) {
    throw new ContentTooLargeError(
      'request_too_large',
      `the body has ${text.length} characters, at most ${MAX_BODY_LENGTH} are allowed`,
    );
  }
  return text;
}

function ask(question: string, parameters: Parameters, app: App, now: number): AskedQuestion {
  const name = QUESTIONS.find((candidate) => candidate === question);
  if (name === undefined) {
    throw new NotFoundError(
      'unknown_question',
      `unknown question ${JSON.stringify(question.slice(0, 100))}, there are ${ALL_QUESTIONS.join(', ')}`,
      { extensions: { questions: ALL_QUESTIONS } },
    );
  }
  return askKnown(name, parameters, app, now);
}

function askKnown(
  name: QuestionName,
  parameters: Parameters,
  app: App,
  now: number,
): AskedQuestion {
  switch (name) {
    case 'funnels':
      parameters.allowOnly(FUNNEL_PARAMETERS);
      return askFunnel(parameters, readScope(parameters, app, now));
    case 'totals':
      parameters.allowOnly(TOTALS_PARAMETERS);
      return askTotals(parameters, readScope(parameters, app, now));
  }
}

/** The allowed formats of an answer, the one that Accept asks for first. */
export function preferredFormat(accept = ''): readonly ['json' | 'csv', 'json' | 'csv'] {
  return /\btext\/csv\b/i.test(accept) ? ['csv', 'json'] : ['json', 'csv'];
}

/** Whether If-None-Match names the tag of the answer. */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  const tags = (ifNoneMatch ?? '').split(',').map(opaque);
  return tags.includes('*') || tags.includes(opaque(etag));
}
