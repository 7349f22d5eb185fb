import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Caller, ServiceError } from '../../../local/service.ts';
import { parquetTable, ROOT, Stack } from './stack.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await new Stack().open();
  await stack.call(
    'CreateTable',
    parquetTable('events', { id: 'bigint', event: 'string', amount: 'double' }, [
      'app_id',
      'event_date',
    ]),
  );
  const folder = (date: string): string => `tables/events/app_id=shop/event_date=${date}/run=1/`;
  await stack.partition(
    'events',
    ['shop', '2026-01-01'],
    folder('2026-01-01'),
    "SELECT CAST(x AS bigint) AS id, 'a' AS event FROM (VALUES 1, 2, 3) AS t (x)",
  );
  await stack.partition(
    'events',
    ['shop', '2026-01-02'],
    folder('2026-01-02'),
    "SELECT CAST(x AS bigint) AS id, 'b' AS event, 1.5e0 AS amount FROM (VALUES 4, 5) AS t (x)",
  );
  await stack.partition(
    'events',
    ['shop', '2026-01-03'],
    'elsewhere/event_date=2026-01-09/',
    "SELECT CAST(6 AS bigint) AS id, 'c' AS event, 2e0 AS amount",
  );
  await stack.partition(
    'events',
    ['shop', '2026-01-04'],
    'nothing/here/',
    'SELECT CAST(6 AS bigint) AS id WHERE false',
  );
});

afterAll(() => stack.close());

test('a statement of twenty windows, each over the one before it, is planned at once', async () => {
  // Without what local/athena/materialize.ts does, the planner needs hours.
  const names = Array.from({ length: 20 }, (_, i) => `level_${i + 1}`);
  const levels = names.map(
    (name, i) => `${name} AS (
      SELECT event, max(id) OVER (PARTITION BY event ORDER BY id) AS id
      FROM ${i === 0 ? 'events' : names[i - 1]} WHERE id IS NOT NULL
    )`,
  );
  const rows = await stack.rows(`WITH ${levels.join(', ')} SELECT count(*) FROM level_20`);
  expect(rows).toEqual([['6']]);
});

describe('tables with registered partitions', () => {
  test('columns that a file does not have are NULL, keys come from the catalog and not from the path', async () => {
    const rows = await stack.rows('SELECT * FROM events WHERE id IN (3, 4, 6) ORDER BY id');
    expect(rows).toEqual([
      ['3', 'a', undefined, 'shop', '2026-01-01'],
      ['4', 'b', '1.5', 'shop', '2026-01-02'],
      ['6', 'c', '2.0', 'shop', '2026-01-03'],
    ]);
  });

  test.each([
    ["event_date = '2026-01-02'", '2'],
    ["event_date BETWEEN '2026-01-02' AND '2026-01-03' AND app_id = 'shop'", '3'],
    ["event_date IN ('2026-01-01', '2026-01-04')", '3'],
    ["NOT (event_date < '2026-01-03') OR e.event_date = '2026-01-01'", '4'],
    ["app_id || event_date >= 'shop2026-01-02'", '3'],
    ["e.app_id = 'other'", '0'],
    ["event_date IS NOT NULL AND CAST(event_date AS date) > DATE '2026-01-01'", '3'],
  ])('WHERE %s finds the rows of its partitions', async (condition, count) => {
    expect(await stack.rows(`SELECT count(*) FROM events AS e WHERE ${condition}`)).toEqual([
      [count],
    ]);
  });

  test('only files of partitions that may match, and only used columns, are scanned', async () => {
    const all = await stack.run('SELECT * FROM events');
    const day = await stack.run("SELECT * FROM events WHERE event_date = '2026-01-02'");
    const column = await stack.run("SELECT id FROM events WHERE event_date = '2026-01-02'");
    const none = await stack.run("SELECT id FROM events WHERE event_date = '2027-01-02'");
    const named = await stack.run(
      "WITH ids AS (SELECT id FROM events WHERE event_date = '2026-01-02') SELECT * FROM (SELECT * FROM ids)",
    );
    expect([all.bytes > day.bytes, day.bytes > column.bytes, column.bytes > 0, none.bytes]).toEqual(
      [true, true, true, 0],
    );
    expect(named.bytes).toBe(column.bytes);
  });

  test('a condition on the optional side of an outer join leaves out no partition that it needs', async () => {
    const sql = `SELECT a.id, b.id FROM events AS a LEFT JOIN events AS b ON a.id = b.id
      WHERE b.event_date IS NULL OR b.event_date = '2026-01-02' ORDER BY 1`;
    expect(await stack.rows(sql)).toEqual([
      ['4', '4'],
      ['5', '5'],
    ]);
  });

  test('a swap of a partition is seen by the next query', async () => {
    await stack.call('CreateTable', parquetTable('swapped', { x: 'bigint' }, ['d']));
    await stack.partition('swapped', ['1'], 'swapped/run=1/', 'SELECT CAST(1 AS bigint) AS x');
    const before = await stack.rows('SELECT x FROM swapped');
    await stack.run(
      "CREATE TABLE other WITH (external_location = 's3://lake/swapped/run=2/') AS SELECT CAST(2 AS bigint) AS x",
    );
    await stack.call('UpdatePartition', {
      DatabaseName: 'lake',
      TableName: 'swapped',
      PartitionValueList: ['1'],
      PartitionInput: {
        Values: ['1'],
        StorageDescriptor: { Location: 's3://lake/swapped/run=2/' },
      },
    });
    expect([before, await stack.rows('SELECT x FROM swapped')]).toEqual([[['1']], [['2']]]);
  });
});

