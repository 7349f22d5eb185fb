import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Caller, type Operation, ServiceError } from '../service.ts';
import { invalidRequest, QueryError } from './errors.ts';
import { type Execution, type Executions, isEnded } from './executions.ts';
import { parseLocation } from './files.ts';
import {
  type Fields,
  integerField,
  objectField,
  optionalStringField,
  optionalStringsField,
  stringField,
} from './input.ts';
import { type ResultPage, readPage } from './results.ts';
import {
  CancelledError,
  type Control,
  type RunContext,
  reasonOf,
  runStatement,
  statementOf,
  statementTypes,
} from './run.ts';
import type { Statement } from './statement.ts';
import { authorizeWorkGroup } from './workgroup-operations.ts';
import type { WorkGroup, WorkGroups } from './workgroups.ts';

/** Longest statement that Athena takes. */
const MAX_QUERY_BYTES = 262_144;

interface QueriesOptions {
  readonly run: RunContext;
  readonly executions: Executions;
  readonly workgroups: WorkGroups;
}

/** Operations on queries, and a way to end them all. */
export interface Queries {
  readonly operations: Record<string, Operation>;
  stop(): Promise<void>;
}

/** StartQueryExecution, GetQueryExecution, GetQueryResults and their kin. */
export function queryOperations(options: QueriesOptions): Queries {
  const { executions } = options;
  const running = new Running(options);
  const open = (fields: Fields, caller: Caller, action: string): Execution => {
    const execution = executions.get(stringField(fields, 'QueryExecutionId'));
    authorizeWorkGroup(caller, options.run.place, action, execution.workgroup);
    return execution;
  };
  return {
    stop: () => running.stop(),
    operations: {
      StartQueryExecution: (fields, caller) => start(options, running, fields, caller),
      GetQueryExecution: (fields, caller) => ({
        QueryExecution: described(open(fields, caller, 'GetQueryExecution')),
      }),
      BatchGetQueryExecution: (fields, caller) => {
        const found = (optionalStringsField(fields, 'QueryExecutionIds') ?? []).map((id) => {
          try {
            return described(open({ QueryExecutionId: id }, caller, 'BatchGetQueryExecution'));
          } catch (error) {
            if (!(error instanceof ServiceError) || error.code !== 'InvalidRequestException')
              throw error;
            return { QueryExecutionId: id, ErrorCode: error.code, ErrorMessage: error.message };
          }
        });
        return {
          QueryExecutions: found.filter((item) => 'Status' in item),
          UnprocessedQueryExecutionIds: found.filter((item) => 'ErrorCode' in item),
        };
      },
      StopQueryExecution: (fields, caller) => {
        running.cancel(open(fields, caller, 'StopQueryExecution').id);
        return {};
      },
      ListQueryExecutions: (fields, caller) => {
        const workgroup = optionalStringField(fields, 'WorkGroup') ?? 'primary';
        authorizeWorkGroup(caller, options.run.place, 'ListQueryExecutions', workgroup);
        const limit = integerField(fields, 'MaxResults', 0, 50, 50);
        const from = Number(optionalStringField(fields, 'NextToken') ?? 0);
        const ids = executions.ids(workgroup);
        const NextToken = from + limit < ids.length ? String(from + limit) : undefined;
        return { QueryExecutionIds: ids.slice(from, from + limit), NextToken };
      },
      GetQueryResults: (fields, caller) =>
        results(options, open(fields, caller, 'GetQueryResults'), fields, caller),
    },
  };
}

