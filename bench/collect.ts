import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseConfig } from '../core/config-schema.ts';
import { bundle } from '../lib/bundle.ts';
import { noArguments } from '../test/tool-arguments.ts';
import { benchConfig, WRITE_KEY } from './config.ts';
import { median, report } from './figures.ts';

/**
 * `npm run bench:collect`: events a second that collect takes from body text to packed record, network left out, beside the
 * bound: JSON.parse of the body and JSON.stringify of its events, which no collector can do without. Then the bundle's size
 * and the time a fresh process takes to load it.
 */
noArguments('npm run bench:collect');
const config = parseConfig(benchConfig);
const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
const bundled = bundle('collect', config, folder);
// Imported after the bundle is made: that compiles the schemas that they import.
const { respond } = await import('../lambdas/collect/respond.ts');
const { CountedSinks } = await import('../lambdas/collect/counted-sinks.ts');
const { createCollector } = await import('../lambdas/collect/collector.ts');
const { packLines } = await import('../lambdas/runtime/lines.ts');

const RUN_MS = 400;
const RUNS = 5;

const collector = createCollector(config);
/** Takes what is worked out, so that the engine cannot leave it out; printed at the end. */
let bytes = 0;
const packed = {
  store: async (lines: readonly { readonly json: string }[]) => {
    for (const record of packLines(lines.map(({ json }) => json))) bytes += record.byteLength;
  },
};

/** As the handler's, but for the log: the line with the counts is made and not written. */
function sinks(receivedAt: number) {
  const write = (line: string) => {
    bytes += line.length;
  };
  return new CountedSinks(packed, { namespace: 'Millrace/bench', receivedAt, write });
}

/** An event as a browser's library sends it, about 700 bytes. */
function event(i: number): object {
  return {
    timestamp: '2026-11-21T18:00:20.615Z',
    type: 'track',
    event: ['Product Viewed', 'Product Added', 'Checkout Started'][i % 3],
    properties: { product_id: `p-${i}`, price: 12.5, quantity: 2, category: 'shoes' },
    context: {
      page: { path: '/cart', search: '?a=b', title: 'Shop', url: 'https://shop.example/cart?a=b' },
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36',
      locale: 'en-US',
      library: { name: 'analytics.js', version: 'npm:next-1.84.3' },
      campaign: { source: 'news' },
    },
    messageId: `ajs-next-1795284020615-${i}`,
    anonymousId: 'ae5b12fe-4883-4666-8e53-5e1eab76bf54',
    userId: 'u1',
  };
}

/**
 * Events a second of a core that a way takes requests of so many events: by processor time, so that what else runs on the machine does not
 * count; the median of some runs.
 */
async function perSecond(count: number, take: () => unknown): Promise<number> {
  const rates: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const start = performance.now();
    const before = process.cpuUsage();
    let requests = 0;
    while (performance.now() - start < RUN_MS) {
      await take();
      requests++;
    }
    const { user, system } = process.cpuUsage(before);
    if (run > 0) rates.push((requests * count * 1e6) / (user + system));
  }
  return Math.round(median(rates));
}

/** Milliseconds from the start of `import` of the bundle in a fresh process: the median of some. */
function coldStartMs(): number {
  const code =
    'const start=performance.now();await import(process.argv[1]);console.log(performance.now()-start)';
  const env = {
    PATH: process.env.PATH,
    AWS_REGION: 'us-east-1',
    STREAM_NAME: 's',
    DEAD_LETTER_STREAM_NAME: 'd',
    LAKE_BUCKET: 'b',
    RATE_LIMITS_TABLE: 'r',
    METRICS_NAMESPACE: 'Millrace/bench',
  };
  const times = Array.from({ length: 9 }, () => {
    const args = ['--input-type=module', '-e', code, join(bundled, 'index.mjs')];
    return Number(spawnSync(process.execPath, args, { env, encoding: 'utf8' }).stdout);
  });
  return Math.round(median(times));
}

const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;
const rows = [];
for (const count of [1, 10, 100]) {
  const body = JSON.stringify({ batch: Array.from({ length: count }, (_, i) => event(i)) });
  const request = {
    method: 'POST',
    path: '/v1/batch',
    authorization,
    body,
    isBase64Encoded: false,
  };
  const taken = await perSecond(count, () => {
    const receivedAt = Date.now();
    return respond({ ...request, receivedAt }, collector, sinks(receivedAt));
  });
  const bound = await perSecond(count, () => {
    const { batch } = JSON.parse(body) as { batch: object[] };
    for (const one of batch) bytes += JSON.stringify(one).length;
  });
  rows.push({
    batch: count,
    bytes: body.length,
    'events/s': taken,
    'bound events/s': bound,
    'share of bound': `${Math.round((100 * taken) / bound)} %`,
  });
}
const files = globSync('**/*.mjs', { cwd: bundled }).map((file) =>
  readFileSync(join(bundled, file)),
);
rows.push({
  'bundle KB': Math.round(Buffer.concat(files).byteLength / 1000),
  'gzip KB': Math.round(gzipSync(Buffer.concat(files)).byteLength / 1000),
  'cold start ms': coldStartMs(),
});
rmSync(folder, { recursive: true });
report('collect', rows);
console.log(`${Math.round(bytes / 1e6)} MB written in all`);
