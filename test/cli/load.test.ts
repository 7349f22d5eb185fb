import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { IngestServer } from './load/ingest-server.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const server = new IngestServer();
let folder: string;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-load-'));
  url = await server.start();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

function node(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolved) => {
    execFile(process.execPath, argv, { cwd: ROOT }, (error, stdout, stderr) =>
      resolved({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('npm run load', () => {
  test('sends a file, sums up and ends with 0', async () => {
    const file = join(folder, 'a.csv');
    await writeFile(file, 'user_id,event,ts\nu,e,2026-01-01T00:00:00Z\n');
    const run = await node('cli/load.ts', file, '--url', url, '--write-key', 'k');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/sent {7}1\naccepted {3}1\nrefused {4}0\nseconds/);
  });

  test('ends with 1 where events are refused', async () => {
    const file = join(folder, 'b.csv');
    await writeFile(file, 'user_id,event,ts\nu,e,2026-01-01T00:00:00Z\n');
    server.fault = () => ({
      status: 200,
      body: { accepted: 0, refused: [{ index: 0, code: 'missing_id', message: 'no id' }] },
    });
    const run = await node('cli/load.ts', file, '--url', url, '--write-key', 'k');
    server.fault = () => undefined;
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('refused    1\n  missing_id: 1\n');
    expect(run.stderr).toBe('row 1: refused, missing_id: no id\n');
  });

  test.each([
    [['x.csv'], '--url is needed'],
    [
      ['x.csv', '--url', 'nowhere', '--write-key', 'k'],
      '--url must be as http://127.0.0.1:8080, got nowhere',
    ],
    [
      ['x.csv', '--url', 'http://x', '--write-key', 'k', '--batch-size', '501'],
      '--batch-size must be a whole number from 1 to 500, got 501',
    ],
    [['x.csv', '--colour'], "Unknown option '--colour'"],
    [['no-such.csv', '--dry-run'], 'cannot read the file no-such.csv: ENOENT'],
    [[], 'one file is needed, got 0'],
  ])('%j ends with 2 and says why', async (argv, message) => {
    const run = await node('cli/load.ts', ...argv);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
  });
});

describe('npm run key', () => {
  test('prints a read key and the hash of it, and a write key that the config takes', async () => {
    const { stdout } = await node('cli/key.ts');
    const key = /read key, shown once: (\S+)/.exec(stdout)?.[1] ?? '';
    expect(key.length).toBe(32);
    expect(stdout).toContain(`sha256: '${createHash('sha256').update(key).digest('hex')}'`);
    expect(stdout).toMatch(/\{ key: '[\w-]{32}', kind: 'server' \},/);
  });
});
