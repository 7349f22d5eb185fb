import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { assemblyOf, removeStacks, startChild, temporaryFolder } from '../end-to-end/stack.ts';

const START = path.resolve(import.meta.dirname, '../../local/start.ts');

/** Runs npm start's program until it ends by itself. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--no-warnings', START, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const [code] = await once(child, 'exit');
  return { code, complaints };
}

const ASSEMBLY = path.resolve(import.meta.dirname, '../../cdk.out');

/** When each file of a folder was last written; none where there is no folder. */
function changedAt(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => `${name} ${statSync(path.join(folder, name)).mtimeMs}`);
}

afterAll(removeStacks);

test.each([
  [['--speed', '0'], '--speed must be a whole number from 1 to 10000, got 0'],
  [['--port', 'http'], '--port must be a whole number from 0 to 65535, got http'],
  [['--port', '-1'], '--port must be a whole number from 0 to 65535, got -1'],
  [['--bogus'], "Unknown option '--bogus'"],
])('%s is refused with what is allowed', async (args, message) => {
  const { code, complaints } = await run(args);
  expect(code).toBe(2);
  expect(complaints).toContain(message);
  expect(complaints).toContain('npm start -- [options]');
});

test('a folder that is no assembly is refused with what makes one', async () => {
  const { code, complaints } = await run(['--assembly', 'nowhere', '--data', temporaryFolder()]);
  expect(code).toBe(1);
  expect(complaints).toMatch(/nowhere must be a cloud assembly, made by `npm run synth`/);
});

test('wrong faults are refused by their place', async () => {
  const { code, complaints } = await run([], { MILLRACE_FAULTS: '[{"service":1}]' });
  expect(code).toBe(1);
  expect(complaints).toContain('faults[0].service must be a string');
});

test('a port that another program has is named', async () => {
  // Prepare
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  // Act
  const assembly = ['--assembly', await assemblyOf(), '--data', temporaryFolder()];
  const { code, complaints } = await run([...assembly, '--aws-port', '0', '--port', String(port)]);
  server.close();
  // Assess
  expect(code).toBe(1);
  const who = process.platform === 'linux' ? `process ${process.pid}` : 'another program';
  expect(complaints).toContain(
    `port ${port} is taken by ${who}: stop it, or choose another with --port`,
  );
});

test('one port for both is refused', async () => {
  const data = path.join(temporaryFolder(), 'data');
  const { code, complaints } = await run(['--data', data, '--port', '8099', '--aws-port', '8099']);
  expect(code).toBe(1);
  expect(complaints).toContain('--port and --aws-port are both 8099');
  expect(existsSync(data)).toBe(false);
});

test('a data folder that cannot be made is named', async () => {
  const file = path.join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const ports = ['--port', '0', '--aws-port', '0'];
  const { code, complaints } = await run(['--data', path.join(file, 'data'), ...ports]);
  expect(code).toBe(1);
  expect(complaints).toMatch(
    /^the data folder \S+ cannot be made \(ENOTDIR: .*name another with --data\n$/,
  );
});

test('where another npm start runs, it says who has what, and cdk.out stays as it is', async () => {
  // Prepare
  const first = await startChild();
  const port = new URL(first.apiUrl).port;
  const before = changedAt(ASSEMBLY);
  // Act
  const args = ['--synth', '--data', first.data, '--port', port, '--aws-port', '0'];
  const { code, complaints } = await run(args);
  const after = changedAt(ASSEMBLY);
  const health = await fetch(`${first.apiUrl}/health`);
  await first.stop();
  // Assess
  expect(code).toBe(1);
  expect(complaints).toContain(`is in use by process ${first.process.pid}: stop it, or take`);
  expect(complaints).toContain(`port ${port} is taken by `);
  expect(complaints).toMatch(/\nnothing is changed\n$/);
  expect(after).toEqual(before);
  expect(health.status).toBe(200);
});

test('what was accepted is there after a kill; a stop is clean', async () => {
  // Prepare
  const first = await startChild();
  const accepted = await first.send('/v1/track', { event: 'home', anonymousId: 'me' });
  expect(accepted.status).toBe(200);
  // Act: the second one's delivery buffer takes 30 ms.
  await first.kill();
  const second = await startChild({ data: first.data, speed: 10_000 });
  const listing = `${second.awsUrl}/${second.outputs.LakeBucket}?list-type=2&prefix=raw/`;
  let objects: string[] = [];
  for (let tries = 0; tries < 100 && objects.length === 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    objects = (await (await fetch(listing)).text()).match(/<Key>raw\/dt=[^<]*<\/Key>/g) ?? [];
  }
  await second.stop();
  // Assess
  expect(objects).toHaveLength(1);
  expect(second.process.exitCode).toBe(0);
});
