import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { defineConfig } from '../../core/config.ts';
import sample from '../../millrace.config.ts';
import { type RawEvent, readRawEvents } from './raw-events.ts';
import { removeStacks, startTestStack, type TestStack } from './stack.ts';

const [shop] = sample.apps;
if (shop === undefined) throw new Error('the sample config has no app');
const CONFIG = defineConfig({
  ...sample,
  apps: [
    {
      ...shop,
      funnels: [{ name: 'sale', window: '1d', steps: [{ event: 'seen' }, { event: 'bought' }] }],
      visitors: {
        cookie: {},
        gpc: 'anonymous',
        dnt: 'nothing',
        consent: { category: 'analytics', whenDenied: 'anonymous' },
      },
    },
  ],
});
const ADDRESS = '203.0.113.77';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ config: CONFIG });
});
afterAll(async () => {
  await stack.stop();
  removeStacks();
});

/** A browser on a page of the shop, with what it sends each time. */
class Browser {
  readonly #headers: Readonly<Record<string, string>>;
  #cookie: string | undefined;

  constructor(headers: Readonly<Record<string, string>> = {}, cookie?: string) {
    this.#headers = headers;
    this.#cookie = cookie;
  }

  async send(route: string, body: unknown) {
    const response = await fetch(`${stack.apiUrl}${route}`, {
      method: 'POST',
      headers: {
        'content-type': 'text/plain',
        authorization: `Basic ${Buffer.from('shop-public-key:').toString('base64')}`,
        origin: 'https://www.shop.example',
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36',
        'x-forwarded-for': ADDRESS,
        ...(this.#cookie && { cookie: `theme=dark; ${this.#cookie}` }),
        ...this.#headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    for (const set of response.headers.getSetCookie()) {
      this.#cookie = /Max-Age=0/.test(set) ? undefined : set.split(';', 1)[0];
    }
    const json = (await response.json()) as Readonly<Record<string, unknown>>;
    return { status: response.status, headers: response.headers, json };
  }
}

/** A visit of a person of whom nothing may be told: every value that holds the name, or the address, is a secret. */
function visitOf(name: string, context: object = {}) {
  const call = (event: string) => ({
    type: 'track',
    event,
    messageId: `${name}-user:${event}`,
    anonymousId: `${name}-anonymous`,
    userId: `${name}-user`,
    ip: ADDRESS,
    traits: { email: `${name}@example.com` },
    properties: { price: 9, customer_id: `${name}-customer`, memo: `of ${name}-user` },
    context: {
      ip: ADDRESS,
      sessionId: `${name}-session`,
      device: { id: `${name}-device` },
      page: { url: `https://shop.example/?uid=${name}-user&gclid=${name}-click` },
      ...context,
    },
  });
  return [call('seen'), call('bought')];
}

/** Everything in the data folder as text: Parquet decoded, gzip unpacked. */
async function wholeFolder(): Promise<string> {
  const texts: string[] = [];
  for (const entry of readdirSync(stack.data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    texts.push(file, bytes.toString('latin1'));
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) texts.push(gunzipSync(bytes).toString('utf8'));
    if (bytes.subarray(0, 4).toString('latin1') === 'PAR1') {
      const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file), compressors });
      texts.push(
        JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? String(value) : value)),
      );
    }
  }
  return texts.join('\n');
}

/** The forms in which a text may lie in a file: as it is, and in base64 at each of its offsets. */
function formsOf(secret: string): string[] {
  const offsets = [0, 1, 2].map((offset) =>
    Buffer.from(`${' '.repeat(offset)}${secret}`)
      .toString('base64')
      .slice(offset + 1, -4),
  );
  return [secret, ...offsets];
}

function range(): string {
  const day = (offset: number) =>
    new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  return `from=${day(-2)}&to=${day(2)}`;
}

async function ask(question: string): Promise<unknown> {
  const response = await stack.ask('shop', question);
  expect(response.status).toBe(200);
  return response.json();
}

function column(events: readonly RawEvent[], name: keyof RawEvent): unknown[] {
  return [...new Set(events.map((event) => event[name]))];
}

