import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { IngestServer } from './load/ingest-server.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const server = new IngestServer();

afterEach(() => server.stop());

test('sample traffic sends history with the server key, visits of now with the other, and stops when told', async () => {
  const url = await server.start();
  const keys = ['--write-key', 'public-key', '--server-key', 'server-key'];
  const child = spawn(
    process.execPath,
    ['cli/sample-traffic.ts', '--url', url, ...keys, '--rate', '100'],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = await once(child.stdout, 'data');
  const history = server.accepted.length;
  while (server.accepted.length < history + 5) await new Promise((wait) => setTimeout(wait, 50));

  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');

  expect(String(line)).toBe(`sample traffic: ${history} events of the last 48 hours sent\n`);
  expect(code).toBe(0);
  expect(server.authorizations).toEqual(
    new Set(
      ['server-key', 'public-key'].map(
        (key) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
      ),
    ),
  );
});

test.each([
  [[], '--url must be as http://127.0.0.1:8080, got none'],
  [['--url', 'ftp://x', '--write-key', 'k'], '--url must be as http://127.0.0.1:8080, got ftp://x'],
  [['--url', 'http://x'], '--write-key is needed'],
  [
    ['--url', 'http://x', '--write-key', 'k', '--rate', '0'],
    '--rate must be a number from 0.1 to 200, got 0',
  ],
  [['--nope'], "Unknown option '--nope'"],
])('sample traffic with %j says what is wrong', (args, message) => {
  const child = spawnSync(process.execPath, ['cli/sample-traffic.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });

  expect(child.status).toBe(2);
  expect(child.stderr).toMatch(new RegExp(`^${message}\\n\\nnpm run sample`));
});
