import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AthenaClient,
  type ColumnInfo,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  type Row,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { Sql } from '../../core/sql/quote.ts';
import { HttpError, UnavailableError } from './http-error.ts';
import { logger } from './logger.ts';

/** A value of a result, by the type of its column. Whole numbers beyond 2^53 stay texts. */
export type Value = string | number | boolean | null;
/** One row of a result, by column name. */
export type ResultRow = Readonly<Record<string, Value>>;

/** What a statement gave. */
export interface StatementResult {
  readonly rows: readonly ResultRow[];
  readonly bytesScanned: number;
}

/** Where and how statements of questions run. */
export interface AthenaOptions {
  readonly client: AthenaClient;
  readonly workgroup: string;
  readonly database: string;
  /** The workgroup's limit, for the message of a question that scans more. */
  readonly bytesLimit: number;
  /** Setting that raises the limit. Default query.bytesLimit. */
  readonly limitSetting?: string;
}

/**
 * The first look comes soon, the next ones 1.6 times later each: five within half a second, two a second after that. An
 * account may ask 100 times a second, with bursts of 200; who is throttled waits.
 */
const FIRST_WAIT_MS = 25;
const WAIT_GROWTH = 1.6;
const LONGEST_WAIT_MS = 500;
const PAGE_SIZE = 1_000;

/**
 * Runs one statement and reads all of its result.
 * @param deadline epoch ms; the statement is stopped there.
 * @throws HttpError 422 where it would scan more than the workgroup allows, 504 at the deadline, 503 where Athena is busy or
 * somebody stopped it; Error (500) where it failed.
 */
export async function runStatement(
  options: AthenaOptions,
  statement: Sql,
  deadline: number,
): Promise<StatementResult> {
  const { client, workgroup, database } = options;
  const start = new StartQueryExecutionCommand({
    QueryString: statement,
    QueryExecutionContext: { Database: database },
    WorkGroup: workgroup,
    // The same for every attempt of this question, so that a retry after a lost answer does not run it twice. Not made
    // from the statement: a failed execution would come back for ever.
    ClientRequestToken: randomUUID(),
  });
  const { QueryExecutionId: id } = await unthrottled(deadline, () => client.send(start));
  if (id === undefined) throw new Error('athena started a statement without an id');
  const execution = await finished(options, id, deadline);
  const rows = await allRows(client, id, deadline);
  return { rows, bytesScanned: execution.Statistics?.DataScannedInBytes ?? 0 };
}

/** Waits for the end of an execution; returns it only where it succeeded. */
async function finished(
  options: AthenaOptions,
  id: string,
  deadline: number,
): Promise<QueryExecution> {
  const { client } = options;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * WAIT_GROWTH, LONGEST_WAIT_MS)) {
    await sleep(Math.max(0, Math.min(wait, deadline - Date.now())));
    const { QueryExecution: execution } = await unthrottled(deadline, () =>
      client.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
    );
    const state = execution?.Status?.State;
    if (execution !== undefined && state === 'SUCCEEDED') return execution;
    if (execution !== undefined && (state === 'FAILED' || state === 'CANCELLED')) {
      throw endedBadly(options, execution);
    }
    if (Date.now() >= deadline) {
      await stop(client, id);
      throw tookTooLong();
    }
  }
}

function endedBadly(
  { bytesLimit, limitSetting = 'query.bytesLimit' }: AthenaOptions,
  execution: QueryExecution,
): Error {
  const { State: state, StateChangeReason: reason = '', AthenaError: error } = execution.Status!;
  if (/bytes scanned limit/i.test(reason)) {
    return new HttpError(
      422,
      'scan_limit',
      `the question scans more than the ${bytesLimit} bytes that one question may scan: ask for a shorter range, or raise ${limitSetting}`,
      { extensions: { bytes_limit: bytesLimit } },
    );
  }
  if (state === 'CANCELLED') {
    return new UnavailableError('stopped', 'the question was stopped before its end; ask again', 1);
  }
  if (error?.Retryable === true) {
    return new UnavailableError('athena_failed', 'athena failed for a while; ask again', 5, {
      cause: new Error(`statement ${execution.QueryExecutionId}: ${reason}`),
    });
  }
  return new Error(`athena failed on statement ${execution.QueryExecutionId}: ${reason}`);
}

function tookTooLong(): HttpError {
  return new HttpError(
    504,
    'deadline',
    'the question took longer than its deadline and was stopped: ask for a shorter range, fewer breakdown dimensions or filters that leave less; a funnel of the configuration is faster than one from the body',
  );
}

/** The answer to the client is the same whether the stop works or not: a statement ends by itself. */
async function stop(client: AthenaClient, id: string): Promise<void> {
  try {
    await client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
  } catch (error) {
    logger.warn('cannot stop a statement that took too long', { error, id });
  }
}

async function allRows(client: AthenaClient, id: string, deadline: number): Promise<ResultRow[]> {
  const rows: ResultRow[] = [];
  let token: string | undefined;
  let first = true;
  do {
    const page = await unthrottled(deadline, () =>
      client.send(
        new GetQueryResultsCommand({
          QueryExecutionId: id,
          MaxResults: PAGE_SIZE,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      ),
    );
    const columns = page.ResultSet?.ResultSetMetadata?.ColumnInfo ?? [];
    const found = page.ResultSet?.Rows ?? [];
    rows.push(...parseRows(columns, first ? found.slice(1) : found));
    token = page.NextToken;
    first = false;
    if (token !== undefined && Date.now() >= deadline) throw tookTooLong();
  } while (token !== undefined);
  return rows;
}

/** Rows of a page by column name, each value of its column's type. The first page's header row is no row. */
export function parseRows(columns: readonly ColumnInfo[], rows: readonly Row[]): ResultRow[] {
  return rows.map(({ Data: data = [] }) =>
    Object.fromEntries(
      columns.map(({ Name: name = '', Type: type = '' }, i) => [
        name,
        parseValue(name, type, data[i]?.VarCharValue),
      ]),
    ),
  );
}

function parseValue(name: string, type: string, text: string | undefined): Value {
  if (text === undefined) return null;
  switch (type) {
    case 'varchar':
    case 'char':
    case 'date':
    case 'timestamp':
      return text;
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case 'float':
    case 'real':
    case 'double':
    case 'decimal':
      return Number(text);
    case 'boolean':
      return text === 'true';
    default:
      throw new Error(`result column ${name} is of type ${type}, which no answer uses`);
  }
}

/** Sends a call again while Athena is throttling, until the deadline. Its quotas are shared by a whole account. */
async function unthrottled<T>(deadline: number, call: () => Promise<T>): Promise<T> {
  for (let longest = 200; ; longest = Math.min(longest * 2, 5_000)) {
    try {
      return await call();
    } catch (error) {
      if (!isThrottle(error)) throw error;
      const wait = longest * (0.5 + Math.random() / 2);
      if (Date.now() + wait >= deadline) {
        throw new UnavailableError('busy', 'athena is busy; ask again', 5, { cause: error });
      }
      await sleep(wait);
    }
  }
}

function isThrottle(error: unknown): boolean {
  return error instanceof Error && /^(TooManyRequests|Throttling)(Exception)?$/.test(error.name);
}
