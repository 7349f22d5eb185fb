import type { Operation } from '../service.ts';
import { ServiceError } from '../service.ts';
import { authorizeGlue, type Place } from './access.ts';
import type { Catalog } from './catalog.ts';
import { invalid, notFound } from './errors.ts';
import { parseExpression } from './expression.ts';
import { Input, partitionInput, stringList } from './input.ts';
import { page } from './page.ts';
import type { GluePartition } from './types.ts';

/** Makes an operation on the partitions of a table: reads which table it is, and checks the action on it. */
type Open = (
  action: string,
  run: (input: Input, database: string, table: string) => object,
) => Operation;

/** Operations of Glue on partitions. */
export function partitionOperations(catalog: Catalog, place: Place): Record<string, Operation> {
  const open: Open = (action, run) => (fields, caller) => {
    const input = new Input(fields);
    const database = input.string('DatabaseName');
    const table = input.string('TableName');
    authorizeGlue(caller, place, action, database, table);
    catalog.table(database, table);
    return run(input, database, table);
  };
  return { ...singleOperations(catalog, open), ...batchOperations(catalog, open) };
}

function singleOperations(catalog: Catalog, open: Open): Record<string, Operation> {
  return {
    GetPartition: open('GetPartition', (input, database, table) => {
      const values = input.strings('PartitionValues');
      const partition = catalog.partition(database, table, values);
      if (partition === undefined) throw notFound('Cannot find partition.');
      return { Partition: partition };
    }),
    GetPartitions: open('GetPartitions', (input, database, table) => {
      const { items, NextToken } = page(
        matching(catalog, database, table, input.optionalString('Expression')),
        input.optionalString('NextToken'),
        input.integer('MaxResults', 1, 1000, 1000),
      );
      return { Partitions: items, NextToken };
    }),
    CreatePartition: open('CreatePartition', (input, database, table) => {
      catalog.createPartition(database, table, input.partition('PartitionInput'));
      return {};
    }),
    UpdatePartition: open('UpdatePartition', (input, database, table) => {
      const values = input.strings('PartitionValueList');
      catalog.updatePartition(database, table, values, input.partition('PartitionInput'));
      return {};
    }),
    DeletePartition: open('DeletePartition', (input, database, table) => {
      catalog.deletePartition(database, table, input.strings('PartitionValues'));
      return {};
    }),
  };
}

function batchOperations(catalog: Catalog, open: Open): Record<string, Operation> {
  return {
    BatchCreatePartition: open('BatchCreatePartition', (input, database, table) => ({
      Errors: input.objects('PartitionInputList', 100).flatMap((item) => {
        const partition = partitionInput('PartitionInput', item);
        return attempt({ PartitionValues: partition.Values ?? [] }, () =>
          catalog.createPartition(database, table, partition),
        );
      }),
    })),
    BatchUpdatePartition: open('BatchUpdatePartition', (input, database, table) => ({
      Errors: input.objects('Entries', 100).flatMap((item) => {
        const values = stringList('PartitionValueList', item.PartitionValueList);
        const partition = partitionInput('PartitionInput', item.PartitionInput);
        return attempt({ PartitionValueList: values }, () =>
          catalog.updatePartition(database, table, values, partition),
        );
      }),
    })),
    BatchDeletePartition: open('BatchDeletePartition', (input, database, table) => ({
      Errors: input.objects('PartitionsToDelete', 25).flatMap((item) => {
        const values = stringList('Values', item.Values);
        return attempt({ PartitionValues: values }, () =>
          catalog.deletePartition(database, table, values),
        );
      }),
    })),
    BatchGetPartition: open('BatchGetPartition', (input, database, table) => {
      const asked = input
        .objects('PartitionsToGet', 1000)
        .map((item) => stringList('Values', item.Values));
      const found = asked.map((values) => catalog.partition(database, table, values));
      // AWS leaves out what is not there: UnprocessedKeys is for throttling only.
      return {
        Partitions: found.filter((partition) => partition !== undefined),
        UnprocessedKeys: [],
      };
    }),
  };
}

/** Partitions whose keys satisfy an expression of GetPartitions. */
function matching(
  catalog: Catalog,
  database: string,
  table: string,
  expression: string | undefined,
): GluePartition[] {
  const all = catalog.partitions(database, table);
  if (expression === undefined) return all;
  const keys = (catalog.table(database, table).PartitionKeys ?? []).map((key) => key.Name);
  if (keys.length === 0) throw invalid(`table ${table} has no partition keys`);
  const predicate = parseExpression(expression, keys);
  return all.filter((partition) =>
    predicate(Object.fromEntries(keys.map((key, i) => [key, partition.Values[i]!]))),
  );
}

/** Runs one item of a batch: its failure is an entry of Errors, never the call's. */
function attempt(item: object, run: () => unknown): object[] {
  try {
    run();
    return [];
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return [{ ...item, ErrorDetail: { ErrorCode: error.code, ErrorMessage: error.message } }];
  }
}