describe('projected and JSON tables', () => {
  test('partition projection finds objects by their path and leaves out what lies outside of it', async () => {
    const parameters = {
      'projection.enabled': 'true',
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy-MM-dd',
      'projection.dt.range': '2026-01-01,2026-01-31',
      'projection.hour.type': 'integer',
      'projection.hour.range': '0,23',
      'projection.hour.digits': '2',
    };
    await stack.call(
      'CreateTable',
      parquetTable('raw', { x: 'bigint' }, ['dt', 'hour'], parameters),
    );
    for (const [n, folder] of [
      'dt=2026-01-05/hour=07',
      'dt=2026-01-05/hour=08',
      'dt=2025-12-31/hour=08',
      'dt=2026-01-05/hour=8',
    ].entries())
      await stack.run(
        `CREATE TABLE t${n} WITH (external_location = 's3://lake/raw/${folder}/') AS SELECT CAST(${n} AS bigint) AS x`,
      );
    expect(await stack.rows('SELECT x, dt, hour FROM raw ORDER BY x')).toEqual([
      ['0', '2026-01-05', '07'],
      ['1', '2026-01-05', '08'],
    ]);
    expect(await stack.rows("SELECT x FROM raw WHERE dt = '2026-01-05' AND hour > '07'")).toEqual([
      ['1'],
    ]);
  });

  test('JSON lines, compressed too, are read with the declared columns; objects are JSON text', async () => {
    const { TableInput } = parquetTable('letters', {
      code: 'string',
      n: 'bigint',
      payload: 'string',
    }) as { TableInput: { StorageDescriptor: object } };
    const StorageDescriptor = {
      ...TableInput.StorageDescriptor,
      SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
    };
    await stack.call('CreateTable', {
      DatabaseName: 'lake',
      TableInput: { ...TableInput, StorageDescriptor },
    });
    await stack.store.put(
      'lake',
      'letters/a.json',
      '{"code":"x","n":1,"payload":{"a":[1]},"more":1}\n',
    );
    await stack.store.put('lake', 'letters/b.gz', gzipSync('{"code":"y"}\n'));
    expect(await stack.rows('SELECT code, n, payload FROM letters ORDER BY code')).toEqual([
      ['x', '1', '{"a":[1]}'],
      ['y', undefined, undefined],
    ]);
  });
});

