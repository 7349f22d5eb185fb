import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import type { AppConfig } from '../../../core/config.ts';
import sampleConfig from '../../../millrace.config.ts';
import { noArguments, wrongCall } from '../../tool-arguments.ts';
import { differences, readRawEvents } from '../raw-events.ts';
import { removeStacks, startTestStack, type TestStack } from '../stack.ts';
import type { BrowserClient } from './client.ts';
import { clients } from './clients.ts';
import { type Pages, servePages } from './pages.ts';

/** Debian's package; CHROMIUM names another. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
const WRITE_KEY = 'shop-public-key';
const SLOW_KEY = 'slow-public-key';
const SLOW_APP: AppConfig = {
  id: 'slow',
  writeKeys: [{ key: SLOW_KEY }],
  readKeys: [],
  requestsPerSecond: 1,
};

/** Lets each client send from a page in Chromium, then looks for all of it in raw_events. Gives the problems, a line each. */
async function check(browser: Browser, stack: TestStack, pages: Pages): Promise<string[]> {
  const problems: string[] = [];
  for (const client of clients) {
    const sent = await visit(client, browser, stack, pages);
    const found = differences(sent, await readRawEvents(stack));
    console.log(`${client.name}: ${sent.length} events sent, ${found.length} differences`);
    if (sent.length === 0) found.push('nothing was sent');
    problems.push(...found.map((problem) => `${client.name}: ${problem}`));
  }
  return problems;
}

/** Each client in a profile of its own, so that no cookie of another is there. */
async function visit(
  client: BrowserClient,
  browser: Browser,
  { apiUrl, faults }: TestStack,
  pages: Pages,
) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/London' });
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      // The browser tells of each answer that is an error; some clients are checked with those.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        console.log(`  ${client.name}: ${message.text()}`);
      }
    });
    page.on('pageerror', (error) => console.log(`  ${client.name}: ${error.message}`));
    await page.goto(`${pages.origin}/${client.name}/checkout?step=1`);
    return await client.visit({ page, apiUrl, writeKey: WRITE_KEY, slowKey: SLOW_KEY, faults });
  } finally {
    await context.close();
  }
}

noArguments('npm run browser-test');
if (!existsSync(CHROMIUM))
  wrongCall(`no Chromium at ${CHROMIUM}: name it as CHROMIUM=/path/to/chromium`);
const stack = await startTestStack({
  config: { ...sampleConfig, apps: [...sampleConfig.apps, SLOW_APP] },
});
const pages = await servePages(
  Object.fromEntries(clients.map(({ name, program }) => [name, program])),
);
const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
try {
  const problems = await check(browser, stack, pages);
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await browser.close();
  await pages.close();
  await stack.stop();
  removeStacks();
}
