import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { synthesize } from '../../bin/synthesize.ts';
import { startStack } from '../../local/stack.ts';
import { folderArgument } from '../tool-arguments.ts';
import { compare } from './compare.ts';
import { acceptanceConfig, type DataSet, SERVER_KEY } from './config.ts';
import { ecommerceExpectations, systemDesignExpectations } from './expected.ts';

/**
 * `npm run acceptance -- [FOLDER]`: sends both data sets that have published results over HTTP into a fresh local stack,
 * builds the facts and asks the API for every published number. FOLDER holds ecommerce-funnel and system-design-6step
 * (default ../shared/data). Exits with 1 where a number is another.
 */
const root = resolve(import.meta.dirname, '../..');
const data = resolve(
  folderArgument('npm run acceptance -- [FOLDER]', join(root, '../shared/data')),
);
const FOLDERS: Readonly<Record<DataSet, string>> = {
  ecommerce: 'ecommerce-funnel',
  system_design: 'system-design-6step',
};
const MAPPING: Readonly<Record<DataSet, object>> = {
  ecommerce: mapping(['device', 'sex']),
  system_design: mapping(['device', 'sex', 'channel']),
};

for (const folder of Object.values(FOLDERS)) {
  if (existsSync(join(data, folder))) continue;
  console.error(
    `${join(data, folder)} is not there: give the folder of the data sets as the argument`,
  );
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), 'millrace-acceptance-'));
synthesize({ config: acceptanceConfig, outdir: join(work, 'cdk.out') });
const stack = await startStack({
  assembly: join(work, 'cdk.out'),
  data: join(work, 'data'),
  apiPort: 0,
  awsPort: 0,
  speed: 60,
  schedules: false,
});
try {
  for (const dataSet of Object.keys(FOLDERS) as DataSet[]) await load(dataSet);
  await timed('delivery', () => stack.flush());
  await timed('builds', async () => {
    const execution = await stack.startExecution('Builds', {});
    if (execution.status !== 'SUCCEEDED')
      throw new Error(`the builds ended ${JSON.stringify(execution)}`);
  });
  const expectations = [
    ...ecommerceExpectations(expected('ecommerce')),
    ...systemDesignExpectations(expected('system_design')),
  ];
  const mismatches = await compare(stack.apiUrl, expectations);
  for (const { expectation, got } of mismatches.slice(0, 50)) {
    console.log(`MISMATCH ${JSON.stringify(expectation)} got ${got}`);
  }
  console.log(`${expectations.length - mismatches.length} passed, ${mismatches.length} failed`);
  process.exitCode = mismatches.length === 0 ? 0 : 1;
} finally {
  await stack.stop();
  rmSync(work, { recursive: true, force: true });
}

function mapping(properties: readonly string[]): object {
  return {
    type: { value: 'track' },
    event: 'event',
    user_id: 'user_id',
    timestamp: 'ts',
    properties: Object.fromEntries(properties.map((name) => [name, name])),
  };
}

async function load(dataSet: DataSet): Promise<void> {
  const file = join(work, `${dataSet}-mapping.json`);
  writeFileSync(file, JSON.stringify(MAPPING[dataSet]));
  const input = join(data, FOLDERS[dataSet], 'derived-events.csv.gz');
  const options = ['--url', stack.apiUrl, '--write-key', SERVER_KEY(dataSet), '--mapping', file];
  const state = ['--state', join(work, `${dataSet}-state.json`)];
  // The loader runs as its user runs it: a process of its own, over HTTP.
  const loader = [join(root, 'cli/load.ts'), input, ...options, ...state];
  const [code] = await once(spawn(process.execPath, loader, { stdio: 'inherit' }), 'exit');
  if (code !== 0) throw new Error(`loading ${input} ended with ${code}`);
}

function expected(dataSet: DataSet): Record<string, unknown> {
  return JSON.parse(readFileSync(join(data, FOLDERS[dataSet], 'expected-results.json'), 'utf8'));
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
