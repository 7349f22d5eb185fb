import {
  AlreadyExistsException,
  CreatePartitionCommand,
  DeleteTableCommand,
  EntityNotFoundException,
  GetPartitionCommand,
  GetPartitionsCommand,
  GetTableCommand,
  type GlueClient,
  type StorageDescriptor,
  UpdatePartitionCommand,
} from '@aws-sdk/client-glue';
import { type Partition, partitionValues } from '../../core/layout.ts';
import { sqlString } from '../../core/sql/quote.ts';

/** The Glue database of the lake, as far as builds need it. */
export class Catalog {
  readonly #client: GlueClient;
  readonly #database: string;

  constructor(client: GlueClient, database: string) {
    this.#client = client;
    this.#database = database;
  }

  /** Where and how a table's files lie. @throws Error that names the table where it has no storage descriptor. */
  async storage(table: string): Promise<StorageDescriptor> {
    const { Table: found } = await this.#client.send(
      new GetTableCommand({ DatabaseName: this.#database, Name: table }),
    );
    if (found?.StorageDescriptor === undefined)
      throw new Error(`table ${this.#database}.${table} has no storage descriptor`);
    return found.StorageDescriptor;
  }

  /** Removes a temporary table; its files stay. Does nothing where it is gone. */
  async dropTemporaryTable(table: string): Promise<void> {
    if (!table.startsWith('tmp_'))
      throw new Error(`only tables named tmp_… may be dropped, got ${table}`);
    try {
      await this.#client.send(
        new DeleteTableCommand({ DatabaseName: this.#database, Name: table }),
      );
    } catch (error) {
      if (!(error instanceof EntityNotFoundException)) throw error;
    }
  }

  /** Where readers find a partition; undefined where it is not registered. */
  async location(partition: Partition): Promise<string | undefined> {
    try {
      const { Partition: found } = await this.#client.send(
        new GetPartitionCommand({
          DatabaseName: this.#database,
          TableName: partition.table,
          PartitionValues: partitionValues(partition),
        }),
      );
      return found?.StorageDescriptor?.Location;
    } catch (error) {
      if (error instanceof EntityNotFoundException) return undefined;
      throw error;
    }
  }

  /** Locations of all partitions of an app in a table, by the partition's values joined with slashes. */
  async locations(table: Partition['table'], appId: string): Promise<Map<string, string>> {
    const locations = new Map<string, string>();
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new GetPartitionsCommand({
          DatabaseName: this.#database,
          TableName: table,
          Expression: `app_id = ${sqlString(appId)}`,
          ExcludeColumnSchema: true,
          NextToken: token,
        }),
      );
      for (const { Values: values = [], StorageDescriptor: storage } of page.Partitions ?? [])
        locations.set(values.join('/'), storage?.Location ?? '');
      token = page.NextToken;
    } while (token !== undefined);
    return locations;
  }

  /**
   * Points readers at a location: one call, so they see the old files or the new ones. Read back afterwards, because a
   * partition that silently stays where it was is the worst that can happen here.
   * @throws Error where the partition is elsewhere afterwards.
   */
  async point(partition: Partition, storage: StorageDescriptor): Promise<void> {
    const input = { Values: partitionValues(partition), StorageDescriptor: storage };
    const table = { DatabaseName: this.#database, TableName: partition.table };
    try {
      await this.#client.send(new CreatePartitionCommand({ ...table, PartitionInput: input }));
    } catch (error) {
      if (!(error instanceof AlreadyExistsException)) throw error;
      await this.#client.send(
        new UpdatePartitionCommand({
          ...table,
          PartitionValueList: input.Values,
          PartitionInput: input,
        }),
      );
    }
    const location = await this.location(partition);
    if (location !== storage.Location)
      throw new Error(
        `partition ${partition.table} ${input.Values.join('/')} is at ${location} after the swap, not at ${storage.Location}`,
      );
  }
}