function start(options: QueriesOptions, running: Running, fields: Fields, caller: Caller): object {
  const query = stringField(fields, 'QueryString');
  if (Buffer.byteLength(query) > MAX_QUERY_BYTES)
    throw invalidRequest(
      `QueryString has ${Buffer.byteLength(query)} bytes, at most ${MAX_QUERY_BYTES} are allowed`,
    );
  const name = optionalStringField(fields, 'WorkGroup') ?? 'primary';
  authorizeWorkGroup(caller, options.run.place, 'StartQueryExecution', name);
  const workgroup = options.workgroups.get(name);
  const context = objectField(fields, 'QueryExecutionContext');
  const parameters = optionalStringsField(fields, 'ExecutionParameters');
  const database = optionalStringField(context, 'Database')?.toLowerCase();
  const output = outputOf(workgroup, objectField(fields, 'ResultConfiguration'));
  const token = optionalStringField(fields, 'ClientRequestToken');
  const request = { query, parameters, database, name };
  if (token !== undefined) {
    if (token.length < 32 || token.length > 128)
      throw invalidRequest(
        `ClientRequestToken must have 32 to 128 characters, got ${token.length}`,
      );
    const before = options.executions.byToken(token, request);
    if (before !== null) return { QueryExecutionId: before };
  }
  const statement = readStatement(query, parameters);
  const execution: Execution = {
    id: randomUUID(),
    query,
    parameters,
    workgroup: name,
    database,
    catalog: optionalStringField(context, 'Catalog'),
    output,
    submittedAt: Date.now(),
    state: 'QUEUED',
    bytesScanned: 0,
    ...(statement instanceof QueryError ? { statementType: 'DML' } : statementTypes(statement)),
  };
  options.executions.put(execution);
  if (token !== undefined) options.executions.putToken(token, request, execution.id);
  running.start(execution, statement, workgroup, caller);
  return { QueryExecutionId: execution.id };
}

/** A statement that cannot be read is started all the same, and fails, as on AWS. */
function readStatement(query: string, parameters?: readonly string[]): Statement | QueryError {
  try {
    return statementOf(query, parameters);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return error;
  }
}

function outputOf(workgroup: WorkGroup, configuration: Fields): string {
  const asked = optionalStringField(configuration, 'OutputLocation');
  const output = workgroup.enforced
    ? workgroup.outputLocation
    : (asked ?? workgroup.outputLocation);
  if (output === undefined) {
    throw invalidRequest(
      'No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.',
    );
  }
  if (!output.startsWith('s3://'))
    throw invalidRequest(`outputLocation is not a valid S3 path: ${output}`);
  return output;
}

/** Queries that have not ended. */
class Running {
  readonly #options: QueriesOptions;
  readonly #controls = new Map<string, { control: Control; ended: Promise<void> }>();

  constructor(options: QueriesOptions) {
    this.#options = options;
  }

  start(
    queued: Execution,
    statement: Statement | QueryError,
    workgroup: WorkGroup,
    caller: Caller,
  ): void {
    const { executions } = this.#options;
    let execution = queued;
    const control: Control = {
      cancelled: false,
      started: () => {
        // Not on disk: after a kill it has failed, whether it was queued or ran.
        execution = executions.note({ ...queued, state: 'RUNNING', startedAt: Date.now() });
      },
    };
    const ended = this.#end(() => execution, statement, workgroup, caller, control).finally(() =>
      this.#controls.delete(execution.id),
    );
    this.#controls.set(execution.id, { control, ended });
  }

  cancel(id: string): void {
    const found = this.#controls.get(id);
    if (found === undefined) return;
    found.control.cancelled = true;
    found.control.connection?.interrupt();
  }

  async stop(): Promise<void> {
    const ends = [...this.#controls].map(([id, { ended }]) => {
      this.cancel(id);
      return ended;
    });
    await Promise.all(ends);
  }

  async #end(
    latest: () => Execution,
    statement: Statement | QueryError,
    workgroup: WorkGroup,
    caller: Caller,
    control: Control,
  ): Promise<void> {
    const { executions, run } = this.#options;
    // A turn later, so that the caller has its answer first.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      if (statement instanceof QueryError) throw statement;
      const outcome = await runStatement(run, latest(), statement, workgroup, caller, control);
      executions.put({ ...latest(), ...outcome, state: 'SUCCEEDED', completedAt: Date.now() });
    } catch (error) {
      const completedAt = Date.now();
      if (error instanceof CancelledError || control.cancelled) {
        const bytesScanned = error instanceof CancelledError ? error.bytesScanned : 0;
        const reason = error instanceof CancelledError ? error.message : 'Query cancelled by user';
        executions.put({ ...latest(), state: 'CANCELLED', reason, bytesScanned, completedAt });
      } else executions.put({ ...latest(), state: 'FAILED', reason: reasonOf(error), completedAt });
    }
  }
}

