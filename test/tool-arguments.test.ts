import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

const folder = mkdtempSync(join(tmpdir(), 'cases-'));
writeFileSync(join(folder, 'broken.json'), '{');

afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['conformance/run-cases.ts', [], 'a folder is needed: npm run cases -- FOLDER'],
  ['conformance/run-cases.ts', ['nowhere'], 'nowhere is no folder: npm run cases -- FOLDER'],
  ['conformance/run-cases.ts', ['a', 'b'], 'one folder is allowed, got 2: npm run cases -- FOLDER'],
  ['conformance/run-cases.ts', [folder], `cannot read the cases of ${folder}/broken.json: `],
  ['conformance/pii/report.ts', ['1e3'], 'a whole number from 1 is needed, got 1e3: '],
  ['end-to-end/kill.ts', ['1', '2'], 'at most 1 numbers are allowed, got 2: npm run kill-test'],
])('%s %j ends with one line', (tool, args, message) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', join(import.meta.dirname, tool), ...args],
    { encoding: 'utf8' },
  );

  expect(status).toBe(2);
  expect(stderr.startsWith(message)).toBe(true);
  expect(stderr.trimEnd()).not.toContain('\n');
});