describe('the dialect', () => {
  test.each([
    ['SELECT list_sum(ARRAY[1])', "FUNCTION_NOT_FOUND: Function 'list_sum' not registered"],
    ["SELECT * FROM read_csv('x')", "FUNCTION_NOT_FOUND: Function 'read_csv' not registered"],
    [
      'SELECT reduce(ARRAY[1], 0, (s, x) -> s + x, s -> s)',
      'NOT_SUPPORTED: function reduce is not supported on one machine',
    ],
    ['SELECT 1::bigint', "SYNTAX_ERROR: line 1:9: mismatched input '::'"],
    ["SELECT * FROM 'x.parquet'", "SYNTAX_ERROR: mismatched input 'FROM 'x.parquet''"],
    [
      'SELECT * FROM events MATCH_RECOGNIZE (x)',
      'NOT_SUPPORTED: MATCH_RECOGNIZE is not supported on one machine',
    ],
    [
      'INSERT INTO events VALUES (1)',
      'NOT_SUPPORTED: the statement INSERT is not supported on one machine',
    ],
    [
      'SELECT nope FROM events',
      "COLUMN_NOT_FOUND: line 1:1: Column 'nope' cannot be resolved or requester is not authorized to access requested resources",
    ],
    ['SELECT * FROM nope', "TABLE_NOT_FOUND: Table 'awsdatacatalog.lake.nope' does not exist"],
    [
      'WITH a AS MATERIALIZED (SELECT 1 AS n) SELECT n FROM a',
      "SYNTAX_ERROR: mismatched input 'MATERIALIZED'",
    ],
    [
      'SELECT max(n) FILTER (WHERE n > 1) OVER () FROM (VALUES 1) AS t (n)',
      'NOT_SUPPORTED: FILTER is not yet supported for window functions',
    ],
    [
      'SELECT count(DISTINCT n) OVER () FROM (VALUES 1) AS t (n)',
      'NOT_SUPPORTED: DISTINCT in window function parameters not yet supported',
    ],
    ['SELECT 1; SELECT 2', 'SYNTAX_ERROR: Only one sql statement is allowed'],
  ])('%s fails by name', async (sql, reason) => {
    const ended = await stack.run(sql);
    expect([ended.state, ended.reason]).toEqual(['FAILED', reason]);
  });

  test('names in strings, quoted names and comments are never taken for functions or tables', async () => {
    const sql = `SELECT 'list_sum(1) -- x' AS "list_sum", "event" /* from nope; ? */ FROM "awsdatacatalog"."lake"."events" -- ; é
      WHERE id = 1 AND 'é' <> 'e'`;
    expect(await stack.rows(sql)).toEqual([['list_sum(1) -- x', 'a']]);
  });

  test('a WITH query hides a table of the same name', async () => {
    expect(await stack.rows('WITH events AS (SELECT 1 AS x) SELECT x FROM events')).toEqual([
      ['1'],
    ]);
  });

  test('parameters stand in for ? as SQL literals, and their number counts', async () => {
    const sql = 'SELECT event FROM events WHERE id = ? AND event = ?';
    expect(await stack.rows(sql, { ExecutionParameters: ['1', "'a'"] })).toEqual([['a']]);
    expect(
      await stack.rows(sql, { ExecutionParameters: ["CAST('1' AS bigint)", "'it''s'"] }),
    ).toEqual([]);
    const wrong = await stack.run(sql, { ExecutionParameters: ['1'] });
    expect(wrong.reason).toMatch(/Incorrect number of parameters: expected 2 but found 1/);
    const injected = await stack.run(sql, { ExecutionParameters: ['1', "'a') OR (1 = 1"] });
    expect(injected.reason).toMatch(/^INVALID_PARAMETER_USAGE/);
  });
});

