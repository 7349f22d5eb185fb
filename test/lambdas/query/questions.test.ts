import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadFile } from '../../../cli/load/load-file.ts';
import type { AnswerEnvelope, TotalsAnswer } from '../../../core/api.ts';
import type { MillraceConfig } from '../../../core/config.ts';
import type { FunnelAnswer } from '../../../core/funnel-answer.ts';
import { removeStacks, startTestStack, type TestStack } from '../../end-to-end/stack.ts';
import { sha256 } from './app-fixture.ts';

const KINDS = { home: 150, search: 80, product: 80, cart: 40, payment: 10, confirmation: 7 };
const NAMES = Object.keys(KINDS);
const COUNTS = Object.values(KINDS);
const SHARES = [1, 0.5333, 0.5333, 0.2667, 0.0667, 0.0467];
const DROP_OFFS = [null, 0.4667, 0, 0.5, 0.75, 0.3];
const STEPS = NAMES.map((event) => ({ event }));
const RANGE = 'from=2026-03-29&to=2026-03-30';

const CONFIG: MillraceConfig = {
  apps: [
    {
      id: 'shop',
      writeKeys: [{ key: 'shop-server-key', kind: 'server' }],
      readKeys: [{ name: 'test', sha256: sha256('read-shop') }],
      timeZone: 'Europe/Berlin',
      dimensions: [{ name: 'plan', property: 'plan' }],
      funnels: [{ name: 'checkout', window: '1d', steps: STEPS }],
    },
    {
      id: 'other',
      writeKeys: [{ key: 'other-server-key', kind: 'server' }],
      readKeys: [{ name: 'test', sha256: sha256('read-other') }],
    },
  ],
};

type Answer = AnswerEnvelope &
  Omit<TotalsAnswer, 'groups'> & {
    readonly groups: readonly (TotalsAnswer['groups'][number] & FunnelAnswer['groups'][number])[];
  };

let folder: string;
let stack: TestStack;

/** Two channels and two devices, the same counts in each; the day before holds as many again. */
function csv(): string {
  const lines = ['user_id,event,ts,channel,device,plan'];
  for (const day of ['2026-03-28T12', '2026-03-29T12']) {
    for (const [channel, device] of [
      ['email', 'mobile'],
      ['search', 'desktop'],
    ]) {
      NAMES.forEach((event, minute) => {
        for (let i = 0; i < COUNTS[minute]!; i += 1) {
          lines.push(
            `${channel}-${i},${event},${day}:0${minute}:00Z,${channel},${device},${i % 2 ? 'pro' : ''}`,
          );
        }
      });
    }
  }
  return lines.join('\n');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-questions-'));
  const file = join(folder, 'events.csv');
  await writeFile(file, csv());
  stack = await startTestStack({ config: CONFIG });
  const summary = await loadFile(
    {
      file,
      target: { url: stack.apiUrl, writeKey: 'shop-server-key', retries: 3 },
      statePath: join(folder, 'state.json'),
      batchSize: 500,
      concurrency: 4,
      maxBadRows: 0,
    },
    { progress: () => undefined, problem: (message) => expect(message).toBe('') },
  );
  expect(summary).toMatchObject({ accepted: 4 * 367, refused: {}, bad: 0 });
});
afterAll(async () => {
  await stack?.stop();
  removeStacks();
  await rm(folder, { recursive: true });
});

async function ask(question: string, app = 'shop', key = 'read-shop') {
  const response = await stack.ask(app, question, key);
  const json = (await response.json()) as Answer;
  return { status: response.status, headers: response.headers, json };
}

