import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { removeStacks, startTestStack, temporaryFolder } from './stack.ts';

/**
 * `node test/end-to-end/aws-cli.ts AWS`: what people do with the AWS CLI against the local stack, done with the CLI itself
 * (AWS is its program). Exits with 1 where an answer is not what it should be.
 */
const program = process.argv[2] ?? 'aws';
const stack = await startTestStack();
const checks: { readonly name: string; readonly run: () => Promise<void> }[] = [];
const folder = temporaryFolder();
const lake = stack.outputs.LakeBucket!;
const database = stack.outputs.Database!;

async function aws(...args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: stack.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  };
  const { stdout } = await promisify(execFile)(program, ['--endpoint-url', stack.awsUrl, ...args], {
    env,
  });
  return stdout;
}

async function awsJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await aws(...args, '--output', 'json')) as T;
}

/** Runs one statement to its end and gives its rows, the header left out. */
async function query(sql: string): Promise<string[][]> {
  const { QueryExecutionId: id } = await awsJson<{ QueryExecutionId: string }>(
    ...['athena', 'start-query-execution', '--query-string', sql],
    ...['--query-execution-context', `Database=${database}`],
    ...['--result-configuration', `OutputLocation=s3://${lake}/people/`],
  );
  for (;;) {
    const { QueryExecution } = await awsJson<{
      QueryExecution: { Status: { State: string; StateChangeReason?: string } };
    }>('athena', 'get-query-execution', '--query-execution-id', id);
    const { State, StateChangeReason } = QueryExecution.Status;
    if (State === 'SUCCEEDED') break;
    if (State !== 'QUEUED' && State !== 'RUNNING')
      throw new Error(`${State}: ${StateChangeReason}`);
    await sleep(100);
  }
  const results = await awsJson<{ ResultSet: { Rows: { Data: { VarCharValue?: string }[] }[] } }>(
    ...['athena', 'get-query-results', '--query-execution-id', id],
  );
  return results.ResultSet.Rows.slice(1).map(({ Data }) =>
    Data.map((cell) => cell.VarCharValue ?? ''),
  );
}

function check(name: string, run: () => Promise<void>): void {
  checks.push({ name, run });
}

check('kinesis list-streams, put-record, get-records', async () => {
  const { StreamNames } = await awsJson<{ StreamNames: string[] }>('kinesis', 'list-streams');
  assert.equal(StreamNames.length, 1);
  const [stream] = StreamNames as [string];
  const event = {
    message_id: 'from-the-cli',
    app_id: 'shop',
    type: 'track',
    event: 'home',
    anonymous_id: 'cli',
    anonymous_key: 1,
    event_at: Date.now(),
    received_at: Date.now(),
    is_bot: false,
  };
  const data = join(folder, 'record.json');
  writeFileSync(data, `${JSON.stringify(event)}\n`);
  const { ShardId, SequenceNumber } = await awsJson<{ ShardId: string; SequenceNumber: string }>(
    ...[
      'kinesis',
      'put-record',
      '--stream-name',
      stream,
      '--partition-key',
      'cli',
      '--data',
      `file://${data}`,
    ],
  );
  const { ShardIterator } = await awsJson<{ ShardIterator: string }>(
    ...['kinesis', 'get-shard-iterator', '--stream-name', stream, '--shard-id', ShardId],
    ...[
      '--shard-iterator-type',
      'AT_SEQUENCE_NUMBER',
      '--starting-sequence-number',
      SequenceNumber,
    ],
  );
  const { Records } = await awsJson<{ Records: { Data: string }[] }>(
    ...['kinesis', 'get-records', '--shard-iterator', ShardIterator],
  );
  assert.equal(
    JSON.parse(Buffer.from(Records[0]!.Data, 'base64').toString()).message_id,
    'from-the-cli',
  );
});

check('the record is delivered, built and found by Athena', async () => {
  await stack.build();
  const where = "WHERE app_id = 'shop' AND message_id = 'from-the-cli'";
  assert.deepEqual(await query(`SELECT event, anonymous_id FROM events ${where}`), [
    ['home', 'cli'],
  ]);
  const raw = `SELECT count(*) FROM raw_events WHERE dt >= '2026-01-01' AND message_id = 'from-the-cli'`;
  assert.deepEqual(await query(raw), [['1']]);
});

