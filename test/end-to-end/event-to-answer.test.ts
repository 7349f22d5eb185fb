import { askLake, type LakeRow } from './lake.ts';
import { removeStacks, startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(async () => {
  await stack.stop();
  removeStacks();
});

/** A purchase's first steps of one person, minutes apart, hours ago. */
function visit(person: string, events: readonly string[]): object[] {
  const start = Date.now() - 6 * 3_600_000;
  return events.map((event, index) => ({
    type: 'track',
    event,
    anonymousId: person,
    messageId: `${person}-${event}`,
    timestamp: new Date(start + index * 60_000).toISOString(),
  }));
}

function range(): string {
  const day = (offset: number) =>
    new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  return `from=${day(-2)}&to=${day(2)}`;
}

async function people(): Promise<number[]> {
  const response = await stack.ask('shop', `funnels?name=checkout&${range()}`);
  const answer = (await response.json()) as {
    groups: { steps: { people: number }[] }[];
  };
  return answer.groups[0]?.steps.map((step) => step.people) ?? [];
}

test('events that were sent over HTTP are in the funnel after the next build', async () => {
  // Prepare
  const batch = [
    ...visit('ann', ['home', 'search', 'product']),
    ...visit('bob', ['home', 'search']),
  ];
  const response = await stack.send('/v1/batch', { batch });
  // Act
  const built = await stack.build();
  // Assess
  expect(response.status).toBe(200);
  expect(built).toMatchObject({ finished: { failed: 0 } });
  expect(await people()).toEqual([2, 2, 1, 0, 0, 0]);
});

test('an event that is sent five times, in one batch, in several and after a build, counts once', async () => {
  // Prepare
  const [home] = visit('cat', ['home']);
  // Act
  await stack.send('/v1/batch', { batch: [home, home] });
  await stack.send('/v1/batch', { batch: [home] });
  await stack.build();
  await stack.send('/v1/batch', { batch: [home, home] });
  await stack.build();
  // Assess
  const response = await stack.ask('shop', `totals?${range()}`);
  const answer = (await response.json()) as { events: { event: string; count: number }[] };
  expect(answer.events.find(({ event }) => event === 'home')?.count).toBe(3);
});

test('a visit without a login, a login and a purchase by user id are one person', async () => {
  // Prepare
  const before = await people();
  const [home, ...rest] = visit('dan', [
    'home',
    'search',
    'product',
    'cart',
    'payment',
    'confirmation',
  ]);
  const start = Date.now() - 6 * 3_600_000;
  const login = {
    type: 'identify',
    anonymousId: 'dan',
    userId: 'user-dan',
    messageId: 'dan-login',
    timestamp: new Date(start + 30_000).toISOString(),
  };
  const asUser = rest.map((event) => ({ ...event, anonymousId: undefined, userId: 'user-dan' }));
  // Act
  await stack.send('/v1/batch', { batch: [home] });
  await stack.build();
  await stack.send('/v1/batch', { batch: [login, ...asUser] });
  await stack.build({ full: true });
  // Assess
  expect(await people()).toEqual(before.map((count) => count + 1));
});

test('clicks, URL changes, times on elements and changes of stage are stored, counted, and steps of a funnel', async () => {
  // Prepare
  const page = 'https://shop.example/pricing';
  const sent: readonly (readonly [path: string, properties: object])[] = [
    ['stage-change', { stage: 'pricing', trigger: 'url', url: page }],
    ['element-time', { target: '#buy', mode: 'click', elapsed_ms: 412, url: page }],
    ['click', { target: '#buy', elapsed_ms: 1840, url: page }],
    ['url-change', { from: page, to: 'https://shop.example/cart', elapsed_ms: 9100 }],
  ];
  const calls = ['eve', 'fay'].map((person) =>
    sent.map(([path, properties], index) => ({
      type: path.replace('-', '_'),
      anonymousId: person,
      messageId: `${person}-${path}`,
      timestamp: new Date(Date.now() - 3_600_000 + index * 1000).toISOString(),
      properties,
    })),
  );
  const funnel = {
    window: '1h',
    steps: [
      { event: 'stage_change', where: [{ property: 'stage', op: 'equals', value: 'pricing' }] },
      { event: 'click', where: [{ property: 'target', op: 'equals', value: '#buy' }] },
      { event: 'url_change', where: [{ property: 'path', op: 'equals', value: '/cart' }] },
      { event: 'click', where: [{ property: 'target', op: 'equals', value: '#other' }] },
    ],
  };
  // Act: one person's alone, the other's in a batch.
  const alone = await Promise.all(
    sent.map(([path], index) => stack.send(`/v1/${path}`, calls[0]?.[index])),
  );
  const batch = await stack.send('/v1/batch', { batch: calls[1] });
  await stack.build();
  // Assess
  expect([...alone, batch].map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const [from, to] = range()
    .split('&')
    .map((part) => part.split('=')[1]);
  const asked = await fetch(`${stack.apiUrl}/v1/apps/shop/funnels`, {
    method: 'POST',
    headers: { authorization: 'Bearer local-read-key' },
    body: JSON.stringify({ from, to, definition: funnel }),
  });
  const { groups } = (await asked.json()) as { groups: { steps: { people: number }[] }[] };
  expect(groups[0]?.steps.map((step) => step.people)).toEqual([2, 2, 2, 0]);
  const totals = await stack.ask('shop', `totals?events=click,element_time&${range()}`);
  expect(await totals.json()).toMatchObject({ events: [{ count: 2 }, { count: 2 }] });
  const rows = await askLake(
    stack,
    `SELECT type, event, target, elapsed_ms, url, referrer, schema FROM raw_events
     WHERE anonymous_id = 'fay' AND dt >= '2026-01-01' ORDER BY event_at`,
  );
  expect(rows).toEqual([
    row('stage_change', { url: page }),
    row('element_time', { target: '#buy', elapsed_ms: '412', url: page }),
    row('click', { target: '#buy', elapsed_ms: '1840', url: page }),
    row('url_change', { elapsed_ms: '9100', url: 'https://shop.example/cart', referrer: page }),
  ]);
});

function row(type: string, columns: LakeRow): LakeRow {
  const empty = { target: undefined, elapsed_ms: undefined, url: undefined, referrer: undefined };
  return { ...empty, type, event: type, schema: `_${type}/1-0-0`, ...columns };
}
