import { type AttributeValue, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { fromAttributes, toAttributes } from './attributes.ts';

/**
 * All items of the registry under a partition key whose sort keys lie from `first` to `last`, both included, without their
 * keys and in the order of them. The read is consistent.
 */
export async function registryRange(
  client: DynamoDBClient,
  table: string,
  pk: string,
  [first, last]: readonly [first: string, last: string],
): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let from: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: toAttributes({ ':pk': pk, ':first': first, ':last': last }),
        ConsistentRead: true,
        ExclusiveStartKey: from,
      }),
    );
    for (const item of page.Items ?? []) {
      const { pk: _pk, sk: _sk, ...rest } = fromAttributes(item);
      items.push(rest);
    }
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return items;
}
