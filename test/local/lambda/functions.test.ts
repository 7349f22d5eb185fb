import { readFileSync } from 'node:fs';
import path from 'node:path';
import { lambdaFunction, removeTemporaryFolders, role } from '../fixture.ts';
import { type Runtime, startRuntime } from '../runtime.ts';

const SOURCES = {
  Echo: 'export const handler = async (event, context) => ({ event, name: context.functionName, left: context.getRemainingTimeInMillis() > 0 });',
  Environment: 'export const handler = async () => process.env;',
  Thrower: `export const handler = async () => { console.error('about to fail'); throw new TypeError('no such thing'); };`,
  Sleeper: `export const handler = async ({ ms }) => { await new Promise((done) => setTimeout(done, ms)); return globalThis.count = (globalThis.count ?? 0) + 1; };`,
  Exiter: 'export const handler = async () => { process.exit(3); };',
  Writer: `export const handler = async ({ line }) => { process.stdout.write(line + '\\n'); return line.length; };`,
  Big: `export const handler = async () => 'x'.repeat(7 * 1024 * 1024);`,
};

const resources: Record<string, unknown> = {};
for (const name of Object.keys(SOURCES)) {
  resources[`${name}Role`] = role('lambda.amazonaws.com');
  resources[name] = lambdaFunction(name, { FunctionName: name, Timeout: 1 });
}
resources.Environment = lambdaFunction('Environment', {
  FunctionName: 'Environment',
  Environment: { Variables: { STREAM_NAME: 'events' } },
});

let runtime: Runtime;
beforeAll(async () => {
  process.env.MILLRACE_TEST_SECRET = 'of the host';
  runtime = await startRuntime({ resources, functions: SOURCES });
});
afterAll(async () => {
  delete process.env.MILLRACE_TEST_SECRET;
  await runtime.stop();
  removeTemporaryFolders();
});

const invoke = (name: string, event: unknown) =>
  runtime.functions.get(name).invoke(JSON.stringify(event));

async function answerOf(name: string, event: unknown = {}): Promise<unknown> {
  const { error, ...answer } = await invoke(name, event);
  if (error) throw new Error(error.errorMessage);
  return JSON.parse('payload' in answer ? String(answer.payload) : 'null');
}

test('a function gets its event and a context, and its answer comes back', async () => {
  expect(await answerOf('Echo', { a: [1] })).toEqual({
    event: { a: [1] },
    name: 'Echo',
    left: true,
  });
});

test('what a function wrote is with who reads its log before its answer is', async () => {
  // Prepare
  const lines = Array.from({ length: 50 }, (_, i) => `{"line":${i}}`);
  // Act
  for (const line of lines) {
    await answerOf('Writer', { line });
    // Assess
    expect(runtime.logged).toContain(line);
  }
});

test("a function's environment holds its own variables, the runtime's, and nothing of the host", async () => {
  const variables = await answerOf('Environment');
  expect(variables).toMatchObject({
    STREAM_NAME: 'events',
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'Environment',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  });
  expect(variables).not.toHaveProperty('MILLRACE_TEST_SECRET');
  expect(variables).not.toHaveProperty('PATH');
});

test('what a function throws is its error, in the log and on the terminal', async () => {
  // Act
  const { error } = await invoke('Thrower', {});
  // Assess
  expect(error).toMatchObject({ errorType: 'TypeError', errorMessage: 'no such thing' });
  expect(error?.trace[0]).toBe('TypeError: no such thing');
  expect(runtime.terminal).toContain('Thrower: TypeError: no such thing');
  const log = () => readFileSync(path.join(runtime.data, 'logs', 'Thrower.log'), 'utf8');
  for (let wait = 0; wait < 100 && !log().includes('about to fail'); wait++)
    await new Promise((done) => setTimeout(done, 10));
  expect(log()).toContain('about to fail');
});

test('a function that takes too long is ended and the next invocation gets a fresh environment', async () => {
  expect((await invoke('Sleeper', { ms: 5000 })).error).toMatchObject({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(/Task timed out after 1.00 seconds$/),
  });
  expect(await answerOf('Sleeper', { ms: 1 })).toBe(1);
});

test('a function that ends its process fails the invocation only', async () => {
  for (let time = 0; time < 2; time++)
    expect((await invoke('Exiter', {})).error).toMatchObject({ errorType: 'Runtime.ExitError' });
});

test('invocations run at the same time up to the limit, the others wait', async () => {
  const started = performance.now();
  await Promise.all([450, 450, 450, 450].map((ms) => answerOf('Sleeper', { ms })));
  const took = performance.now() - started;
  expect(took).toBeGreaterThan(890);
  expect(took).toBeLessThan(1780);
});

test('payloads above six MiB are refused in both directions', async () => {
  expect((await invoke('Echo', 'x'.repeat(7 * 1024 * 1024))).error?.errorType).toBe(
    'RequestTooLargeException',
  );
  expect((await invoke('Big', {})).error?.errorType).toBe('Function.ResponseSizeTooLarge');
});

test('an invocation costs less than a millisecond', async () => {
  await answerOf('Echo');
  const started = performance.now();
  for (let count = 0; count < 1000; count++) await invoke('Echo', { count });
  // Far above what it takes here (0.1 ms), so that a busy machine does not fail it.
  expect((performance.now() - started) / 1000).toBeLessThan(3);
});

describe('a stack does not start', () => {
  test('with a function that misses an environment variable, and says which and what it was given', async () => {
    // Prepare: the template sets STREAM_NAMES, the function reads STREAM_NAME.
    const functions = {
      Collect: `if (!process.env.STREAM_NAME) throw new Error('environment variable STREAM_NAME is not set');
        export const handler = async () => {};`,
    };
    const misspelt = {
      CollectRole: role('lambda.amazonaws.com'),
      Collect: lambdaFunction('Collect', {
        FunctionName: 'collect',
        Environment: { Variables: { STREAM_NAMES: 'events' } },
      }),
    };
    // Act
    const start = startRuntime({ resources: misspelt, functions });
    // Assess
    await expect(start).rejects.toThrow(
      'function collect fails while it loads: Error: environment variable STREAM_NAME is not set (environment variables that the template gives it: STREAM_NAMES)',
    );
  });

  test('with a handler that the bundle does not export', async () => {
    const resources = {
      OneRole: role('lambda.amazonaws.com'),
      One: lambdaFunction('One', { Handler: 'index.main' }),
    };
    const start = startRuntime({ resources, functions: { One: 'export const handler = 1;' } });
    await expect(start).rejects.toThrow('index.main is not a function: index exports handler');
  });

  test('with a role that does not trust Lambda', async () => {
    const resources = { OneRole: role('states.amazonaws.com'), One: lambdaFunction('One') };
    const start = startRuntime({ resources, functions: { One: '' } });
    await expect(start).rejects.toThrow('role OneRole does not trust lambda.amazonaws.com');
  });
});
