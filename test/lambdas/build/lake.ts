import { join } from 'node:path';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DeletePartitionCommand,
  GetTableCommand,
  GetTablesCommand,
  GlueClient,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { hourOf } from '../../../core/arrival-hours.ts';
import { ENVELOPE } from '../../../core/columns.ts';
import type { MillraceConfig } from '../../../core/config.ts';
import { parseConfig } from '../../../core/config-schema.ts';
import { type Partition, PREFIX } from '../../../core/layout.ts';
import type { BuildContext } from '../../../lambdas/build/context.ts';
import { Registry } from '../../../lambdas/build/registry.ts';
import { fromAttributes } from '../../../lambdas/runtime/attributes.ts';
import { tableShapes } from '../../../lib/table-shapes.ts';
import { createAthena } from '../../../local/athena/athena.ts';
import { DynamoDb } from '../../../local/dynamodb/dynamodb.ts';
import { createGlue } from '../../../local/glue/glue.ts';
import { FolderObjectStore } from '../../../local/s3/object-store.ts';
import type { ResourceHandlers } from '../../../local/service.ts';
import { PLACE, resource, startStack, temporaryFolder } from '../../local/gateway/local-stack.ts';

export const BUCKET = 'lake';
export const DATABASE = 'millrace';
const WORKGROUP = 'etl';
const REGISTRY = 'registry';

/** One event of raw_events. Times are epoch ms. */
export interface RawEvent {
  readonly message_id: string;
  readonly event_at: number;
  readonly [column: string]: string | number | bigint | boolean | null;
}

/** Breaks a process: after so many calls to AWS every further one fails, and so does the answer to the last. */
export interface Fuse {
  calls: number;
  readonly blowsAfter: number;
  /** Called instead of failing. */
  readonly pause?: () => Promise<void>;
}

/** A process that dies. */
export class KilledError extends Error {}

/** A lake on the local services. */
export type Lake = Awaited<ReturnType<typeof openLake>>;

