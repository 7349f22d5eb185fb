import { createHash } from 'node:crypto';
import type {
  ReconciliationAnswer,
  ReconciliationCounts,
  ReconciliationRow,
} from '../../core/api.ts';
import { hourMs, hourOf } from '../../core/arrival-hours.ts';
import type { App } from '../../core/config.ts';
import type { ReconciledHour } from '../../core/reconciliation.ts';
import { type DataVersion, REGISTRY_KEY } from '../../core/registry.ts';
import { isoInZone } from '../../core/time-range.ts';
import { type HttpRequest, type HttpResponse, jsonResponse } from '../runtime/http.ts';
import { HttpError } from '../runtime/http-error.ts';
import { authorize } from './authorize.ts';
import { toCsv } from './csv.ts';
import { InvalidParameterError, Parameters } from './parameters.ts';
import { decoded, matches, preferredFormat } from './respond.ts';
import { describeRange, readRange } from './scope.ts';

/** Where the answer comes from. */
export interface ReconciliationSources {
  /** Items of the registry whose sort keys lie in a range, both ends included. */
  readonly items: (
    pk: string,
    range: readonly [first: string, last: string],
  ) => Promise<readonly Record<string, unknown>[]>;
  readonly dataVersion: (appId: string) => Promise<DataVersion>;
}

const PATH = /^\/v1\/apps\/([^/]+)\/reconciliation\/?$/;
const PARAMETERS = ['from', 'to', 'tz', 'format'];
const DAY_MS = 86_400_000;
/** Longest range: a row an hour, about 300 bytes each. */
const MAX_DAYS = 92;
const NO_TOTAL: ReconciliationCounts = {
  received: 0,
  accepted: 0,
  redriven: 0,
  stored: 0,
  duplicate: 0,
  refused: 0,
  undelivered: 0,
  declined: 0,
  in_flight: 0,
  missing: 0,
  surplus: 0,
  unbuilt: 0,
  unconfirmed: 0,
  delivered_twice: 0,
};
const COUNTS = Object.keys(NO_TOTAL) as (keyof ReconciliationCounts)[];

/** Whether a request asks what became of what was received. */
export function asksForReconciliation({ rawPath }: HttpRequest): boolean {
  return PATH.test(rawPath);
}

/**
 * Answers GET /v1/apps/{app}/reconciliation from what reconcile counted last: nothing is scanned.
 * @throws HttpError
 */
export async function respondWithReconciliation(
  request: HttpRequest,
  apps: readonly App[],
  sources: ReconciliationSources,
): Promise<HttpResponse> {
  const app = authorize(apps, decoded(PATH.exec(request.rawPath)?.[1] ?? ''), request.headers);
  const { method } = request.requestContext.http;
  if (method !== 'GET') {
    throw new HttpError(405, 'method_not_allowed', `GET is allowed, got ${method}`, {
      headers: { allow: 'GET' },
    });
  }
  const parameters = Parameters.read(request.rawQueryString, undefined);
  parameters.allowOnly(PARAMETERS);
  const format = parameters.oneOf('format', preferredFormat(request.headers.accept));
  const answer = await answerOf(parameters, app, sources);
  const hash = createHash('sha256')
    .update(JSON.stringify([format, answer]))
    .digest('hex');
  const headers = {
    etag: `W/"${hash.slice(0, 32)}"`,
    'cache-control': 'private, no-cache',
    vary: 'Accept',
  };
  if (matches(request.headers['if-none-match'], headers.etag)) return { statusCode: 304, headers };
  if (format === 'csv') {
    return {
      statusCode: 200,
      headers: {
        ...headers,
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': `attachment; filename="${app.id}-reconciliation.csv"`,
      },
      body: csvOf(answer),
    };
  }
  return jsonResponse(200, answer, headers);
}

async function answerOf(
  parameters: Parameters,
  app: App,
  { items, dataVersion }: ReconciliationSources,
): Promise<ReconciliationAnswer> {
  const { range, tz } = readRange(parameters, app, Date.now());
  if (range.to - range.from > MAX_DAYS * DAY_MS) {
    const days = Math.ceil((range.to - range.from) / DAY_MS);
    throw new InvalidParameterError(
      'from',
      `hours are listed for at most ${MAX_DAYS} days at a time, got ${days} days`,
    );
  }
  const keys = [
    REGISTRY_KEY.reconciled(hourOf(range.from)),
    REGISTRY_KEY.reconciled(hourOf(range.to - 1)),
  ] as const;
  const [found, { settled_until: settledUntil }] = await Promise.all([
    items(REGISTRY_KEY.app(app.id), keys),
    dataVersion(app.id),
  ]);
  const counted = found as unknown as readonly ReconciledHour[];
  // An hour that the range cuts is left out at its start and whole at its end: hours are counted by where they begin.
  const hours = counted.filter(({ hour }) => hourMs(hour) >= range.from);
  return {
    app: app.id,
    question: 'reconciliation',
    range: describeRange({ range, tz }),
    settled_until: settledUntil === null ? null : new Date(settledUntil).toISOString(),
    total: hours.reduce((total, hour) => added(total, hour), NO_TOTAL),
    hours: hours.map((hour) => rowOf(hour, tz)),
  };
}

function rowOf(hour: ReconciledHour, tz: string): ReconciliationRow {
  return {
    hour: isoInZone(tz, hourMs(hour.hour)),
    state: hour.state,
    ...added(NO_TOTAL, hour),
    checked_at: new Date(hour.checked_at).toISOString(),
  };
}

function added(total: ReconciliationCounts, hour: ReconciliationCounts): ReconciliationCounts {
  const entries = COUNTS.map((member) => [member, total[member] + hour[member]]);
  return Object.fromEntries(entries) as Record<keyof ReconciliationCounts, number>;
}

function csvOf({ hours }: ReconciliationAnswer): string {
  const header = ['hour', 'state', ...COUNTS, 'checked_at'] as const;
  return toCsv(
    header,
    hours.map((row) => header.map((name) => row[name])),
  );
}