function described(execution: Execution): Record<string, unknown> {
  const seconds = (ms: number | undefined): number | undefined =>
    ms === undefined ? undefined : ms / 1000;
  const { submittedAt, startedAt, completedAt, reason } = execution;
  const total = (completedAt ?? Date.now()) - submittedAt;
  // One that failed before the engine took it up has only waited.
  const queued = (startedAt ?? completedAt ?? Date.now()) - submittedAt;
  return {
    QueryExecutionId: execution.id,
    Query: execution.query,
    StatementType: execution.statementType,
    SubstatementType: execution.substatementType,
    ExecutionParameters: execution.parameters,
    WorkGroup: execution.workgroup,
    QueryExecutionContext: { Database: execution.database, Catalog: execution.catalog },
    ResultConfiguration: { OutputLocation: execution.resultLocation ?? execution.output },
    ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
    EngineVersion: {
      SelectedEngineVersion: 'AUTO',
      EffectiveEngineVersion: 'Athena engine version 3',
    },
    Status: {
      State: execution.state,
      StateChangeReason: reason,
      SubmissionDateTime: seconds(submittedAt),
      CompletionDateTime: seconds(completedAt),
      AthenaError: execution.state === 'FAILED' ? athenaError(reason ?? '') : undefined,
    },
    Statistics: {
      DataScannedInBytes: Math.round(execution.bytesScanned),
      DataManifestLocation: execution.manifestLocation,
      EngineExecutionTimeInMillis: total - queued,
      TotalExecutionTimeInMillis: total,
      QueryQueueTimeInMillis: queued,
      ServiceProcessingTimeInMillis: 0,
      ResultReuseInformation: { ReusedPreviousResult: false },
    },
  };
}

/** Category 1 is Athena's own failure, 2 the user's. */
function athenaError(reason: string): object {
  const system = reason.startsWith('GENERIC_INTERNAL_ERROR');
  return {
    ErrorCategory: system ? 1 : 2,
    ErrorType: system ? 401 : 1006,
    Retryable: system,
    ErrorMessage: reason,
  };
}

async function results(
  options: QueriesOptions,
  execution: Execution,
  fields: Fields,
  caller: Caller,
): Promise<object> {
  const { id, state, columns = [], header = false } = execution;
  if (!isEnded(execution))
    throw invalidRequest(`Query has not yet finished. Current state: ${state}`);
  if (state !== 'SUCCEEDED' || execution.resultLocation === undefined)
    throw invalidRequest(`Query did not finish successfully. Final query state: ${state}`);
  // Athena reads the result's file with the caller's permission.
  caller.authorize('s3:GetObject', execution.resultLocation.replace('s3://', 'arn:aws:s3:::'));
  const limit = integerField(fields, 'MaxResults', 1, 1000, 1000);
  const token = optionalStringField(fields, 'NextToken') ?? `${id}:0`;
  const [owner, at] = [token.slice(0, token.lastIndexOf(':')), Number(token.split(':').at(-1))];
  if (owner !== id || !Number.isInteger(at))
    throw invalidRequest(`NextToken ${token} is not one of query ${id}`);
  const found = await pageOf(options, execution, at, limit, header);
  return {
    UpdateCount: execution.updateCount ?? 0,
    NextToken: found.next === null ? undefined : `${id}:${found.next}`,
    ResultSet: {
      Rows: found.rows.map((row) => ({
        Data: row.map((value) => (value === null ? {} : { VarCharValue: value })),
      })),
      ResultSetMetadata: {
        ColumnInfo: columns.map((column) => ({
          CatalogName: 'hive',
          SchemaName: '',
          TableName: '',
          Name: column.name,
          Label: column.name,
          Type: column.type,
          Precision: column.precision,
          Scale: column.scale,
          Nullable: 'UNKNOWN',
          CaseSensitive: column.type === 'varchar',
        })),
      },
    },
  };
}

async function pageOf(
  options: QueriesOptions,
  { columns = [], resultLocation }: Execution,
  at: number,
  limit: number,
  header: boolean,
): Promise<ResultPage> {
  if (columns.length === 0) return { rows: [], next: null };
  const { bucket, prefix } = parseLocation(resultLocation!);
  const path = options.run.store.path(bucket, prefix);
  if (header) return readPage(path, at, limit);
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  const next = at + limit < lines.length ? at + limit : null;
  return { rows: lines.slice(at, at + limit).map((line) => [line]), next };
}
