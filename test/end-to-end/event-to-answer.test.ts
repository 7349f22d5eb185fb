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
