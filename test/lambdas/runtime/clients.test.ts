import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CLIENT_DEFAULTS } from '../../../lambdas/runtime/clients/defaults.ts';

describe('CLIENT_DEFAULTS', () => {
  it('give up a call that is not answered, and try it again', async () => {
    let calls = 0;
    const silent = createServer(() => {
      calls++;
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const client = new DynamoDBClient({
      ...CLIENT_DEFAULTS,
      requestHandler: { ...CLIENT_DEFAULTS.requestHandler, requestTimeout: 50 },
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });

    const call = client.send(new ListTablesCommand({}));

    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(calls).toBe(CLIENT_DEFAULTS.maxAttempts);
    client.destroy();
    silent.closeAllConnections();
    silent.close();
  });
});
