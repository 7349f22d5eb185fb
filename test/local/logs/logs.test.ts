import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  GetQueryResultsCommand,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { readDoorLines } from '../../../lambdas/reconcile/door-lines.ts';
import { metricLine } from '../../../lambdas/runtime/metrics.ts';
import { createLogs } from '../../../local/logs/logs.ts';
import { startStack, temporaryFolder } from '../gateway/local-stack.ts';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 10, 21, 18);
const GROUP = 'collect-log';
const ROLES = [
  {
    logicalId: 'Reader',
    accessKeyId: 'READER',
    statements: [
      {
        Effect: 'Allow',
        Action: 'logs:StartQuery',
        Resource: `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:*`,
      },
    ],
  },
];

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let stack: Awaited<ReturnType<typeof startStack>>;
beforeAll(async () => {
  temporary = await temporaryFolder();
  const file = join(temporary.folder, 'collect.log');
  const line = (minutes: number, app: string, values: Record<string, number>) =>
    metricLine('Millrace/test', START + minutes * 60_000, app, values);
  const lines = [
    line(0, 'shop', { Accepted: 3, Refused: 1 }),
    'plain text',
    '{"level":"WARN","message":"no counts"}',
    '{"half a line',
    line(59, 'shop', { Accepted: 4 }),
    line(60, 'shop', { Declined: 2 }),
    line(61, 'blog', { Accepted: 7 }),
    line(200, 'shop', { Accepted: 100 }),
    line(1, 'shop', { Unconfirmed: 5 }),
  ];
  writeFileSync(file, lines.map((text) => `${text}\n`).join(''));
  stack = await startStack({
    services: [createLogs((group) => (group === GROUP ? file : undefined))],
    roles: ROLES,
  });
});
afterAll(async () => {
  await stack.close();
  await temporary.remove();
});

function client(accessKeyId = 'person'): CloudWatchLogsClient {
  return new CloudWatchLogsClient({
    ...stack.client,
    credentials: { accessKeyId, secretAccessKey: 'local' },
  });
}

const query = (queryString: string, logGroupName = GROUP) =>
  new StartQueryCommand({ logGroupName, startTime: 0, endTime: START / 1000, queryString });

describe('queries of logs', () => {
  it('sum the counts of the door by app and hour of receipt', async () => {
    const range = { from: START, to: START + 2 * HOUR_MS };

    const found = await readDoorLines(client(), GROUP, range, Date.now() + 5_000);

    expect([...(found.get('shop') ?? [])]).toEqual([
      ['2026-11-21T18', { accepted: 7, refused_at_door: 1, declined: 0 }],
      ['2026-11-21T19', { accepted: 0, refused_at_door: 0, declined: 2 }],
    ]);
    expect(found.get('blog')?.get('2026-11-21T19')?.accepted).toBe(7);
  });

  it('need the permission for the log group and for results', async () => {
    await expect(client('READER').send(query('stats sum(a) as b by c', 'other'))).rejects.toThrow(
      'Reader is not authorized to perform: logs:StartQuery',
    );
    const { queryId } = await client('READER').send(query('stats sum(a) as b by c'));
    await expect(client('READER').send(new GetQueryResultsCommand({ queryId }))).rejects.toThrow(
      'logs:GetQueryResults on resource: *',
    );
  });

  it.each(['fields @message', 'filter Accepted > 3 | stats sum(a) by b', 'stats avg(a) by b'])(
    'are refused by name where they are not implemented: %s',
    async (text) => {
      await expect(client().send(query(text))).rejects.toThrow(/NotImplemented: /);
    },
  );

  it('are all that is implemented', async () => {
    const events = new FilterLogEventsCommand({ logGroupName: GROUP });

    await expect(client().send(events)).rejects.toThrow(/NotImplemented: FilterLogEvents/);
    await expect(client().send(query('stats sum(a) by b', 'none'))).rejects.toThrow(
      "Log group 'none' does not exist",
    );
  });
});