/** Opens an empty lake. `clock.now` may be set. */
export async function openLake(config: MillraceConfig) {
  const temporary = await temporaryFolder();
  const parsed = parseConfig(config);
  const glue = createGlue({ folder: join(temporary.folder, 'glue'), ...PLACE });
  const dynamodb = new DynamoDb(join(temporary.folder, 'dynamodb'));
  const athena = createAthena({
    folder: join(temporary.folder, 'athena'),
    catalog: glue.catalog,
    store: new FolderObjectStore(join(temporary.folder, 's3')),
    ...PLACE,
  });
  const stack = await startStack({
    folder: temporary.folder,
    services: [glue.service, dynamodb.service, athena.service],
  });
  await createResources(
    { ...stack.s3.handlers, ...glue.resources, ...dynamodb.resources, ...athena.resources },
    parsed,
  );
  const clock = { now: Date.parse('2026-11-21T19:07:00Z') };
  let runs = 0;
  let files = 0;
  let unharmed: BuildContext | undefined;

  /** What a process of the build function works with; a fuse kills it. */
  function context(fuse?: Fuse): BuildContext {
    if (fuse === undefined && unharmed !== undefined) return unharmed;
    const client = <T extends object>(made: T): T => {
      if (fuse !== undefined) burn(made, fuse);
      return made;
    };
    const registry = client(new DynamoDBClient(stack.client));
    const made: BuildContext = {
      config: parsed,
      lakeBucket: BUCKET,
      glueDatabase: DATABASE,
      deliveryLagSeconds: 600,
      s3: client(new S3Client({ ...stack.client, forcePathStyle: true })),
      glue: client(new GlueClient(stack.client)),
      athena: client(new AthenaClient(stack.client)),
      registry: new Registry(registry, REGISTRY),
      ended: async () => new Set(),
      now: () => clock.now,
      random: () => (++runs).toString(16).padStart(8, '0'),
      warn: () => {},
    };
    if (fuse === undefined) unharmed = made;
    return made;
  }

  const people = new AthenaClient(stack.client);
  const database = new DynamoDBClient(stack.client);
  const tables = new GlueClient(stack.client);
  return {
    clock,
    context,
    /** Runs a statement to its end. @returns its id */
    async run(sql: string, token?: string): Promise<string> {
      const { QueryExecutionId: id } = await people.send(
        new StartQueryExecutionCommand({
          QueryString: sql,
          ClientRequestToken: token,
          WorkGroup: WORKGROUP,
          QueryExecutionContext: { Database: DATABASE },
        }),
      );
      await ended(people, id!);
      return id!;
    },
    /** Rows of a question, as texts. */
    async rows(sql: string): Promise<(string | undefined)[][]> {
      const id = await this.run(sql);
      const { ResultSet: result } = await people.send(
        new GetQueryResultsCommand({ QueryExecutionId: id }),
      );
      return (result?.Rows ?? [])
        .slice(1)
        .map(({ Data: data = [] }) => data.map((d) => d.VarCharValue));
    },
    /** Delivers events as Firehose does: one file of the hour. */
    async arrive(events: readonly RawEvent[], arrivedAt: number): Promise<void> {
      const [dt, hour] = hourOf(arrivedAt).split('T');
      const key = `${PREFIX.raw}dt=${dt}/hour=${hour}/part-${String(++files).padStart(6, '0')}.parquet`;
      await stack.s3.store.put(BUCKET, key, parquet(events, arrivedAt));
    },
    store: stack.s3.store,
    /** One partition's record. */
    partition: (partition: Partition) => context().registry.partition(partition),
    /** One item of the registry. */
    async registryItem(pk: string, sk: string) {
      const key = { pk: { S: pk }, sk: { S: sk } };
      const { Item: item } = await database.send(
        new GetItemCommand({ TableName: REGISTRY, Key: key }),
      );
      return item === undefined ? undefined : fromAttributes(item);
    },
    async dropPartition(table: string, values: string[]) {
      const name = { DatabaseName: DATABASE, TableName: table };
      await tables.send(new DeletePartitionCommand({ ...name, PartitionValues: values }));
    },
    /** Takes a column from a table of the catalog. */
    async dropColumn(table: string, column: string) {
      const name = { DatabaseName: DATABASE, Name: table };
      const { Table: found } = await tables.send(new GetTableCommand(name));
      const { StorageDescriptor: storage, PartitionKeys, TableType, Parameters } = found!;
      const Columns = storage!.Columns!.filter(({ Name }) => Name !== column);
      await tables.send(
        new UpdateTableCommand({
          DatabaseName: DATABASE,
          TableInput: {
            Name: table,
            PartitionKeys,
            TableType,
            Parameters,
            StorageDescriptor: { ...storage, Columns },
          },
        }),
      );
    },
    async temporaryTables() {
      const { TableList: all } = await tables.send(
        new GetTablesCommand({ DatabaseName: DATABASE }),
      );
      return (all ?? []).flatMap(({ Name: name }) => (name?.startsWith('tmp_') ? [name] : []));
    },
    async close(): Promise<void> {
      await stack.close();
      await athena.close();
      await dynamodb.close();
      await temporary.remove();
    },
  };
}

type Parsed = ReturnType<typeof parseConfig>;

