import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Column, ENVELOPE } from '../../../core/columns.ts';
import { parquetTable, type Stack } from '../../local/athena/stack.ts';
import type { Trino } from './server.ts';

/** A table of the lake, the same in both catalogs. */
export interface LakeTable {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly keys: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
}

const TRINO_TYPES = {
  string: 'varchar',
  bigint: 'bigint',
  double: 'double',
  boolean: 'boolean',
  int: 'integer',
} as const;

/** One lake that local Athena and Trino read: the same Parquet files, the same partitions in two catalogs. */
export class Lake {
  readonly local: Stack;
  readonly trino: Trino;

  constructor(local: Stack, trino: Trino) {
    this.local = local;
    this.trino = trino;
  }

  /** Makes a table in both catalogs. */
  async createTable({ name, columns, keys, parameters }: LakeTable): Promise<void> {
    const types = Object.fromEntries(columns.map((column) => [column.name, column.type]));
    await this.local.call('CreateTable', parquetTable(name, types, keys, parameters));
    const list = [
      ...columns.map((column) => `"${column.name}" ${TRINO_TYPES[column.type]}`),
      ...keys.map((key) => `"${key}" varchar`),
    ];
    mkdirSync(this.path(name), { recursive: true });
    const partitioned =
      keys.length > 0 ? `, partitioned_by = ARRAY[${keys.map((key) => `'${key}'`)}]` : '';
    await this.trino.run(
      `CREATE TABLE ${name} (${list.join(', ')}) WITH (format = 'PARQUET', external_location = '${this.url(name)}'${partitioned})`,
    );
  }

  /** Registers a partition that lies under `folder` of the lake: in Trino, and in Glue where the table is not projected. */
  async register(table: LakeTable, values: readonly string[], folder: string): Promise<void> {
    const list = (items: readonly string[]): string =>
      `ARRAY[${items.map((item) => `'${item}'`).join(', ')}]`;
    mkdirSync(this.path(folder), { recursive: true });
    await this.trino.run(
      `CALL system.register_partition('lake', '${table.name}', ${list(table.keys)}, ${list(values)}, '${this.url(folder)}')`,
    );
    if (table.parameters !== undefined) return;
    await this.local.call('CreatePartition', {
      DatabaseName: 'lake',
      TableName: table.name,
      PartitionInput: { Values: values, StorageDescriptor: { Location: `s3://lake/${folder}/` } },
    });
  }

  /** A folder of the lake as Trino names it. */
  url(folder: string): string {
    return `local://${this.path(folder)}`;
  }

  /** A folder of the lake on disk. */
  path(folder: string): string {
    return this.local.store.path('lake', folder);
  }
}

/** raw_events: projected locally, as in the template; registered hour by hour in Trino, which knows no projection. */
export const RAW_TABLE: LakeTable = {
  name: 'raw_events',
  columns: ENVELOPE,
  keys: ['dt', 'hour'],
  parameters: {
    'projection.enabled': 'true',
    'projection.dt.type': 'date',
    'projection.dt.format': 'yyyy-MM-dd',
    'projection.dt.range': '2020-01-01,NOW+1DAYS',
    'projection.hour.type': 'integer',
    'projection.hour.range': '0,23',
    'projection.hour.digits': '2',
    'storage.location.template': `s3://lake/raw/dt=\${dt}/hour=\${hour}/`,
  },
};

/** First day of the population, UTC: the last of a month, so that the population lies in two. */
export const FIRST_DAY = '2026-01-31';
/** Days that events fall on; they arrive up to a day late. */
export const DAYS = 2;

/** Arrival hours of the population, YYYY-MM-DDTHH. */
export function arrivalHours(): string[] {
  const start = Date.parse(FIRST_DAY);
  return Array.from({ length: (DAYS + 1) * 2 }, (_, i) =>
    new Date(start + i * 12 * 3_600_000).toISOString().slice(0, 13),
  );
}

const COLUMNS_SQL: Readonly<Record<string, string>> = {
  message_id: "'m' || (i % 2900)",
  app_id: "CASE WHEN i % 17 = 0 THEN 'other' ELSE 'shop' END",
  type: "CASE i % 5 WHEN 0 THEN 'page' ELSE 'track' END",
  event:
    "['home','search','product','cart','payment','confirmation','a','b','c'][1 + CAST(hash(i % 2900, 1) % 9 AS INTEGER)]",
  anonymous_id: "'anon' || (hash(i % 2900, 2) % 200)",
  user_id: "CASE WHEN hash(i % 2900, 2) % 3 = 0 THEN 'user' || (hash(i % 2900, 2) % 200) END",
  received_at: 'arrived_at + i % 1000',
  event_at: 'arrived_at - CAST(hash(i % 2900, 3) % 90000 AS BIGINT) * 1000',
  channel: "['search','email','direct',NULL][1 + CAST(hash(i % 2900, 2) % 4 AS INTEGER)]",
  device: "['desktop','mobile'][1 + CAST(hash(i % 2900, 2) % 2 AS INTEGER)]",
  country: "CASE WHEN i % 7 = 0 THEN NULL ELSE 'DE' END",
  is_bot: 'hash(i % 2900, 2) % 23 = 0',
  revenue: 'CASE WHEN i % 4 = 0 THEN i / 8.0 END',
  properties: `'{"plan":"' || ['free','pro'][1 + CAST(hash(i % 2900, 4) % 2 AS INTEGER)] || '","p":' || (i % 2) || ',"o''brien":"x"}'`,
  traits: `CASE WHEN i % 3 = 0 THEN '{"sex":"' || ['f','m'][1 + CAST(hash(i % 2900, 2) % 2 AS INTEGER)] || '"}' END`,
  anonymous_key: "CAST(hash('a', hash(i % 2900, 2) % 200) >> 1 AS BIGINT)",
  user_key:
    "CASE WHEN hash(i % 2900, 2) % 3 = 0 THEN CAST(hash('u', hash(i % 2900, 2) % 200) >> 1 AS BIGINT) END",
};

const DUCKDB_TYPES = {
  string: 'VARCHAR',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  int: 'INTEGER',
} as const;

/** SQL of DuckDB that writes the raw events of one arrival hour: repeated messages, late and out of order, two apps. */
export function rawHourSql(hour: string, index: number, file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  const arrivedAt = Date.parse(`${hour}:30:00Z`);
  const list = ENVELOPE.map(
    ({ name, type }) =>
      `CAST(${COLUMNS_SQL[name] ?? 'NULL'} AS ${DUCKDB_TYPES[type]}) AS "${name}"`,
  );
  return `COPY (SELECT ${list.join(', ')} FROM (SELECT range + ${index * 400} AS i, CAST(${arrivedAt} AS BIGINT) AS arrived_at FROM range(400))) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`;
}

/** Where the raw events of an hour lie in the lake. */
export function rawFolder(hour: string): string {
  const [dt, hh] = hour.split('T');
  return join('raw', `dt=${dt}`, `hour=${hh}`);
}
