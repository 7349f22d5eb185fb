import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Athena, createAthena } from '../../../local/athena/athena.ts';
import { createGlue, type Glue } from '../../../local/glue/glue.ts';
import { FolderObjectStore } from '../../../local/s3/object-store.ts';
import type { Caller } from '../../../local/service.ts';

/** A person: may do all. */
export const ROOT: Caller = { principal: 'root', authorize: () => {} };

/** What GetQueryExecution says of a query's end. */
export interface Ended {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly bytes: number;
  readonly execution: Record<string, unknown>;
}

/** Glue, S3 and Athena over one folder, with a bucket and a database each named lake. */
export class Stack {
  readonly folder: string;
  readonly store: FolderObjectStore;
  readonly glue: Glue;
  readonly athena: Athena;

  constructor(folder = mkdtempSync(join(tmpdir(), 'athena-'))) {
    const place = { account: '000000000000', region: 'us-east-1' };
    this.folder = folder;
    this.store = new FolderObjectStore(join(folder, 's3'));
    this.glue = createGlue({ folder: join(folder, 'glue'), ...place });
    this.athena = createAthena({
      folder: join(folder, 'athena'),
      store: this.store,
      catalog: this.glue.catalog,
      ...place,
    });
  }

  async open(): Promise<this> {
    await this.store.createBucket('lake');
    this.glue.catalog.putDatabase({ Name: 'lake' });
    return this;
  }

  async call(
    operation: string,
    input: object,
    caller: Caller = ROOT,
  ): Promise<Record<string, unknown>> {
    const run = { ...this.athena.service.operations, ...this.glue.service.operations }[operation]!;
    return (await run(input as Record<string, unknown>, caller)) as Record<string, unknown>;
  }

  async start(query: string, more: object = {}, caller: Caller = ROOT): Promise<string> {
    const answer = await this.call(
      'StartQueryExecution',
      {
        QueryString: query,
        QueryExecutionContext: { Database: 'lake' },
        ResultConfiguration: { OutputLocation: 's3://lake/results/' },
        ...more,
      },
      caller,
    );
    return String(answer.QueryExecutionId);
  }

  async ended(id: string): Promise<Ended> {
    for (;;) {
      const { QueryExecution } = await this.call('GetQueryExecution', { QueryExecutionId: id });
      const execution = QueryExecution as Record<string, Record<string, unknown>>;
      const state = String(execution.Status!.State);
      if (!['QUEUED', 'RUNNING'].includes(state)) {
        return {
          id,
          state,
          reason: String(execution.Status!.StateChangeReason),
          bytes: Number(execution.Statistics!.DataScannedInBytes),
          execution,
        };
      }
      await sleep(5);
    }
  }

  async run(query: string, more: object = {}, caller: Caller = ROOT): Promise<Ended> {
    return this.ended(await this.start(query, more, caller));
  }

  /** Rows without the header; undefined for NULL. Throws the reason where the query does not succeed. */
  async rows(query: string, more: object = {}): Promise<(string | undefined)[][]> {
    const ended = await this.run(query, more);
    if (ended.state !== 'SUCCEEDED') throw new Error(ended.reason);
    const answer = await this.call('GetQueryResults', { QueryExecutionId: ended.id });
    const set = answer.ResultSet as { Rows: { Data: { VarCharValue?: string }[] }[] };
    return set.Rows.slice(1).map((row) => row.Data.map((item) => item.VarCharValue));
  }

  /** All rows of a query, page by page. */
  async allRows(query: string): Promise<(string | undefined)[][]> {
    const ended = await this.run(query);
    if (ended.state !== 'SUCCEEDED') throw new Error(ended.reason);
    const rows: (string | undefined)[][] = [];
    let NextToken: unknown;
    do {
      const answer = await this.call('GetQueryResults', { QueryExecutionId: ended.id, NextToken });
      const set = answer.ResultSet as { Rows: { Data: { VarCharValue?: string }[] }[] };
      rows.push(...set.Rows.map((row) => row.Data.map((item) => item.VarCharValue)));
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    return rows.slice(1);
  }

  /** Makes a partition of a table by a CTAS, as a build does. */
  async partition(
    table: string,
    values: readonly string[],
    folder: string,
    select: string,
  ): Promise<void> {
    const name = `tmp_${Math.random().toString(36).slice(2)}`;
    const location = `s3://lake/${folder}`;
    const { state, reason } = await this.run(
      `CREATE TABLE ${name} WITH (format = 'PARQUET', external_location = '${location}', write_compression = 'ZSTD') AS ${select}`,
    );
    if (state !== 'SUCCEEDED') throw new Error(reason);
    await this.call('CreatePartition', {
      DatabaseName: 'lake',
      TableName: table,
      PartitionInput: { Values: values, StorageDescriptor: { Location: location } },
    });
    await this.call('DeleteTable', { DatabaseName: 'lake', Name: name });
  }

  async close(): Promise<void> {
    await this.athena.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const PARQUET = 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe';

/** Definition of a Parquet table under s3://lake/<name>/. */
export function parquetTable(
  name: string,
  columns: Readonly<Record<string, string>>,
  keys: readonly string[] = [],
  parameters: Readonly<Record<string, string>> = {},
): { DatabaseName: string; TableInput: object } {
  return {
    DatabaseName: 'lake',
    TableInput: {
      Name: name,
      Parameters: parameters,
      PartitionKeys: keys.map((key) => ({ Name: key, Type: 'string' })),
      StorageDescriptor: {
        Columns: Object.entries(columns).map(([Name, Type]) => ({ Name, Type })),
        Location: `s3://lake/${name}/`,
        SerdeInfo: { SerializationLibrary: PARQUET },
      },
    },
  };
}
