import { AthenaClient } from '@aws-sdk/client-athena';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { REGISTRY_KEY } from '../../core/registry.ts';
import { readDoor } from '../../lambdas/reconcile/door.ts';
import { readDoorLines } from '../../lambdas/reconcile/door-lines.ts';
import { type Reconciled, reconcile } from '../../lambdas/reconcile/reconcile.ts';
import { ReconciledHours } from '../../lambdas/reconcile/registry.ts';
import { waitingLetters } from '../../lambdas/reconcile/waiting-letters.ts';
import { runStatement } from '../../lambdas/runtime/athena.ts';
import type { Stack } from '../../local/stack.ts';

/** A run of reconcile some hours from now, and what it warned of. */
export interface LaterRun extends Reconciled {
  readonly warnings: readonly string[];
}

/** Namespace of the stack's metrics. */
export const NAMESPACE = 'Millrace/Millrace-Service';

/** What of a local stack a later run needs. */
export type Running = Pick<Stack, 'awsUrl' | 'region' | 'outputs' | 'deployment'>;

/** Options of SDK clients of a person. */
export function person({ awsUrl, region }: Pick<Stack, 'awsUrl' | 'region'>) {
  return {
    endpoint: awsUrl,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
}

/**
 * Runs reconcile as it will run in so many hours, when hours of now are over. Builds say by the clock until when everything is in the
 * facts; here it is said for them, as the builds of that time would.
 */
export async function reconcileLater(
  stack: Running,
  app: string,
  hoursFromNow: number,
): Promise<LaterRun> {
  const options = person(stack);
  const now = Date.now() + hoursFromNow * 3_600_000;
  const registry = nameOf(stack, 'AWS::DynamoDB::Table', 'Registry');
  const dynamodb = new DynamoDBClient(options);
  await settle(dynamodb, registry, app, now - 3_600_000);
  const warnings: string[] = [];
  const athena = {
    client: new AthenaClient(options),
    workgroup: 'Millrace-Service-etl',
    database: stack.outputs.Database!,
    bytesLimit: 1e9,
  };
  const result = await reconcile({
    apps: [app],
    dedupWindowDays: 7,
    hours: new ReconciledHours(dynamodb, registry),
    door: (range) => readDoor(new CloudWatchClient(options), NAMESPACE, [app], range),
    doorLines: (range) =>
      readDoorLines(
        new CloudWatchLogsClient(options),
        nameOf(stack, 'AWS::Logs::LogGroup', 'Collect/Log'),
        range,
        Date.now() + 10_000,
      ),
    waitingLetters: () =>
      waitingLetters(new S3Client({ ...options, forcePathStyle: true }), stack.outputs.LakeBucket!),
    run: (statement) => runStatement(athena, statement, Date.now() + 60_000),
    now: () => now,
    warn: (message) => warnings.push(message),
  });
  return { ...result, warnings };
}

/** Name of the one resource of a type below a construct path. */
function nameOf({ deployment }: Running, type: string, path: string): string {
  const found = deployment.resources.find(
    ({ resource, constructPath }) => resource.type === type && constructPath.includes(`/${path}/`),
  );
  if (found === undefined) throw new Error(`no ${type} at ${path}`);
  return found.created.ref;
}

async function settle(client: DynamoDBClient, table: string, app: string, until: number) {
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { pk: { S: REGISTRY_KEY.app(app) }, sk: { S: REGISTRY_KEY.version } },
      UpdateExpression: 'SET settled_until = :until',
      ExpressionAttributeValues: { ':until': { N: String(until) } },
    }),
  );
}
