import { ArnFormat, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type Column, TABLES } from '../core/columns.ts';
import type { Config } from '../core/config.ts';
import { DEAD_LETTER_PREFIX, PREFIX, REDRIVE_PREFIX } from '../core/layout.ts';
import { allow } from './access.ts';
import { type TableShape, tableShapes } from './table-shapes.ts';

/** Properties of {@link Catalog}. */
export interface CatalogProps {
  /** The parsed config: its dimensions are columns. */
  readonly config: Config;
  /** Bucket of raw events and of the tables made of them. */
  readonly lake: IBucket;
  /** Bucket of refused events. */
  readonly deadLetters: IBucket;
}

const PARQUET = {
  inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  serdeInfo: {
    serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
    parameters: { 'serialization.format': '1' },
  },
};
const JSON_LINES = {
  inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  serdeInfo: { serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
};

/** The Glue database and its tables. */
export class Catalog extends Construct {
  /** Name of the database, as Athena's statements write it. */
  readonly databaseName: string;
  /** Raw events, whose schema Firehose converts to. */
  readonly rawTable: CfnTable;

  constructor(scope: Construct, id: string, props: CatalogProps) {
    super(scope, id);
    const { config, lake, deadLetters } = props;
    this.databaseName = Stack.of(this)
      .stackName.toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_');
    const database = new CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: { name: this.databaseName, description: 'Events and funnels of Millrace' },
    });
    database.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    const tables = tableShapes(config);
    const at = (bucket: IBucket, prefix: string): string => bucket.s3UrlForObject(prefix);
    this.rawTable = this.table('RawEvents', database, tables.raw, {
      location: at(lake, PREFIX.raw),
      format: PARQUET,
      // The template's placeholders are Athena's, not CloudFormation's.
      projection: hourly(`${at(lake, PREFIX.raw)}dt=\${dt}/hour=\${hour}/`),
    });
    for (const [id, shape] of [
      ['Events', tables.events],
      ['FunnelSteps', tables.steps],
      ['FunnelAttempts', tables.attempts],
      ['FunnelMonths', tables.months],
    ] as const) {
      this.table(id, database, shape, {
        location: at(lake, `${PREFIX.tables}${shape.name}/`),
        format: PARQUET,
        // No projection: it would make Athena ignore the partitions that builds swap.
        projection: {},
      });
    }
    for (const [id, shape, prefix] of [
      ['DeadLetters', tables.deadLetters, DEAD_LETTER_PREFIX],
      ['Redrives', tables.redrives, REDRIVE_PREFIX],
    ] as const) {
      this.table(id, database, shape, {
        location: at(deadLetters, prefix),
        format: JSON_LINES,
        projection: daily(`${at(deadLetters, prefix)}dt=\${dt}/`),
      });
    }
  }

  /** ARNs that Glue checks for actions on the tables that builds make. */
  get builtTables(): string[] {
    return this.arns(TABLES.events, TABLES.steps, TABLES.attempts, TABLES.months);
  }

  /** ARNs that Glue checks for reading the schema of raw events. */
  get rawTables(): string[] {
    return this.arns(TABLES.raw);
  }

  /** ARNs that Glue checks for actions on the temporary tables of builds. One resource has a wildcard. */
  get temporaryTables(): string[] {
    return this.arns('tmp_*');
  }

  /** Lets Athena find tables for a role's statements. */
  grantRead(role: IRole, tables: readonly string[]): void {
    allow(role, {
      actions: [
        'glue:BatchGetPartition',
        'glue:GetDatabase',
        'glue:GetPartition',
        'glue:GetPartitions',
        'glue:GetTable',
      ],
      resources: this.arns(...tables),
    });
    // Athena looks for the database `default` whatever a statement reads.
    allow(role, {
      actions: ['glue:GetDatabase'],
      resources: [
        Stack.of(this).formatArn({
          service: 'glue',
          resource: 'database',
          resourceName: 'default',
        }),
      ],
    });
  }

  /** Glue checks an action on a table against the catalog, the database and the table. */
  private arns(...tables: readonly string[]): string[] {
    const arn = (resource: string, resourceName?: string): string =>
      Stack.of(this).formatArn({
        service: 'glue',
        resource,
        ...(resourceName === undefined
          ? { arnFormat: ArnFormat.NO_RESOURCE_NAME }
          : { resourceName }),
      });
    return [
      arn('catalog'),
      arn('database', this.databaseName),
      ...tables.map((table) => arn('table', `${this.databaseName}/${table}`)),
    ];
  }

  private table(id: string, database: CfnDatabase, shape: TableShape, data: TableData): CfnTable {
    const table = new CfnTable(this, id, {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: database.ref,
      tableInput: {
        name: shape.name,
        description: shape.description,
        tableType: 'EXTERNAL_TABLE',
        parameters: {
          EXTERNAL: 'TRUE',
          classification: data.format === PARQUET ? 'parquet' : 'json',
          ...data.projection,
        },
        partitionKeys: shape.partitionKeys.map(glueColumn),
        storageDescriptor: {
          columns: shape.columns.map(glueColumn),
          location: data.location,
          ...data.format,
        },
      },
    });
    table.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return table;
  }
}

interface TableData {
  readonly location: string;
  readonly format: typeof PARQUET | typeof JSON_LINES;
  readonly projection: Readonly<Record<string, string>>;
}

function glueColumn({ name, type, comment }: Column): CfnTable.ColumnProperty {
  return { name, type, comment };
}

/** Partition projection by day. The range ends tomorrow: Firehose's clock may be ahead of Athena's. */
function daily(location: string): Record<string, string> {
  return {
    'projection.enabled': 'true',
    'projection.dt.type': 'date',
    'projection.dt.format': 'yyyy-MM-dd',
    'projection.dt.range': '2020-01-01,NOW+1DAYS',
    'projection.dt.interval': '1',
    'projection.dt.interval.unit': 'DAYS',
    'storage.location.template': location,
  };
}

function hourly(location: string): Record<string, string> {
  return {
    ...daily(location),
    'projection.hour.type': 'integer',
    'projection.hour.range': '0,23',
    'projection.hour.digits': '2',
  };
}
