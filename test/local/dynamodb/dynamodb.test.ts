import { DynamoDb } from '../../../local/dynamodb/dynamodb.ts';
import { createRoleCaller, ROOT } from '../../../local/iam/callers.ts';
import type { Caller } from '../../../local/service.ts';
import { removeTemporaryFolders, temporaryFolder } from '../fixture.ts';

const KEYS = [
  { AttributeName: 'pk', KeyType: 'HASH' },
  { AttributeName: 'sk', KeyType: 'RANGE' },
];
const open: DynamoDb[] = [];

async function start(
  folder = temporaryFolder(),
  KeySchema: readonly object[] = KEYS,
): Promise<DynamoDb> {
  const dynamodb = new DynamoDb(folder);
  open.push(dynamodb);
  await dynamodb.resources['AWS::DynamoDB::Table']!.create({
    logicalId: 'Table',
    type: 'AWS::DynamoDB::Table',
    generatedName: 'registry',
    properties: {
      KeySchema,
      AttributeDefinitions: KeySchema.map((key) => ({
        AttributeName: (key as { AttributeName: string }).AttributeName,
        AttributeType: 'S',
      })),
    },
  });
  return dynamodb;
}

const call = async (dynamodb: DynamoDb, operation: string, input: object, caller: Caller = ROOT) =>
  dynamodb.service.operations[operation]!({ TableName: 'registry', ...input }, caller);

const item = (sk: string, n = '1') => ({ pk: { S: 'a' }, sk: { S: sk }, n: { N: n } });

afterEach(async () => {
  await Promise.all(open.splice(0).map((dynamodb) => dynamodb.close()));
});
afterAll(removeTemporaryFolders);

test('items are put, read, updated under a condition and queried by prefix', async () => {
  // Prepare
  const dynamodb = await start();
  for (const sk of ['A#1', 'A#2', 'B#1']) await call(dynamodb, 'PutItem', { Item: item(sk) });
  // Act
  await call(dynamodb, 'UpdateItem', {
    Key: { pk: { S: 'a' }, sk: { S: 'A#1' } },
    UpdateExpression: 'ADD n :n',
    ConditionExpression: 'n = :one',
    ExpressionAttributeValues: { ':n': { N: '5' }, ':one': { N: '1' } },
  });
  const found = await call(dynamodb, 'Query', {
    KeyConditionExpression: 'pk = :p AND begins_with(sk, :s)',
    ExpressionAttributeValues: { ':p': { S: 'a' }, ':s': { S: 'A#' } },
  });
  // Assess
  expect(found).toMatchObject({ Items: [item('A#1', '6'), item('A#2')] });
});

test('a condition that does not hold is refused with its exception', async () => {
  const dynamodb = await start();
  const put = { Item: item('A'), ConditionExpression: 'attribute_not_exists(pk)' };
  await call(dynamodb, 'PutItem', put);
  await expect(call(dynamodb, 'PutItem', put)).rejects.toMatchObject({
    code: 'ConditionalCheckFailedException',
    status: 400,
  });
});

test('items are there after the folder is opened again', async () => {
  // Prepare
  const folder = temporaryFolder();
  const before = await start(folder);
  await call(before, 'PutItem', { Item: item('A') });
  await open.pop()?.close();
  // Act
  const after = await start(folder);
  const read = await call(after, 'GetItem', { Key: { pk: { S: 'a' }, sk: { S: 'A' } } });
  // Assess
  expect(read).toMatchObject({ Item: item('A') });
});

test('a table whose keys changed is refused', async () => {
  const folder = temporaryFolder();
  await start(folder);
  await open.pop()?.close();
  await expect(start(folder, KEYS.slice(0, 1))).rejects.toThrow('start with another data folder');
});

test('each operation is checked on the table, and on each table of a batch', async () => {
  // Prepare
  const dynamodb = await start();
  const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/registry';
  const reader = createRoleCaller({
    logicalId: 'ReaderRole',
    statements: [
      { Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:BatchGetItem'], Resource: arn },
    ],
  });
  const Key = { pk: { S: 'a' }, sk: { S: 'A' } };
  // Act, Assess
  expect(await call(dynamodb, 'GetItem', { Key }, reader)).toEqual({});
  await expect(call(dynamodb, 'PutItem', { Item: item('A') }, reader)).rejects.toThrow(
    `ReaderRole is not authorized to perform: dynamodb:PutItem on resource: ${arn}`,
  );
  const { BatchGetItem } = dynamodb.service.operations;
  const batch = { RequestItems: { registry: { Keys: [Key] }, others: { Keys: [Key] } } };
  await expect((async () => BatchGetItem!(batch, reader))()).rejects.toThrow('table/others');
});

test('members of an input that would be ignored are refused by name', async () => {
  const dynamodb = await start();
  const input = { Item: item('A'), ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  await expect(call(dynamodb, 'PutItem', input)).rejects.toThrow(
    'NotImplemented: PutItem with ReturnValuesOnConditionCheckFailure',
  );
});
