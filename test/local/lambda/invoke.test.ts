import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { Faults } from '../../../local/faults.ts';
import { createGateway, type Gateway } from '../../../local/gateway/gateway.ts';
import { invokeEndpoint } from '../../../local/lambda/invoke.ts';
import { createS3 } from '../../../local/s3/s3.ts';
import { lambdaFunction, removeTemporaryFolders, role, temporaryFolder } from '../fixture.ts';
import { clientOptions } from '../gateway/local-stack.ts';
import { type Runtime, startRuntime } from '../runtime.ts';

const SOURCES = {
  Echo: 'export const handler = async (event) => ({ event });',
  Thrower: `export const handler = async () => { throw new TypeError('no such thing'); };`,
};
const faults = new Faults();
let runtime: Runtime;
let gateway: Gateway;
let url: string;
let client: LambdaClient;

beforeAll(async () => {
  const resources: Record<string, unknown> = { Caller: role('lambda.amazonaws.com') };
  for (const name of Object.keys(SOURCES)) {
    resources[`${name}Role`] = role('lambda.amazonaws.com');
    resources[name] = lambdaFunction(name, { FunctionName: name, Timeout: 1 });
  }
  runtime = await startRuntime({ resources, functions: SOURCES });
  gateway = createGateway({
    services: [],
    s3: createS3({ folder: temporaryFolder(), region: 'us-east-1' }).endpoint,
    rest: {
      lambda: invokeEndpoint(runtime.functions, (line) => runtime.terminal.push(line)),
    },
    callers: runtime.roles.callerByAccessKey,
    faults,
  });
  url = await gateway.listen(0);
  client = new LambdaClient(clientOptions(url));
});
afterEach(() => faults.clear());
afterAll(async () => {
  client.destroy();
  await gateway.close();
  await runtime.stop();
  removeTemporaryFolders();
});

const invoke = (input: Partial<ConstructorParameters<typeof InvokeCommand>[0]> = {}) =>
  client.send(new InvokeCommand({ FunctionName: 'Echo', ...input }));

const text = (payload: Uint8Array | undefined) => Buffer.from(payload ?? []).toString();

describe("Lambda's Invoke", () => {
  it.each(['Echo', 'arn:aws:lambda:us-east-1:000000000000:function:Echo'])(
    'runs a function by %s and gives its answer',
    async (name) => {
      const answer = await invoke({ FunctionName: name, Payload: '{"a":"ä"}' });

      expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
      expect(answer.FunctionError).toBeUndefined();
      expect(text(answer.Payload)).toBe('{"event":{"a":"ä"}}');
    },
  );

  it('gives a function without a payload an empty object', async () => {
    expect(text((await invoke()).Payload)).toBe('{"event":{}}');
  });

  it("says that the function failed, with the function's error", async () => {
    const answer = await invoke({ FunctionName: 'Thrower' });

    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(JSON.parse(text(answer.Payload))).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'no such thing',
    });
  });

  it('does not wait for an invocation of the type Event, and only checks one of the type DryRun', async () => {
    const started = await invoke({ FunctionName: 'Thrower', InvocationType: 'Event' });
    const checked = await invoke({ FunctionName: 'Thrower', InvocationType: 'DryRun' });

    expect([started.StatusCode, checked.StatusCode]).toEqual([202, 204]);
    for (let wait = 0; wait < 100 && runtime.terminal.length === 0; wait++) {
      await new Promise((done) => setTimeout(done, 10));
    }
    expect(runtime.terminal).toContain('Thrower: TypeError: no such thing');
  });

  it.each([
    ['a function that is not there', { FunctionName: 'Nobody' }, 'ResourceNotFoundException'],
    ['no JSON', { Payload: '{' }, 'InvalidRequestContentException'],
    ['another version', { Qualifier: '7' }, 'UnknownOperationException'],
    ['its log', { LogType: 'Tail' as const }, 'UnknownOperationException'],
  ])('refuses %s by name', async (_, input, name) => {
    await expect(invoke(input)).rejects.toMatchObject({ name });
  });

  it('refuses other operations by name', async () => {
    await expect(client.send(new ListFunctionsCommand())).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('Invoke is served'),
    });
  });

  it('checks that a role may invoke the function, and says which statement would mend it', async () => {
    const arn = runtime.deployment.resources.find(({ resource }) => resource.logicalId === 'Caller')
      ?.created.attributes.Arn;
    const other = new LambdaClient(clientOptions(url, runtime.roles.accessKeyId(arn ?? '')));

    await expect(other.send(new InvokeCommand({ FunctionName: 'Echo' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('"Action":"lambda:InvokeFunction"'),
    });
    other.destroy();
  });

  it('can be struck by faults', async () => {
    faults.set([{ service: 'lambda', operation: 'Invoke', action: 'throttle', times: 1 }]);

    await expect(invoke()).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    expect((await invoke()).StatusCode).toBe(200);
  });
});
