import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type DataVersion, REGISTRY_KEY } from '../../core/registry.ts';

/**
 * What the registry says of an app's data now. Before the first build: version 0, nothing settled.
 * Read consistently: an answer under an old version would be cached for nobody.
 */
export async function readDataVersion(
  client: DynamoDBClient,
  registryTable: string,
  appId: string,
): Promise<DataVersion> {
  const { Item: item } = await client.send(
    new GetItemCommand({
      TableName: registryTable,
      Key: { pk: { S: REGISTRY_KEY.app(appId) }, sk: { S: REGISTRY_KEY.version } },
      ConsistentRead: true,
    }),
  );
  return {
    version: Number(item?.version?.N ?? 0),
    settled_until: item?.settled_until?.N === undefined ? null : Number(item.settled_until.N),
    built_funnels: JSON.parse(item?.built_funnels?.S ?? '{}'),
  };
}
