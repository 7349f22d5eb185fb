import type { DeadLetterGroup, DeadLettersAnswer } from '../../core/api.ts';
import type { App } from '../../core/config.ts';
import { schemaChoiceProblem } from '../../core/dead-letters.ts';
import { DEAD_LETTER_CODES } from '../../core/event.ts';
import { scanCostUsd } from '../../core/scan-cost.ts';
import { shownValue } from '../../core/shown-value.ts';
import {
  type DeadLettersQuestion,
  deadLetterSamplesSql,
  deadLettersSql,
  readDeadLetters,
  readSamples,
} from '../../core/sql/dead-letters.ts';
import { type Sql, UnquotableValueError } from '../../core/sql/quote.ts';
import type { StatementResult } from '../runtime/athena.ts';
import { type HttpRequest, type HttpResponse, jsonResponse } from '../runtime/http.ts';
import { BadRequestError, HttpError } from '../runtime/http-error.ts';
import { statementText } from '../runtime/statements.ts';
import { authorize } from './authorize.ts';
import { toCsv } from './csv.ts';
import { InvalidParameterError, Parameters } from './parameters.ts';
import { preferredFormat } from './respond.ts';
import { describeRange, readRange } from './scope.ts';

const PARAMETERS = ['from', 'to', 'tz', 'code', 'schema', 'event', 'samples', 'format'];
const DEFAULT_SAMPLES = 10;
const MAX_SAMPLES = 50;
const HEADERS = { 'cache-control': 'no-store', vary: 'Accept' };
const PATH = /^\/v1\/apps\/([^/]+)\/dead-letters\/?$/;

/** Whether a request asks for dead letters. */
export function asksForDeadLetters({ rawPath }: HttpRequest): boolean {
  return PATH.test(rawPath);
}

/**
 * Answers GET /v1/apps/{app}/dead-letters. Never from a cache: letters come and go without a build.
 * @param run runs a statement in the workgroup of questions.
 * @throws HttpError
 */
export async function respondWithDeadLetters(
  request: HttpRequest,
  apps: readonly App[],
  run: (statement: Sql) => Promise<StatementResult>,
): Promise<HttpResponse> {
  const startedAt = Date.now();
  const app = authorize(apps, appIdOf(request), request.headers);
  const { method } = request.requestContext.http;
  if (method !== 'GET') {
    throw new HttpError(405, 'method_not_allowed', `GET is allowed, got ${method}`, {
      headers: { allow: 'GET' },
    });
  }
  const parameters = Parameters.read(request.rawQueryString, undefined);
  const question = readQuestion(parameters, app, startedAt);
  const format = parameters.oneOf('format', preferredFormat(request.headers.accept));
  const statements = statementsOf(question, format === 'csv');
  const results = await Promise.all(statements.map(run));
  const [counted, sampled] = results;
  const counts = readDeadLetters(counted?.rows ?? [], question);
  if (format === 'csv') {
    const rows = [
      ...table('code', counts.by_code),
      ...table('schema', counts.by_schema),
      ...table('event', counts.by_event),
      ...table('day', counts.by_day),
    ];
    return {
      statusCode: 200,
      headers: {
        ...HEADERS,
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': `attachment; filename="${app.id}-dead-letters.csv"`,
      },
      body: toCsv(['by', 'value', 'waiting', 'failed_again', 'redriven', 'dismissed'], rows),
    };
  }
  const { codes, schemas, events } = question.chosen;
  const answer: DeadLettersAnswer = {
    app: app.id,
    question: 'dead-letters',
    definition: { code: codes, schema: schemas, event: events, samples: question.samples },
    range: describeRange(question),
    bytes_scanned: results.reduce((sum, { bytesScanned }) => sum + bytesScanned, 0),
    cost_usd: costOf(results),
    query_ms: Date.now() - startedAt,
    ...counts,
    samples: readSamples(sampled?.rows ?? []),
  };
  return jsonResponse(200, answer, HEADERS);
}

function appIdOf({ rawPath }: HttpRequest): string {
  try {
    return decodeURIComponent(PATH.exec(rawPath)?.[1] ?? '');
  } catch (cause) {
    throw new BadRequestError('invalid_path', `the path is no UTF-8: ${rawPath.slice(0, 200)}`, {
      cause,
    });
  }
}

function readQuestion(parameters: Parameters, app: App, now: number): DeadLettersQuestion {
  parameters.allowOnly(PARAMETERS);
  const codes = parameters.list('code');
  const known: readonly string[] = DEAD_LETTER_CODES;
  const unknown = codes.find((code) => !known.includes(code));
  if (unknown !== undefined) {
    throw new InvalidParameterError(
      'code',
      `unknown code ${shownValue(unknown)}, allowed are ${known.join(', ')}`,
    );
  }
  const schemas = parameters.list('schema');
  const problem = schemas.map(schemaChoiceProblem).find((found) => found !== undefined);
  if (problem !== undefined) throw new InvalidParameterError('schema', problem);
  const chosen = {
    codes,
    schemas,
    events: parameters.repeated('event'),
  };
  return {
    app: app.id,
    ...readRange(parameters, app, now),
    chosen,
    samples: readSampleCount(parameters),
  };
}

function readSampleCount(parameters: Parameters): number {
  const text = parameters.text('samples');
  if (text === undefined) return DEFAULT_SAMPLES;
  const count = Number(text);
  if (!/^\d{1,3}$/.test(text) || count > MAX_SAMPLES) {
    throw new InvalidParameterError(
      'samples',
      `samples must be a whole number from 0 to ${MAX_SAMPLES}, got ${shownValue(text)}`,
    );
  }
  return count;
}

function statementsOf(question: DeadLettersQuestion, countsOnly: boolean): Sql[] {
  try {
    const counts = deadLettersSql(statementText, question);
    if (countsOnly || question.samples === 0) return [counts];
    return [counts, deadLetterSamplesSql(statementText, question)];
  } catch (error) {
    if (error instanceof UnquotableValueError) {
      throw new BadRequestError('invalid_value', error.message, { cause: error });
    }
    throw error;
  }
}

function costOf(results: readonly StatementResult[]): number {
  const cost = results.reduce((sum, { bytesScanned }) => sum + scanCostUsd(bytesScanned), 0);
  return Number(cost.toFixed(6));
}

function table(by: string, groups: readonly DeadLetterGroup[]) {
  return groups.map(({ value, waiting, failed_again, redriven, dismissed }) => [
    by,
    value,
    waiting,
    failed_again,
    redriven,
    dismissed,
  ]);
}
