import { setTimeout as pause } from 'node:timers/promises';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  paginateGetQueryResults,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { TestStack } from './stack.ts';

/** A row by column; NULL is undefined. */
export type LakeRow = Readonly<Record<string, string | undefined>>;

/** Asks Athena of a stack, as a person with the AWS CLI does, and gives all rows. */
export async function askLake(stack: TestStack, statement: string): Promise<LakeRow[]> {
  const { Database, LakeBucket } = stack.outputs;
  const client = new AthenaClient({
    endpoint: stack.awsUrl,
    region: stack.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  try {
    const { QueryExecutionId } = await client.send(
      new StartQueryExecutionCommand({
        QueryString: statement,
        QueryExecutionContext: { Database },
        ResultConfiguration: { OutputLocation: `s3://${LakeBucket}/people/` },
      }),
    );
    await ended(client, QueryExecutionId);
    const rows: LakeRow[] = [];
    let isHeader = true;
    for await (const { ResultSet } of paginateGetQueryResults({ client }, { QueryExecutionId })) {
      const names = ResultSet?.ResultSetMetadata?.ColumnInfo?.map(({ Name = '' }) => Name) ?? [];
      for (const { Data = [] } of ResultSet?.Rows ?? []) {
        if (!isHeader) {
          rows.push(Object.fromEntries(names.map((name, i) => [name, Data[i]?.VarCharValue])));
        }
        isHeader = false;
      }
    }
    return rows;
  } finally {
    client.destroy();
  }
}

async function ended(client: AthenaClient, id: string | undefined): Promise<void> {
  for (;;) {
    const { QueryExecution } = await client.send(
      new GetQueryExecutionCommand({ QueryExecutionId: id }),
    );
    const { State, StateChangeReason } = QueryExecution?.Status ?? {};
    if (State === 'SUCCEEDED') return;
    if (State !== 'QUEUED' && State !== 'RUNNING') {
      throw new Error(`${State}: ${StateChangeReason}`);
    }
    await pause(20);
  }
}
