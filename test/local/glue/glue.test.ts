import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createGlue, type Glue } from '../../../local/glue/glue.ts';
import type { Caller } from '../../../local/service.ts';

const ROOT: Caller = { principal: 'root', authorize: () => {} };
const TABLE = { DatabaseName: 'lake', TableName: 't' };

let folder: string;
let glue: Glue;

function open(): Glue {
  return createGlue({ folder, account: '000000000000', region: 'us-east-1' });
}

async function call(
  operation: string,
  input: object,
  caller = ROOT,
): Promise<Record<string, unknown>> {
  return (await glue.service.operations[operation]!(
    input as Record<string, unknown>,
    caller,
  )) as Record<string, unknown>;
}

function partition(...Values: string[]): object {
  return { Values, StorageDescriptor: { Location: `s3://lake/${Values.join('/')}/` } };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glue-'));
  glue = open();
  glue.catalog.putDatabase({ Name: 'lake' });
  const keys = ['app_id', 'event_date'].map((Name) => ({ Name, Type: 'string' }));
  await call('CreateTable', {
    DatabaseName: 'lake',
    TableInput: {
      Name: 'T',
      PartitionKeys: keys,
      StorageDescriptor: { Columns: [{ Name: 'x', Type: 'bigint' }] },
    },
  });
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('the catalog on disk', () => {
  test('survives a restart, a line that a crash cut short is dropped', async () => {
    await call('CreatePartition', { ...TABLE, PartitionInput: partition('shop', '2026-01-01') });
    await call('CreatePartition', { ...TABLE, PartitionInput: partition('shop', '2026-01-02') });
    await call('DeletePartition', { ...TABLE, PartitionValues: ['shop', '2026-01-01'] });
    appendFileSync(join(folder, 'lake', 't.partitions.jsonl'), '{"put":{"Values":["sh');
    glue = open();
    const { Partitions } = await call('GetPartitions', TABLE);
    expect((Partitions as { Values: string[] }[]).map(({ Values }) => Values)).toEqual([
      ['shop', '2026-01-02'],
    ]);
    expect(glue.tableColumns('lake', 't').columns).toEqual([{ Name: 'x', Type: 'bigint' }]);
    expect(glue.tableColumns('lake', 't').keys.map(({ Name }) => Name)).toEqual([
      'app_id',
      'event_date',
    ]);
  });

  test('an updated table has a new version, and the old one can be asked for', async () => {
    await call('UpdateTable', {
      DatabaseName: 'lake',
      TableInput: { Name: 't', Description: 'new' },
    });
    const latest = await call('GetTableVersion', { ...TABLE, VersionId: 'LATEST' });
    const first = await call('GetTableVersion', { ...TABLE, VersionId: '0' });
    expect(latest.TableVersion).toMatchObject({ VersionId: '1', Table: { Description: 'new' } });
    expect(first.TableVersion).toMatchObject({
      VersionId: '0',
      Table: { PartitionKeys: [{}, {}] },
    });
  });
});

describe('partitions', () => {
  test('batches report failed items in Errors and do the others', async () => {
    await call('CreatePartition', { ...TABLE, PartitionInput: partition('shop', '1') });
    const created = await call('BatchCreatePartition', {
      ...TABLE,
      PartitionInputList: [partition('shop', '1'), partition('shop', '2'), partition('shop')],
    });
    expect(created.Errors).toMatchObject([
      { PartitionValues: ['shop', '1'], ErrorDetail: { ErrorCode: 'AlreadyExistsException' } },
      { PartitionValues: ['shop'], ErrorDetail: { ErrorCode: 'InvalidInputException' } },
    ]);
    const entry = (value: string): object => ({
      PartitionValueList: ['shop', value],
      PartitionInput: partition('shop', value),
    });
    const updated = await call('BatchUpdatePartition', {
      ...TABLE,
      Entries: [entry('2'), entry('9')],
    });
    expect(updated.Errors).toMatchObject([
      { PartitionValueList: ['shop', '9'], ErrorDetail: { ErrorCode: 'EntityNotFoundException' } },
    ]);
    const got = await call('BatchGetPartition', {
      ...TABLE,
      PartitionsToGet: [{ Values: ['shop', '2'] }, { Values: ['shop', '9'] }],
    });
    expect([(got.Partitions as []).length, got.UnprocessedKeys]).toEqual([1, []]);
  });

  test.each([
    ["event_date >= '2' AND event_date < '4'", ['2', '3']],
    ["app_id = 'shop' AND (event_date = '1' OR event_date = '3')", ['1', '3']],
    ["event_date BETWEEN '2' AND '3'", ['2', '3']],
    ["event_date IN ('1', '4')", ['1', '4']],
    ["event_date <> '1' and app_id = 'other'", []],
  ])('Expression %s chooses by the keys', async (Expression, dates) => {
    for (const date of ['1', '2', '3', '4'])
      await call('CreatePartition', { ...TABLE, PartitionInput: partition('shop', date) });
    const { Partitions } = await call('GetPartitions', { ...TABLE, Expression });
    expect((Partitions as { Values: string[] }[]).map(({ Values }) => Values[1])).toEqual(dates);
  });

  test.each([
    ["event_date LIKE '2%'"],
    ['event_date = 2'],
    ["other = '1'"],
    ["event_date = '1' garbage"],
  ])('Expression %s is refused', async (Expression) => {
    await expect(call('GetPartitions', { ...TABLE, Expression })).rejects.toMatchObject({
      code: 'InvalidInputException',
    });
  });

  test('lists come in pages', async () => {
    for (const date of ['1', '2', '3'])
      await call('CreatePartition', { ...TABLE, PartitionInput: partition('shop', date) });
    const first = await call('GetPartitions', { ...TABLE, MaxResults: 2 });
    const second = await call('GetPartitions', {
      ...TABLE,
      MaxResults: 2,
      NextToken: first.NextToken,
    });
    expect([
      (first.Partitions as []).length,
      (second.Partitions as []).length,
      second.NextToken,
    ]).toEqual([2, 1, undefined]);
  });
});

describe('errors and permissions', () => {
  test.each([
    ['GetTable', { DatabaseName: 'lake', Name: 'nope' }, 'EntityNotFoundException'],
    ['GetDatabase', { Name: 'nope' }, 'EntityNotFoundException'],
    ['CreateTable', { DatabaseName: 'lake', TableInput: { Name: 't' } }, 'AlreadyExistsException'],
    [
      'CreateTable',
      { DatabaseName: 'lake', TableInput: { Name: '../t' } },
      'InvalidInputException',
    ],
    [
      'UpdatePartition',
      { ...TABLE, PartitionValueList: ['a', 'b'], PartitionInput: {} },
      'EntityNotFoundException',
    ],
    ['GetPartition', { ...TABLE, PartitionValues: ['a', 'b'] }, 'EntityNotFoundException'],
  ])('%s answers %j with %s', async (operation, input, code) => {
    await expect(call(operation, input)).rejects.toMatchObject({ code });
  });

  test('a call is checked on the catalog, the database and the table', async () => {
    const asked: string[] = [];
    const caller: Caller = {
      principal: 'role',
      authorize: (action, resource) => void asked.push(`${action} ${resource}`),
    };
    await call('CreatePartition', { ...TABLE, PartitionInput: partition('shop', '1') }, caller);
    expect(asked).toEqual([
      'glue:CreatePartition arn:aws:glue:us-east-1:000000000000:catalog',
      'glue:CreatePartition arn:aws:glue:us-east-1:000000000000:database/lake',
      'glue:CreatePartition arn:aws:glue:us-east-1:000000000000:table/lake/t',
    ]);
  });
});

describe('resources of a template', () => {
  test('a changed table definition updates the table in place, an unchanged one leaves it alone', async () => {
    const create = (columns: object[]): unknown =>
      glue.resources['AWS::Glue::Table']!.create({
        logicalId: 'T',
        type: 'AWS::Glue::Table',
        generatedName: 'made',
        properties: {
          DatabaseName: 'lake',
          TableInput: { StorageDescriptor: { Columns: columns } },
        },
      });
    create([{ Name: 'a', Type: 'string' }]);
    create([{ Name: 'a', Type: 'string' }]);
    expect(glue.catalog.table('lake', 'made').VersionId).toBe('0');
    create([
      { Name: 'a', Type: 'string' },
      { Name: 'b', Type: 'bigint' },
    ]);
    expect(glue.catalog.table('lake', 'made')).toMatchObject({
      VersionId: '1',
      StorageDescriptor: { Columns: [{}, { Name: 'b' }] },
    });
  });
});
