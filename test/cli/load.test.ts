import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
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
    [[], 'one file is needed, got none'],
    [['a.csv', 'b.csv'], 'one file is needed, got "a.csv", "b.csv"'],
    [['test', '--dry-run'], 'test is a folder: a file of events is needed'],
    [
      ['package.json', '--dry-run', '--delimiter', ';;'],
      '--delimiter must be one character, neither a quote nor a line break, got ";;"',
    ],
  ])('%j ends with 2 and says why', async (argv, message) => {
    const run = await node('cli/load.ts', ...argv);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
  });

  test.each([
    [
      'empty.csv',
      '',
      /^cannot read \S+empty.csv as csv: the file is empty: a CSV file needs a header/,
    ],
    ['empty.jsonl', '', /^cannot read \S+empty.jsonl as jsonl: the file is empty: one JSON object/],
    ['empty.parquet', '', /^cannot read \S+empty.parquet as parquet: the file is empty/],
    [
      'no.parquet',
      'PAR1 and no more',
      /^cannot read \S+no.parquet as parquet: parquet file invalid/,
    ],
    ['no.csv.gz', '\u001f\u008bno', /^cannot read \S+no.csv.gz as csv: /],
    ['broken.jsonl', '{"event":\n', /^row 1: is no JSON: /],
  ])('says in one line what is wrong with %s', async (name, content, message) => {
    const file = join(folder, name);
    await writeFile(file, content, 'latin1');
    const run = await node('cli/load.ts', file, '--url', url, '--write-key', 'k');
    expect(run.code).toBeGreaterThan(0);
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trimEnd()).not.toContain('\n');
    expect(existsSync(`${file}.load-state.json`)).toBe(false);
  });

  test('does not wait for a server that is down once it is interrupted, and can go on later', async () => {
    const file = join(folder, 'later.csv');
    await writeFile(file, 'user_id,event,ts\nu,e,2026-01-01T00:00:00Z\n');
    const asked = new Promise((resolved) => {
      server.fault = () => {
        resolved(undefined);
        return { status: 503, body: { detail: 'down' }, headers: { 'retry-after': '60' } };
      };
    });
    const args = ['cli/load.ts', file, '--url', url, '--write-key', 'k'];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
    let summary = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      summary += text;
    });
    await asked;
    await new Promise((wait) => setTimeout(wait, 200));

    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    server.fault = () => undefined;
    const again = await node(...args);

    expect(code).toBe(1);
    expect(summary).toContain('stopped: interrupted\nrun the same command again to go on\n');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('accepted   1') });
  });

  test('says of a server that is none of ours what its address may be, and keeps no state', async () => {
    const file = join(folder, 'wrong.csv');
    await writeFile(file, 'user_id,event,ts\nu,e,2026-01-01T00:00:00Z\n');
    server.fault = () => ({ status: 501, body: { detail: 'S3 POST is not implemented' } });
    const run = await node('cli/load.ts', file, '--url', url, '--write-key', 'k');
    server.fault = () => undefined;
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(
      /stopped: \S+ answered 501: S3 POST is not implemented; is it the address of the HTTP API, without \/v1\?\nnothing is stored/,
    );
    expect(existsSync(`${file}.load-state.json`)).toBe(false);
  });

  test('sends below a base path, and ends well where nobody reads its summary', async () => {
    const file = join(folder, 'path.csv');
    await writeFile(file, 'user_id,event,ts\nu,e,2026-01-01T00:00:00Z\n');
    const args = ['cli/load.ts', file, '--url', `${url}/in/`, '--write-key', 'k'];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });

    const [code] = await once(child, 'close');

    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    expect(server.paths.has('/in/v1/batch')).toBe(true);
  });
});

describe('npm run key', () => {
  test('takes no arguments', async () => {
    const run = await node('cli/key.ts', 'shop');
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/^Unexpected argument 'shop'.*\n\nnpm run key\n/);
  });

  test('prints a read key and the hash of it, and a write key that the config takes', async () => {
    const { stdout } = await node('cli/key.ts');
    const key = /read key, shown once: (\S+)/.exec(stdout)?.[1] ?? '';
    expect(key.length).toBe(32);
    expect(stdout).toContain(`sha256: '${createHash('sha256').update(key).digest('hex')}'`);
    expect(stdout).toMatch(/\{ key: '[\w-]{32}', kind: 'server' \},/);
  });
});