check('s3 cp, ls, mv and rm', async () => {
  const file = join(folder, 'note.txt');
  writeFileSync(file, 'kept to the letter: ü 𝄞\n');
  await aws('s3', 'cp', file, `s3://${lake}/people/note.txt`);
  await aws('s3', 'mv', `s3://${lake}/people/note.txt`, `s3://${lake}/people/moved.txt`);
  assert.match(await aws('s3', 'ls', `s3://${lake}/people/`), /moved\.txt/);
  assert.equal(
    await aws('s3', 'cp', `s3://${lake}/people/moved.txt`, '-'),
    'kept to the letter: ü 𝄞\n',
  );
  await aws('s3', 'rm', `s3://${lake}/people/moved.txt`);
});

check('glue get-tables and get-partitions', async () => {
  const { TableList } = await awsJson<{ TableList: { Name: string }[] }>(
    ...['glue', 'get-tables', '--database-name', database],
  );
  const names = TableList.map(({ Name }) => Name);
  for (const name of [
    'raw_events',
    'events',
    'funnel_steps',
    'funnel_attempts',
    'funnel_months',
    'dead_letters',
  ]) {
    assert.ok(names.includes(name), `${name} is not among ${names}`);
  }
  const { Partitions } = await awsJson<{ Partitions: { Values: string[] }[] }>(
    ...['glue', 'get-partitions', '--database-name', database, '--table-name', 'events'],
  );
  assert.ok(Partitions.some(({ Values }) => Values[0] === 'shop'));
});

check('firehose, dynamodb and stepfunctions list what there is', async () => {
  const streams = await awsJson<{ DeliveryStreamNames: string[] }>(
    'firehose',
    'list-delivery-streams',
  );
  assert.equal(streams.DeliveryStreamNames.length, 2);
  const tables = await awsJson<{ TableNames: string[] }>('dynamodb', 'list-tables');
  assert.equal(tables.TableNames.length, 3);
  const machines = await awsJson<{ stateMachines: object[] }>(
    'stepfunctions',
    'list-state-machines',
  );
  assert.equal(machines.stateMachines.length, 1);
});

check('lambda invoke: a redrive', async () => {
  const answer = join(folder, 'page.json');
  const invoke = async (payload: object) => {
    const { StatusCode, FunctionError } = await awsJson<{
      StatusCode: number;
      FunctionError?: string;
    }>(
      ...['lambda', 'invoke', '--function-name', 'Millrace-Service-redrive'],
      ...['--payload', JSON.stringify(payload), answer],
    );
    return { StatusCode, FunctionError, page: JSON.parse(readFileSync(answer, 'utf8')) };
  };
  const done = await invoke({ app: 'shop', dry_run: true });
  assert.deepEqual([done.StatusCode, done.page.found, done.page.cursor], [200, 0, null]);
  const refused = await invoke({ app: 'nobody' });
  assert.equal(refused.FunctionError, 'Unhandled');
  assert.match(
    refused.page.errorMessage,
    /app must be the id of an app of the config \(shop\), got "nobody"/,
  );
});

check('cloudwatch list-metrics and get-metric-data', async () => {
  await stack.send('/v1/track', { event: 'home', anonymousId: 'cli' });
  const { Metrics } = await awsJson<{ Metrics: { Namespace: string; MetricName: string }[] }>(
    ...['cloudwatch', 'list-metrics', '--metric-name', 'Accepted'],
  );
  assert.equal(Metrics.length, 1);
  const query = { Id: 'accepted', MetricStat: { Metric: Metrics[0], Period: 3600, Stat: 'Sum' } };
  const { MetricDataResults } = await awsJson<{ MetricDataResults: { Values: number[] }[] }>(
    ...['cloudwatch', 'get-metric-data', '--metric-data-queries', JSON.stringify([query])],
    ...['--start-time', new Date(Date.now() - 3_600_000).toISOString()],
    ...['--end-time', new Date(Date.now() + 3_600_000).toISOString()],
  );
  assert.deepEqual(MetricDataResults[0]?.Values, [1]);
});

let failed = 0;
try {
  for (const { name, run } of checks) {
    try {
      await run();
      console.log(`ok ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
} finally {
  await stack.stop();
  removeStacks();
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
