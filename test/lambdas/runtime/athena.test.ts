import { afterEach, describe, expect, test } from '@jest/globals';
import type { Sql } from '../../../core/sql/quote.ts';
import { type AthenaOptions, parseRows, runStatement } from '../../../lambdas/runtime/athena.ts';
import { type ScriptedAnswer, ScriptedAthena } from './scripted-athena.ts';

const STATEMENT = 'SELECT 1' as Sql;
const STARTED = { QueryExecutionId: 'q-1' };
let service: ScriptedAthena | undefined;

afterEach(async () => {
  await service?.stop();
});

function state(State: string, more: object = {}, DataScannedInBytes = 123): ScriptedAnswer {
  return {
    QueryExecution: {
      QueryExecutionId: 'q-1',
      Status: { State, ...more },
      Statistics: { DataScannedInBytes },
    },
  };
}

function page(values: readonly (readonly (string | null)[])[], NextToken?: string): ScriptedAnswer {
  return {
    NextToken,
    ResultSet: {
      ResultSetMetadata: {
        ColumnInfo: [
          { Name: 'name', Type: 'varchar' },
          { Name: 'n', Type: 'bigint' },
        ],
      },
      Rows: values.map((row) => ({
        Data: row.map((value) => (value === null ? {} : { VarCharValue: value })),
      })),
    },
  };
}

async function run(answers: Record<string, readonly ScriptedAnswer[]>, deadlineMs = 5_000) {
  service = new ScriptedAthena({ StartQueryExecution: [STARTED], ...answers });
  const options: AthenaOptions = {
    client: await service.start(),
    workgroup: 'questions',
    database: 'lake',
    bytesLimit: 1_000_000_000,
  };
  return runStatement(options, STATEMENT, Date.now() + deadlineMs);
}

describe('a statement', () => {
  test('is started in the workgroup with a token, awaited and read to its last page', async () => {
    const result = await run({
      GetQueryExecution: [state('QUEUED'), state('RUNNING'), state('SUCCEEDED')],
      GetQueryResults: [
        page(
          [
            ['name', 'n'],
            ['name', '1'],
          ],
          'next',
        ),
        page([
          ['', '2'],
          [null, null],
        ]),
      ],
    });

    expect(result).toEqual({
      bytesScanned: 123,
      rows: [
        { name: 'name', n: 1 },
        { name: '', n: 2 },
        { name: null, n: null },
      ],
    });
    expect(service?.inputs('StartQueryExecution')).toEqual([
      {
        QueryString: 'SELECT 1',
        QueryExecutionContext: { Database: 'lake' },
        WorkGroup: 'questions',
        ClientRequestToken: expect.stringMatching(/^.{32,128}$/),
      },
    ]);
    expect(service?.inputs('GetQueryResults').map(({ NextToken }) => NextToken)).toEqual([
      undefined,
      'next',
    ]);
  });

  test('that scans more than the limit is a problem with the limit', async () => {
    const failing = run({
      GetQueryExecution: [
        state('CANCELLED', { StateChangeReason: 'Bytes scanned limit was exceeded' }),
      ],
    });
    await expect(failing).rejects.toMatchObject({
      status: 422,
      code: 'scan_limit',
      extensions: { bytes_limit: 1_000_000_000 },
    });
  });

  test('that somebody stopped may be asked again', async () => {
    const failing = run({
      GetQueryExecution: [state('CANCELLED', { StateChangeReason: 'by user' })],
    });
    await expect(failing).rejects.toMatchObject({ status: 503, code: 'stopped' });
  });

  test('that failed for a while may be asked again, another failure is ours', async () => {
    const failed = (Retryable: boolean) =>
      state('FAILED', { StateChangeReason: 'HIVE_ERROR: x', AthenaError: { Retryable } });
    await expect(run({ GetQueryExecution: [failed(true)] })).rejects.toMatchObject({ status: 503 });
    await service?.stop();
    await expect(run({ GetQueryExecution: [failed(false)] })).rejects.toThrow(
      'athena failed on statement q-1: HIVE_ERROR: x',
    );
  });

  test('is stopped at the deadline, and the problem says how to ask for less', async () => {
    const failing = run({ GetQueryExecution: [state('RUNNING')], StopQueryExecution: [{}] }, 300);
    await expect(failing).rejects.toMatchObject({
      status: 504,
      code: 'deadline',
      message: expect.stringContaining('ask for a shorter range'),
    });
    expect(service?.inputs('StopQueryExecution')).toEqual([{ QueryExecutionId: 'q-1' }]);
  });

  test('waits while the account is throttled, and starts once with one token', async () => {
    const throttled = { exception: 'TooManyRequestsException' };
    const result = await run({
      StartQueryExecution: [throttled, throttled, STARTED],
      GetQueryExecution: [throttled, state('SUCCEEDED')],
      GetQueryResults: [throttled, page([['name', 'n']])],
    });
    expect(result.rows).toEqual([]);
    const tokens = service?.inputs('StartQueryExecution').map((input) => input.ClientRequestToken);
    expect(tokens?.length).toBe(3);
    expect(new Set(tokens).size).toBe(1);
  });

  test('gives up where the account stays throttled', async () => {
    const failing = run({ StartQueryExecution: [{ exception: 'TooManyRequestsException' }] }, 500);
    await expect(failing).rejects.toMatchObject({ status: 503, code: 'busy' });
  });
});

test('values are of their columns’ types', () => {
  const types = ['varchar', 'bigint', 'bigint', 'double', 'boolean', 'integer', 'decimal'];
  const texts = ['7', '9007199254740993', '-5', '1.5E-3', 'true', '3', '0.25'];
  const [row] = parseRows(
    types.map((Type, i) => ({ Name: `c${i}`, Type })),
    [{ Data: texts.map((VarCharValue) => ({ VarCharValue })) }],
  );
  expect(Object.values(row ?? {})).toEqual(['7', '9007199254740993', -5, 0.0015, true, 3, 0.25]);
  expect(() =>
    parseRows([{ Name: 'x', Type: 'array' }], [{ Data: [{ VarCharValue: '[1]' }] }]),
  ).toThrow('result column x is of type array, which no answer uses');
});
