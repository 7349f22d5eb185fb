import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchClient,
  GetMetricDataCommand,
  ListMetricsCommand,
  type MetricDataQuery,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { metricLine } from '../../../lambdas/runtime/metrics.ts';
import { type CloudWatch, createCloudWatch } from '../../../local/cloudwatch/cloudwatch.ts';
import { startStack, temporaryFolder } from '../gateway/local-stack.ts';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 10, 21, 18);
const NAMESPACE = 'Millrace/test';
const ROLES = [
  { logicalId: 'Reader', accessKeyId: 'READER', statements: [] },
  {
    logicalId: 'Counter',
    accessKeyId: 'COUNTER',
    statements: [{ Effect: 'Allow', Action: 'cloudwatch:GetMetricData', Resource: '*' }],
  },
];

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let cloudwatch: CloudWatch;
let stack: Awaited<ReturnType<typeof startStack>>;
beforeEach(async () => {
  temporary = await temporaryFolder();
  cloudwatch = createCloudWatch(temporary.folder);
  stack = await startStack({ services: [cloudwatch.service], roles: ROLES });
});
afterEach(async () => {
  await stack.close();
  cloudwatch.close();
  await temporary.remove();
});

function client(accessKeyId = 'person'): CloudWatchClient {
  return new CloudWatchClient({
    endpoint: stack.url,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'local' },
    maxAttempts: 1,
  });
}

function query(name: string, app: string | undefined, stat = 'Sum'): MetricDataQuery {
  return {
    Id: name.toLowerCase(),
    MetricStat: {
      Metric: {
        Namespace: NAMESPACE,
        MetricName: name,
        Dimensions: app === undefined ? [] : [{ Name: 'App', Value: app }],
      },
      Period: 3600,
      Stat: stat,
    },
  };
}

async function ask(queries: MetricDataQuery[], accessKeyId?: string) {
  const { MetricDataResults = [] } = await client(accessKeyId).send(
    new GetMetricDataCommand({
      StartTime: new Date(START),
      EndTime: new Date(START + 2 * HOUR_MS),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: queries,
    }),
  );
  return MetricDataResults.map(({ Timestamps = [], Values = [] }) =>
    Timestamps.map((time, i) => [(time.getTime() - START) / HOUR_MS, Values[i]]),
  );
}

/** Takes counts of an app at so many minutes after the start. */
function take(minutes: number, app: string | undefined, values: Record<string, number>): void {
  cloudwatch.takeLogLine(metricLine(NAMESPACE, START + minutes * 60_000, app, values));
}

describe('metrics in the log', () => {
  it('are summed by the hour, app by app', async () => {
    take(0, 'shop', { Accepted: 2, Refused: 1 });
    take(59.9, 'shop', { Accepted: 3, Refused: 0 });
    take(60, 'shop', { Accepted: 7 });
    take(1, 'blog', { Accepted: 100 });

    const found = await ask([query('Accepted', 'shop'), query('Refused', 'shop')]);

    expect(found).toEqual([
      [
        [0, 5],
        [1, 7],
      ],
      [[0, 1]],
    ]);
  });

  it('have other statistics, and may have no dimension', async () => {
    take(0, undefined, { Missing: 4 });
    take(1, undefined, { Missing: 9 });

    const found = await ask([
      query('Missing', undefined, 'Maximum'),
      { ...query('Missing', undefined, 'SampleCount'), Id: 'samples' },
      { ...query('Missing', 'shop'), Id: 'other' },
    ]);

    expect(found).toEqual([[[0, 9]], [[0, 2]], []]);
  });

  it('survive a kill: half a line at the end goes, all others stay', async () => {
    take(0, 'shop', { Accepted: 2 });
    take(1, 'shop', { Accepted: 3 });
    appendFileSync(join(temporary.folder, 'metrics.jsonl'), '{"namespace":"Millr');
    const before = cloudwatch;

    cloudwatch = createCloudWatch(temporary.folder);
    before.close();
    await stack.close();
    stack = await startStack({ services: [cloudwatch.service] });
    take(2, 'shop', { Accepted: 1 });

    expect(await ask([query('Accepted', 'shop')])).toEqual([[[0, 6]]]);
  });

  it('are listed', async () => {
    take(0, 'shop', { Accepted: 2 });
    take(0, 'blog', { Accepted: 2 });

    const { Metrics } = await client().send(
      new ListMetricsCommand({
        Namespace: NAMESPACE,
        Dimensions: [{ Name: 'App', Value: 'blog' }],
      }),
    );

    expect(Metrics).toEqual([
      {
        Namespace: NAMESPACE,
        MetricName: 'Accepted',
        Dimensions: [{ Name: 'App', Value: 'blog' }],
      },
    ]);
  });

  it.each(['plain text', '{"level":"WARN"}', '{"_aws":{"CloudWatchMetrics":[{}]}', '{"a":'])(
    'are not seen in %s',
    async (line) => {
      cloudwatch.takeLogLine(line);

      const { Metrics } = await client().send(new ListMetricsCommand({}));
      expect(Metrics).toEqual([]);
    },
  );
});

describe('a role', () => {
  it('may ask where its policy says so', async () => {
    take(0, 'shop', { Accepted: 2 });

    expect(await ask([query('Accepted', 'shop')], 'COUNTER')).toEqual([[[0, 2]]]);
    await expect(ask([query('Accepted', 'shop')], 'READER')).rejects.toThrow(
      'Reader is not authorized to perform: cloudwatch:GetMetricData on resource: *',
    );
  });
});

describe('what is not implemented is refused by name', () => {
  it('operations', async () => {
    const put = new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData: [] });

    await expect(client().send(put)).rejects.toThrow(/NotImplemented: PutMetricData/);
  });

  it('expressions and percentiles', async () => {
    await expect(ask([{ Id: 'a', Expression: 'SUM(METRICS())' }])).rejects.toThrow(
      'NotImplemented: Expression',
    );
    await expect(ask([query('Accepted', 'shop', 'p99')])).rejects.toThrow(
      'NotImplemented: the statistic p99',
    );
  });
});