describe('results', () => {
  test('a header first, types, Java-like doubles, pages of at most 1000, the same in the CSV file', async () => {
    const ended = await stack.run(
      "SELECT n, n / 4e0 AS q, CASE WHEN n = 2 THEN 'a \"b\"' END AS s, TIMESTAMP '2026-01-02 03:04:05' FROM UNNEST(sequence(1, 2500)) AS t (n) ORDER BY n",
    );
    const pages: { VarCharValue?: string }[][] = [];
    let NextToken: unknown;
    let metadata: { Name: string; Type: string }[] = [];
    do {
      const page = await stack.call('GetQueryResults', {
        QueryExecutionId: ended.id,
        MaxResults: 1000,
        NextToken,
      });
      const set = page.ResultSet as { Rows: { Data: [] }[]; ResultSetMetadata: { ColumnInfo: [] } };
      expect(set.Rows.length).toBeLessThanOrEqual(1000);
      pages.push(...set.Rows.map((row) => row.Data));
      metadata = set.ResultSetMetadata.ColumnInfo;
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(metadata.map(({ Name, Type }) => `${Name} ${Type}`)).toEqual([
      'n bigint',
      'q double',
      's varchar',
      '_col3 timestamp',
    ]);
    expect(pages).toHaveLength(2501);
    expect(pages[0]!.map((item) => item.VarCharValue)).toEqual(['n', 'q', 's', '_col3']);
    expect(pages[2]!.map((item) => item.VarCharValue)).toEqual([
      '2',
      '0.5',
      'a "b"',
      '2026-01-02 03:04:05.000',
    ]);
    expect(pages[1]![2]).toEqual({});
    const file = Buffer.from(await stack.store.get('lake', `results/${ended.id}.csv`)).toString();
    expect(file.split('\n').slice(0, 3)).toEqual([
      '"n","q","s","_col3"',
      '"1","0.25",,"2026-01-02 03:04:05.000"',
      '"2","0.5","a ""b""","2026-01-02 03:04:05.000"',
    ]);
  });

  test('SHOW and DESCRIBE answer lines without a header', async () => {
    const { id } = await stack.run('SHOW PARTITIONS events');
    const answer = await stack.call('GetQueryResults', { QueryExecutionId: id, MaxResults: 2 });
    const { Rows } = answer.ResultSet as { Rows: object[] };
    expect(Rows[0]).toEqual({ Data: [{ VarCharValue: 'app_id=shop/event_date=2026-01-01' }] });
    expect([Rows.length, typeof answer.NextToken]).toEqual([2, 'string']);
  });
});

describe('CREATE TABLE AS', () => {
  const ctas = (name: string, properties: string): string =>
    `CREATE TABLE ${name} WITH (${properties}) AS SELECT count(*) AS n, sum(id) AS s FROM events`;

  test('writes Parquet to the location and a table with the columns of the query', async () => {
    const ended = await stack.run(
      ctas(
        'made',
        "format = 'PARQUET', write_compression = 'ZSTD', external_location = 's3://lake/made/'",
      ),
    );
    const { Table } = (await stack.call('GetTable', { DatabaseName: 'lake', Name: 'made' })) as {
      Table: { StorageDescriptor: { Columns: object[]; Location: string } };
    };
    expect(ended.state).toBe('SUCCEEDED');
    expect(Table.StorageDescriptor.Columns).toEqual([
      { Name: 'n', Type: 'bigint' },
      { Name: 's', Type: 'bigint' },
    ]);
    expect(Table.StorageDescriptor.Location).toBe('s3://lake/made/');
    expect(await stack.rows('SELECT * FROM made')).toEqual([['6', '21']]);
    expect(readdirSync(stack.store.path('lake', 'made'))).toHaveLength(1);
  });

  test('never writes to a place that holds objects, and DROP TABLE leaves the data', async () => {
    await stack.run(ctas('first', "external_location = 's3://lake/taken/'"));
    await stack.run('DROP TABLE first');
    const again = await stack.run(ctas('second', "external_location = 's3://lake/taken/'"));
    expect(again.reason).toMatch(
      /^HIVE_PATH_ALREADY_EXISTS: Target directory for table 'lake.second' already exists/,
    );
  });

  test.each([
    ["bucketed_by = ARRAY['n']", 'NOT_SUPPORTED: the table property bucketed_by'],
    ["format = 'ORC'", 'NOT_SUPPORTED: the table format ORC'],
    ["write_compression = 'LZO'", 'NOT_SUPPORTED: the compression LZO'],
  ])('WITH (%s) fails by name', async (property, reason) => {
    const ended = await stack.run(
      ctas('refused', `${property}, external_location = 's3://lake/refused/'`),
    );
    expect(ended.reason).toContain(reason);
  });
});

describe('workgroups', () => {
  const create = (name: string, WorkGroupConfiguration: object): void => {
    const resource = { logicalId: name, type: 'AWS::Athena::WorkGroup', generatedName: name };
    stack.athena.resources['AWS::Athena::WorkGroup']!.create({
      ...resource,
      properties: { Name: name, WorkGroupConfiguration },
    });
  };

  test('an enforced one keeps its own output location and refuses external_location', async () => {
    create('query', {
      EnforceWorkGroupConfiguration: true,
      ResultConfiguration: { OutputLocation: 's3://lake/own/' },
    });
    const ended = await stack.run('SELECT 1', { WorkGroup: 'query' });
    expect(ended.execution.ResultConfiguration).toEqual({
      OutputLocation: `s3://lake/own/${ended.id}.csv`,
    });
    const ctas = await stack.run(
      "CREATE TABLE t WITH (external_location = 's3://lake/t/') AS SELECT 1 AS x",
      { WorkGroup: 'query' },
    );
    expect(ctas.reason).toMatch(/Workgroup that enforces a centralized output location/);
  });

  test('a query that would scan more than the limit is cancelled', async () => {
    create('small', {
      EnforceWorkGroupConfiguration: false,
      BytesScannedCutoffPerQuery: 10_000_000,
    });
    await stack.run(
      "CREATE TABLE big WITH (external_location = 's3://lake/big/', write_compression = 'NONE') AS SELECT n, to_hex(sha256(to_utf8(CAST(n AS varchar)))) AS h FROM UNNEST(sequence(1, 300000)) AS t (n)",
    );
    const wide = await stack.run('SELECT max(h) FROM big', { WorkGroup: 'small' });
    const narrow = await stack.run('SELECT max(n) FROM big', { WorkGroup: 'small' });
    expect([wide.state, wide.reason]).toEqual(['CANCELLED', 'Bytes scanned limit was exceeded']);
    expect(narrow.state).toBe('SUCCEEDED');
  });

  test('an unknown property of its configuration is refused by name', () => {
    expect(() => create('odd', { ManagedQueryResultsConfiguration: { Enabled: true } })).toThrow(
      'ManagedQueryResultsConfiguration',
    );
  });
});

describe('queries', () => {
  test('the same request token gives the same query, another statement under it is an error', async () => {
    const token = { ClientRequestToken: 'a'.repeat(32) };
    const first = await stack.start('SELECT 1', token);
    expect(await stack.start('SELECT 1', token)).toBe(first);
    await expect(stack.start('SELECT 2', token)).rejects.toThrow(
      'Idempotent parameters do not match',
    );
  });

  test('a running query can be stopped, and others run beside it', async () => {
    const slow = await stack.start(
      'SELECT sum(a.n * b.n) FROM UNNEST(sequence(1, 1000000)) AS a (n) CROSS JOIN UNNEST(sequence(1, 100000)) AS b (n)',
    );
    expect(await stack.rows('SELECT 1')).toEqual([['1']]);
    await stack.call('StopQueryExecution', { QueryExecutionId: slow });
    const ended = await stack.ended(slow);
    expect([ended.state, ended.reason]).toEqual(['CANCELLED', 'Query cancelled by user']);
  });

  test('a query of a process that died has failed, one that had ended has not', async () => {
    const other = await new Stack().open();
    const done = await other.run('SELECT 1');
    const cut = await other.start('SELECT 1');
    const restarted = new Stack(other.folder);
    const [after, before] = [await restarted.ended(cut), await restarted.ended(done.id)];
    expect([before.state, after.state]).toEqual(['SUCCEEDED', 'FAILED']);
    expect(after.reason).toMatch('the local stack stopped while the query ran');
    await restarted.athena.close();
    await other.close();
  });
});

describe('permissions', () => {
  /** May do all but one action. */
  const without = (denied: string, resource = /./): Caller => ({
    principal: 'role',
    authorize: (action, on) => {
      if (action === denied && resource.test(on))
        throw new ServiceError('AccessDeniedException', `role may not ${action} on ${on}`);
    },
  });

  test.each([
    ['glue:GetTable', /table\/lake\/events$/, 'Insufficient permissions to execute the query'],
    ['glue:GetPartitions', /./, 'Insufficient permissions to execute the query'],
    ['s3:GetObject', /tables\/events/, 'Permission denied on S3 path: s3://lake/tables/events/'],
    ['s3:ListBucket', /./, 'Permission denied on S3 path: s3://lake/tables/events/'],
    ['s3:PutObject', /results\//, 'Permission denied on S3 path: s3://lake/results/'],
  ])('without %s the query fails with what is missing', async (action, resource, reason) => {
    const ended = await stack.run('SELECT count(*) FROM events', {}, without(action, resource));
    expect(ended.state).toBe('FAILED');
    expect(ended.reason).toMatch(reason);
    expect(ended.reason).toMatch(`role may not ${action}`);
  });

  test('a result can be read by those only who may read its file', async () => {
    const { id } = await stack.run('SELECT 1');
    const caller = without('s3:GetObject', /results\//);
    await expect(stack.call('GetQueryResults', { QueryExecutionId: id }, caller)).rejects.toThrow(
      'may not s3:GetObject',
    );
  });

  test('without glue:CreateTable a CTAS fails before it writes', async () => {
    const ended = await stack.run(
      "CREATE TABLE d WITH (external_location = 's3://lake/denied/') AS SELECT 1 AS x",
      {},
      without('glue:CreateTable'),
    );
    expect(ended.reason).toMatch('glue:CreateTable');
    expect(await stack.store.list('lake', 'denied/')).toEqual([]);
  });

  test('without athena:StartQueryExecution the call itself is refused', async () => {
    await expect(
      stack.start('SELECT 1', {}, without('athena:StartQueryExecution')),
    ).rejects.toThrow('may not');
    expect(ROOT.principal).toBe('root');
  });
});
