import type { IncomingMessage, ServerResponse } from 'node:http';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetDatabaseCommand, GetDatabasesCommand, GlueClient } from '@aws-sdk/client-glue';
import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { ServiceError } from '../../../local/service.ts';
import { clientOptions, startStack } from './local-stack.ts';

const glue = {
  target: 'AWSGlue',
  contentType: 'application/x-amz-json-1.1',
  operations: {
    GetDatabases: () => ({ DatabaseList: [{ Name: 'lake' }] }),
    GetDatabase: () => {
      throw new ServiceError('EntityNotFoundException', 'no database of this name');
    },
  },
} as const;

async function post(url: string, target: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    body: '{}',
    headers: { 'x-amz-target': target, ...headers },
  });
  return {
    status: answer.status,
    type: answer.headers.get('x-amzn-errortype'),
    ...((await answer.json()) as object),
  };
}

describe('the gateway', () => {
  it('serves HTTP/2 and HTTP/1.1 clients on one port', async () => {
    const { client, close } = await startStack({ services: [glue] });
    const [kinesis, catalog] = [new KinesisClient(client), new GlueClient(client)];

    const [streams, databases] = await Promise.all([
      kinesis.send(new ListStreamsCommand({})),
      catalog.send(new GetDatabasesCommand({})),
    ]);

    expect(streams.StreamNames).toEqual([]);
    expect(databases.DatabaseList?.map(({ Name }) => Name)).toEqual(['lake']);
    await expect(catalog.send(new GetDatabaseCommand({ Name: 'x' }))).rejects.toMatchObject({
      name: 'EntityNotFoundException',
      message: 'no database of this name',
    });
    kinesis.destroy();
    catalog.destroy();
    await close();
  });

  it('names an operation or a service that is not implemented, and what is', async () => {
    const { url, close } = await startStack({ services: [glue] });

    expect(await post(url, 'AWSGlue.CreateCrawler')).toMatchObject({
      status: 501,
      type: 'UnknownOperationException',
      message: expect.stringMatching(
        /CreateCrawler of AWSGlue is not implemented.*GetDatabase, GetDatabases/,
      ),
    });
    expect(await post(url, 'AWSLambda.Invoke')).toMatchObject({ status: 501 });
    expect(await post(url, 'AWSGlue.toString')).toMatchObject({ status: 501 });
    const scope = 'AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/sqs/aws4_request';
    const other = await fetch(url, { method: 'POST', headers: { authorization: scope } });
    expect([other.status, await other.text()]).toEqual([501, expect.stringContaining('sqs')]);
    await close();
  });

  it('answers malformed JSON as AWS does', async () => {
    const { url, close } = await startStack({ services: [glue] });

    const answer = await fetch(url, {
      method: 'POST',
      body: '{',
      headers: { 'x-amz-target': 'AWSGlue.GetDatabases' },
    });

    expect([answer.status, await answer.json()]).toEqual([
      400,
      expect.objectContaining({ __type: 'SerializationException' }),
    ]);
    await close();
  });

  it('hands requests of a raw service on after its check', async () => {
    const seen: string[] = [];
    const raw = {
      authorize: (operation: string, input: Record<string, unknown>) => {
        seen.push(`${operation} ${JSON.stringify(input)}`);
      },
      listener: (request: IncomingMessage, response: ServerResponse) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          seen.push(`${request.method} ${Buffer.concat(chunks)}`);
          response.setHeader('content-type', 'application/x-amz-json-1.0');
          response.end('{"TableNames":["t"]}');
        });
      },
    };
    const { client, close } = await startStack({ raw: { DynamoDB_20120810: raw } });
    const dynamodb = new DynamoDBClient(client);

    const first = await dynamodb.send(new ListTablesCommand({ Limit: 1 }));
    const second = await dynamodb.send(new ListTablesCommand({ Limit: 2 }));

    expect([first.TableNames, second.TableNames]).toEqual([['t'], ['t']]);
    expect(seen).toEqual([
      'ListTables {"Limit":1}',
      'POST {"Limit":1}',
      'ListTables {"Limit":2}',
      'POST {"Limit":2}',
    ]);
    dynamodb.destroy();
    await close();
  });

  it('strikes calls with the faults that were set over HTTP', async () => {
    const role = {
      logicalId: 'Role',
      accessKeyId: 'ROLE',
      statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    };
    const { url, client, close } = await startStack({ services: [glue], roles: [role] });
    const faults = `${url}/_local/faults`;
    const set = (list: unknown) => fetch(faults, { method: 'POST', body: JSON.stringify(list) });
    const call = { service: 'glue', operation: 'GetDatabases' };
    const person = new GlueClient(client);
    const function_ = new GlueClient(clientOptions(url, 'ROLE'));
    const ask = (sdk: GlueClient) => sdk.send(new GetDatabasesCommand({}));

    await set([{ ...call, action: 'throttle', principal: 'Role', after: 1, times: 1 }]);
    await ask(function_);
    await ask(person);
    await expect(ask(function_)).rejects.toMatchObject({ name: 'ThrottlingException' });
    await ask(function_);
    await set([{ ...call, action: 'error', code: 'InternalServiceException' }]);
    await expect(ask(person)).rejects.toMatchObject({ name: 'InternalServiceException' });
    await set([{ ...call, action: 'disconnect', times: 1 }]);
    await expect(ask(person)).rejects.toThrow(/socket hang up|ECONNRESET/);
    await set([{ ...call, action: 'delay', ms: 150 }]);
    const start = Date.now();
    await ask(person);
    expect(Date.now() - start).toBeGreaterThanOrEqual(145);
    const listed = await (await fetch(faults)).json();
    expect(listed).toEqual([expect.objectContaining({ action: 'delay', seen: 1, struck: 1 })]);
    await fetch(faults, { method: 'DELETE' });
    expect(await (await fetch(faults)).json()).toEqual([]);
    const wrong = await set([{ ...call, action: 'explode' }]);
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      { message: expect.stringMatching(/faults\[0\]\.action must be one of .* got explode/) },
    ]);
    person.destroy();
    function_.destroy();
    await close();
  });
});