describe('questions over the whole way', () => {
  test('before the first build there is an answer with nothing in it', async () => {
    const { status, json } = await ask(`funnels?name=checkout&${RANGE}`);
    expect(status).toBe(200);
    expect(json).toMatchObject({ settled_until: null, data_version: 0 });
    await stack.build();
  });

  test('totals within a day of 23 hours, by channel, by device', async () => {
    const { json } = await ask(`totals?events=${NAMES}&${RANGE}&breakdown=channel,device`);
    expect(json.events.map(({ count }) => count)).toEqual(COUNTS.map((n) => 2 * n));
    expect(json.groups.map(({ values }) => values)).toEqual([
      { channel: 'email', device: 'mobile' },
      { channel: 'search', device: 'desktop' },
    ]);
    for (const { events } of [json, ...json.groups]) {
      expect(events.map(({ share }) => share)).toEqual(SHARES);
      expect(events.map(({ drop_off }) => drop_off)).toEqual(DROP_OFFS);
    }
    expect(json.bytes_scanned).toBeGreaterThan(0);
    expect(json.cost_usd).toBe(0.00005);
  });

  test('a funnel of the config gives the same from facts as its definition from events', async () => {
    const facts = await ask(`funnels?name=checkout&${RANGE}&breakdown=channel`);
    const response = await fetch(`${stack.apiUrl}/v1/apps/shop/funnels`, {
      method: 'POST',
      headers: { authorization: 'Bearer read-shop', 'content-type': 'application/json' },
      body: JSON.stringify({
        from: '2026-03-29',
        to: '2026-03-30',
        breakdown: ['channel'],
        definition: { window: '1d', steps: STEPS },
      }),
    });
    const events = (await response.json()) as Answer;
    expect(facts.json.groups.map(({ steps }) => steps.map(({ people }) => people))).toEqual([
      COUNTS,
      COUNTS,
    ]);
    expect(facts.json.groups[0]?.steps.map(({ share_of_first }) => share_of_first)).toEqual(SHARES);
    expect(facts.json.groups[0]?.steps.map(({ drop_off }) => drop_off)).toEqual(DROP_OFFS);
    expect(events.groups).toEqual(facts.json.groups);
  });

  test('filters on properties, people and periods', async () => {
    const by = async (query: string) => (await ask(`totals?events=home&${query}`)).json;
    expect((await by(`${RANGE}&filter=plan:pro`)).events[0]?.count).toBe(150);
    expect((await by(`${RANGE}&filter=plan:!pro`)).events[0]?.count).toBe(150);
    const range = 'from=2026-03-28&to=2026-03-30';
    expect((await by(`${range}&count=people`)).events[0]?.count).toBe(300);
    const days = await by(`${range}&breakdown=day`);
    expect(days.groups.map(({ values }) => values.day)).toEqual(['2026-03-28', '2026-03-29']);
  });

  test('the second time an answer comes from the cache, and the third time not at all', async () => {
    const first = await ask(`totals?${RANGE}&filter=device:mobile`);
    const second = await ask(`totals?filter=device:mobile&${RANGE}`);
    const third = await fetch(`${stack.apiUrl}/v1/apps/shop/totals?${RANGE}&filter=device:mobile`, {
      headers: {
        authorization: 'Bearer read-shop',
        'if-none-match': first.headers.get('etag') ?? '',
      },
    });
    expect(first.json.cached).toBe(false);
    expect(second.json).toMatchObject({
      cached: true,
      bytes_scanned: 0,
      events: first.json.events,
    });
    expect(third.status).toBe(304);
  });

  test('no key reads another app, and another app has none of the events', async () => {
    expect((await ask(`totals?${RANGE}`, 'other', 'read-shop')).status).toBe(403);
    expect((await ask(`totals?${RANGE}`, 'shop', 'shop-server-key')).status).toBe(401);
    expect((await ask(`totals?${RANGE}`, 'other', 'read-other')).json.events).toEqual([]);
  });

  test('a wrong question is a problem document', async () => {
    const { status, headers, json } = await ask('funnels?name=nope');
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(json).toMatchObject({
      type: 'urn:millrace:problem:invalid_parameter',
      detail: 'unknown funnel "nope", allowed are checkout',
      parameter: 'name',
    });
  });
});
