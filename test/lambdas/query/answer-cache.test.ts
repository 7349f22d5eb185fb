import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { answerCache, MAX_CACHED_BYTES } from '../../../lambdas/query/answer-cache.ts';
import { readDataVersion } from '../../../lambdas/query/data-version.ts';
import { logger } from '../../../lambdas/runtime/logger.ts';
import { DynamoDb } from '../../../local/dynamodb/dynamodb.ts';
import { createGateway } from '../../../local/gateway/gateway.ts';
import { ROOT } from '../../../local/iam/callers.ts';
import { createS3 } from '../../../local/s3/s3.ts';
import { removeTemporaryFolders, temporaryFolder } from '../../local/fixture.ts';

const tables = new DynamoDb(temporaryFolder());
const gateway = createGateway({
  services: [tables.service],
  s3: createS3({ folder: temporaryFolder(), region: 'us-east-1' }).endpoint,
  callers: () => ROOT,
});
let client: DynamoDBClient;

async function createTable(generatedName: string, keys: readonly string[]): Promise<void> {
  await tables.resources['AWS::DynamoDB::Table']!.create({
    logicalId: generatedName,
    type: 'AWS::DynamoDB::Table',
    generatedName,
    properties: {
      KeySchema: keys.map((AttributeName, i) => ({ AttributeName, KeyType: i ? 'RANGE' : 'HASH' })),
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    },
  });
}

beforeAll(async () => {
  await createTable('answers', ['pk']);
  await createTable('registry', ['pk', 'sk']);
  client = new DynamoDBClient({
    endpoint: await gateway.listen(0),
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await gateway.close();
  await tables.close();
  removeTemporaryFolders();
});

describe('cached answers', () => {
  test('come back until they expire, whether the clean-up came or not', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const cache = answerCache(client, 'answers', () => now);
    await cache.put('k', { events: [{ event: 'ä', count: 1 }] });
    expect(await cache.get('k')).toEqual({ events: [{ event: 'ä', count: 1 }] });
    expect(await cache.get('other')).toBe(undefined);
    now += 8 * 86_400_000;
    expect(await cache.get('k')).toBe(undefined);
  });

  test('an answer too large for an item is not kept', async () => {
    const cache = answerCache(client, 'answers');
    await cache.put('fits', { text: 'x'.repeat(MAX_CACHED_BYTES - 20) });
    await cache.put('large', { text: 'ä'.repeat(MAX_CACHED_BYTES / 2) });
    expect(await cache.get('fits')).toBeDefined();
    expect(await cache.get('large')).toBe(undefined);
  });

  test('a broken cache fails no answer and says so in the log', async () => {
    const warn = jest.spyOn(logger, 'warn').mockImplementation(() => undefined);
    const cache = answerCache(client, 'no-such-table');
    await cache.put('k', {});
    expect(await cache.get('k')).toBe(undefined);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      'cannot cache an answer',
      'cannot read a cached answer',
    ]);
    warn.mockRestore();
  });
});

describe('the data version', () => {
  test('is nothing before the first build, then what the registry says', async () => {
    expect(await readDataVersion(client, 'registry', 'shop')).toEqual({
      version: 0,
      settled_until: null,
      built_funnels: {},
    });
    const item = { pk: { S: 'APP#shop' }, sk: { S: 'VERSION' }, version: { N: '7' } };
    await client.send(new PutItemCommand({ TableName: 'registry', Item: item }));
    expect(await readDataVersion(client, 'registry', 'shop')).toEqual({
      version: 7,
      settled_until: null,
      built_funnels: {},
    });
    await client.send(
      new PutItemCommand({
        TableName: 'registry',
        Item: { ...item, settled_until: { N: '1767225600000' } },
      }),
    );
    expect((await readDataVersion(client, 'registry', 'shop')).settled_until).toBe(
      1_767_225_600_000,
    );
  });
});
