import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { synthesize } from '../bin/synthesize.ts';
import { startStack } from '../local/stack.ts';
import { noArguments } from '../test/tool-arguments.ts';
import { benchConfig, WRITE_KEY } from './config.ts';
import { type FigureRow, report } from './figures.ts';

/**
 * `npm run bench:endpoint`: events a second through the local HTTP endpoint to disk, in batches of 1, 10 and 100, and the
 * bytes of Parquet that an event takes. The load comes from a thread on this machine too: autocannon, 16 connections, 10 seconds
 * after 3 that are not counted, in which the functions start and are compiled.
 */
noArguments('npm run bench:endpoint');
const SECONDS = 10;
const WARM_UP_SECONDS = 3;
const work = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
synthesize({ config: benchConfig, outdir: join(work, 'cdk.out') });
const stack = await startStack({
  assembly: join(work, 'cdk.out'),
  data: join(work, 'data'),
  apiPort: 0,
  awsPort: 0,
  speed: 1,
  schedules: false,
});
const rows: FigureRow[] = [];
let events = 0;
try {
  for (const batch of [1, 10, 100]) {
    await load(batch, WARM_UP_SECONDS);
    const result = await load(batch, SECONDS);
    rows.push({
      'events a request': batch,
      'events/s': Math.round((result['2xx'] * batch) / result.duration),
      'requests/s': Math.round(result['2xx'] / result.duration),
      'p50 ms': result.latency.p50,
      'p99 ms': result.latency.p99,
    });
  }
  await stack.flush();
  const bytes = parquetBytes(join(work, 'data'));
  rows.push({
    'events a request': `all: ${events}`,
    'Parquet bytes an event': Math.round(bytes / events),
  });
  report('endpoint', rows);
} finally {
  await stack.stop();
  rmSync(work, { recursive: true, force: true });
}

async function load(batch: number, seconds: number): Promise<autocannon.Result> {
  const result = await autocannon({
    url: `${stack.apiUrl}/v1/batch`,
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ batch: Array.from({ length: batch }, (_, i) => call(i)) }),
    connections: 16,
    duration: seconds,
    workers: 1,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx + result.errors} requests were not accepted`);
  events += result['2xx'] * batch;
  return result;
}

function call(i: number): object {
  return {
    type: 'track',
    event: ['home', 'search', 'product', 'cart', 'payment', 'confirmation'][i % 6],
    anonymousId: `visitor-${i % 50}`,
    timestamp: new Date().toISOString(),
    properties: {
      plan: i % 2 ? 'free' : 'pro',
      product_id: `sku-${i * 7}`,
      price: i + 0.5,
      quantity: 1,
    },
    context: {
      page: {
        url: 'https://shop.example/item?id=7',
        path: '/item',
        referrer: 'https://www.google.com/',
      },
      locale: 'en-GB',
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36',
      library: { name: 'analytics.js', version: '4.1.0' },
    },
  };
}

function parquetBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.parquet'))
    .reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}