test('of each visitor only what may be stored is stored, in every file, and all that is stored counts', async () => {
  // Prepare
  const known = new Browser();
  const gpc = new Browser({ 'sec-gpc': '1' }, 'mr_id=gpc-secret-cookie');
  const dnt = new Browser({ dnt: '1' }, 'mr_id=dnt-secret-cookie');
  const denied = new Browser();
  const no = { consent: { categoryPreferences: { Analytics: false } } };
  // Act
  const first = await known.send('/v1/track', { event: 'seen', messageId: 'k-1' });
  const second = await known.send('/v1/track', { event: 'bought', messageId: 'k-2' });
  const anonymous = [
    await gpc.send('/v1/batch', { batch: visitOf('gpc-secret') }),
    await denied.send('/v1/batch', { batch: visitOf('denied-secret'), context: no }),
  ];
  const nothing = await dnt.send('/v1/batch', { batch: visitOf('dnt-secret') });
  const bad = (name: string) => ({ ...visitOf(name)[0], event: { of: `${name}-user` } });
  const refused = [
    await gpc.send('/v1/track', bad('gpc-secret')),
    await gpc.send('/v1/track', '{"userId":"gpc-secret-user", "ip":"203.0.113.77"'),
    await dnt.send('/v1/track', '{"userId":"dnt-secret-user", "ip":"203.0.113.77"'),
    await denied.send('/v1/track', { ...bad('denied-secret'), context: no }),
    await known.send('/v1/track', { event: {}, userId: 'known-user', context: { ip: ADDRESS } }),
  ];
  const nobody = await dnt.send('/v1/track', bad('dnt-secret'));
  await stack.build();
  // Assess: what the browsers hear.
  expect(first.headers.get('x-anonymous-id')).toBe(first.json.anonymous_id);
  expect(second.json).toEqual({
    success: true,
    accepted: 1,
    refused: [],
    anonymous_id: first.json.anonymous_id,
  });
  expect(anonymous.map(({ json }) => json)).toEqual([
    { success: true, accepted: 2, refused: [] },
    { success: true, accepted: 2, refused: [] },
  ]);
  expect(nothing).toMatchObject({ status: 200, json: { accepted: 0, declined: 2, refused: [] } });
  expect(nobody).toMatchObject({ status: 200, json: { accepted: 0, declined: 1, refused: [] } });
  expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
  // What is stored.
  const events = await readRawEvents(stack);
  const nobodys = events.filter(({ anonymous_id }) => anonymous_id === undefined);
  expect(events).toHaveLength(6);
  expect(
    column(
      events.filter((event) => !nobodys.includes(event)),
      'anonymous_id',
    ),
  ).toEqual([first.json.anonymous_id]);
  expect(nobodys).toHaveLength(4);
  for (const name of ['user_id', 'session_id', 'traits', 'anonymous_key', 'user_key'] as const) {
    expect([name, ...column(nobodys, name)]).toEqual([name, undefined]);
  }
  expect(nobodys.map(({ properties }) => properties?.price)).toEqual([9, 9, 9, 9]);
  expect(column(nobodys, 'consent')).toContain(JSON.stringify(no.consent));
  const folder = await wholeFolder();
  // The search finds what is there.
  for (const there of ['known-user', 'seen', String(first.json.anonymous_id)]) {
    expect(formsOf(there).some((form) => folder.includes(form))).toBe(true);
  }
  const told = ['gpc-secret', 'dnt-secret', 'denied-secret', ADDRESS].flatMap((secret) =>
    formsOf(secret).flatMap((form) => {
      const at = folder.indexOf(form);
      return at < 0 ? [] : [folder.slice(Math.max(0, at - 200), at + 200)];
    }),
  );
  expect(told).toEqual([]);
  // What is counted: all events, and the one person.
  expect(await ask(`totals?${range()}`)).toMatchObject({
    events: expect.arrayContaining([
      expect.objectContaining({ event: 'seen', count: 3 }),
      expect.objectContaining({ event: 'bought', count: 3 }),
    ]),
  });
  expect(await ask(`totals?${range()}&count=people`)).toMatchObject({
    events: expect.arrayContaining([
      expect.objectContaining({ event: 'seen', count: 1 }),
      expect.objectContaining({ event: 'bought', count: 1 }),
    ]),
  });
  expect(await ask(`funnels?name=sale&${range()}`)).toMatchObject({
    groups: [{ steps: [{ people: 1 }, { people: 1 }] }],
  });
});