async function createResources(handlers: ResourceHandlers, config: Parsed): Promise<void> {
  const create = async (type: string, name: string, properties: Record<string, unknown>) => {
    await handlers[type]!.create(resource(type, name, properties));
  };
  await create('AWS::S3::Bucket', BUCKET, { BucketName: BUCKET });
  await create('AWS::S3::Bucket', 'results', { BucketName: 'results' });
  await create('AWS::Athena::WorkGroup', WORKGROUP, {
    Name: WORKGROUP,
    WorkGroupConfiguration: {
      EnforceWorkGroupConfiguration: false,
      ResultConfiguration: { OutputLocation: 's3://results/etl/' },
    },
  });
  await create('AWS::DynamoDB::Table', REGISTRY, {
    TableName: REGISTRY,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
  await create('AWS::Glue::Database', DATABASE, { DatabaseInput: { Name: DATABASE } });
  const { raw, events, steps, attempts, months } = tableShapes(config);
  for (const shape of [raw, events, steps, attempts, months]) {
    const prefix = shape === raw ? PREFIX.raw : `${PREFIX.tables}${shape.name}/`;
    await create('AWS::Glue::Table', shape.name, {
      DatabaseName: DATABASE,
      TableInput: {
        Name: shape.name,
        TableType: 'EXTERNAL_TABLE',
        Parameters: { EXTERNAL: 'TRUE', ...(shape === raw ? PROJECTION : {}) },
        PartitionKeys: shape.partitionKeys.map(glueColumn),
        StorageDescriptor: {
          Columns: shape.columns.map(glueColumn),
          Location: `s3://${BUCKET}/${prefix}`,
          ...PARQUET,
        },
      },
    });
  }
}

const glueColumn = ({ name, type }: { name: string; type: string }) => ({ Name: name, Type: type });
const PARQUET = {
  InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  SerdeInfo: {
    SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
};
const PROJECTION = {
  'projection.enabled': 'true',
  'projection.dt.type': 'date',
  'projection.dt.format': 'yyyy-MM-dd',
  'projection.dt.range': '2020-01-01,2030-01-01',
  'projection.dt.interval': '1',
  'projection.dt.interval.unit': 'DAYS',
  'projection.hour.type': 'integer',
  'projection.hour.range': '0,23',
  'projection.hour.digits': '2',
  'storage.location.template': `s3://${BUCKET}/${PREFIX.raw}dt=\${dt}/hour=\${hour}/`,
};

function parquet(events: readonly RawEvent[], arrivedAt: number): Uint8Array {
  const defaults: Record<string, unknown> = {
    app_id: 'shop',
    type: 'track',
    event: 'view',
    received_at: arrivedAt,
    is_bot: false,
    anonymous_key: 1,
  };
  const types = {
    string: 'STRING',
    bigint: 'INT64',
    double: 'DOUBLE',
    boolean: 'BOOLEAN',
    int: 'INT32',
  } as const;
  const columnData = ENVELOPE.map(({ name, type }) => ({
    name,
    type: types[type],
    nullable: true,
    data: events.map((event) => {
      const value = name in event ? event[name] : defaults[name];
      return type === 'bigint' && typeof value === 'number' ? BigInt(value) : (value ?? null);
    }),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

interface Middleware {
  readonly middlewareStack: {
    add(
      middleware: (
        next: (args: unknown) => Promise<unknown>,
      ) => (args: unknown) => Promise<unknown>,
      options: { step: 'initialize' },
    ): void;
  };
}

/** Counts a client's calls. The call after which the fuse blows is made, but nobody hears its answer. */
function burn(client: object, fuse: Fuse): void {
  (client as Middleware).middlewareStack.add(
    (next) => async (args) => {
      if (fuse.calls >= fuse.blowsAfter && fuse.pause === undefined) throw new KilledError();
      const result = await next(args);
      fuse.calls += 1;
      if (fuse.calls === fuse.blowsAfter) {
        if (fuse.pause === undefined) throw new KilledError();
        await fuse.pause();
      }
      return result;
    },
    { step: 'initialize' },
  );
}

async function ended(client: AthenaClient, id: string): Promise<void> {
  for (;;) {
    const { QueryExecution: query } = await client.send(
      new GetQueryExecutionCommand({ QueryExecutionId: id }),
    );
    const state = query?.Status?.State;
    if (state === 'SUCCEEDED') return;
    if (state === 'FAILED' || state === 'CANCELLED')
      throw new Error(`${state}: ${query?.Status?.StateChangeReason} in ${query?.Query}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}
