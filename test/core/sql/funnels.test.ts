import type { FunnelDefinition } from '../../../core/funnel.ts';
import type {
  FunnelAnswer,
  FunnelQuestion,
  FunnelStepAnswer,
} from '../../../core/funnel-answer.ts';
import { compileFunnel, FUNNEL_LIMITS } from '../../../core/funnel-definition.ts';
import {
  type FunnelContext,
  funnelSelect,
  readFunnelAnswer,
  windowDays,
} from '../../../core/sql/funnels.ts';
import { statementText } from '../../../lambdas/runtime/statements.ts';
import { buildFacts } from '../../conformance/funnel-cases.ts';
import { type FunnelEngine, startEngine, type TestEvent } from '../../conformance/funnel-engine.ts';

const PLAIN: FunnelDefinition = {
  name: 'checkout',
  window: '1h',
  steps: [{ event: 'view' }, { event: 'pay' }],
};
const RANGE = { from: Date.UTC(2026, 2, 28), to: Date.UTC(2026, 2, 31) };

let engine: FunnelEngine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.close());

function context(definition: FunnelDefinition = PLAIN): FunnelContext {
  const dimensions = [{ name: 'plan', property: 'plan' }];
  return { text: statementText, appId: 'shop', dimensions, funnel: compileFunnel(definition, 'f') };
}

function question(changes: Partial<FunnelQuestion>): FunnelQuestion {
  return {
    range: RANGE,
    timeZone: 'UTC',
    breakdown: [],
    filters: [],
    includeBots: false,
    source: 'events',
    settledUntil: RANGE.to + 7_200_000,
    ...changes,
  };
}

/** Asks events and built tables; both must say the same. */
async function ask(events: readonly TestEvent[], asked: FunnelQuestion, funnel = context()) {
  await engine.load(events, 'shop');
  await buildFacts(engine, funnel, events);
  const [fromEvents, fromFacts] = await Promise.all(
    (['events', 'facts'] as const).map(async (source) =>
      readFunnelAnswer(
        await engine.rows(funnelSelect(funnel, { ...asked, source })),
        funnel,
        asked,
      ),
    ),
  );
  expect(fromFacts).toEqual(fromEvents);
  for (const source of ['events', 'facts'] as const) {
    const counting = { ...asked, source, times: false };
    const counts = readFunnelAnswer(
      await engine.rows(funnelSelect(funnel, counting)),
      funnel,
      counting,
    );
    expect(counts).toEqual(withoutTimes(fromEvents!));
  }
  return fromEvents!;
}

/** The answer to the same question with `times: false`. */
function withoutTimes(answer: FunnelAnswer): FunnelAnswer {
  const times = {
    median_seconds_from_previous: null,
    mean_seconds_from_previous: null,
    median_seconds_from_start: null,
    mean_seconds_from_start: null,
  };
  const steps = (all: readonly FunnelStepAnswer[]) => all.map((step) => ({ ...step, ...times }));
  return {
    ...answer,
    groups: answer.groups.map((group) => ({ ...group, steps: steps(group.steps) })),
  };
}

function at(person: number, event: string, time: string, rest: Partial<TestEvent> = {}): TestEvent {
  return { person, event, event_at: Date.parse(time), ...rest };
}

test('an answer without a breakdown has one group, also where nobody came', async () => {
  const answer = await ask([at(1, 'other', '2026-03-28T10:00Z')], question({}));

  expect(answer.groups).toHaveLength(1);
  expect(answer.groups[0]).toMatchObject({ values: {}, steps: [{ people: 0 }, { people: 0 }] });
});

test('a breakdown takes the values at step 1, and a person counts once in each', async () => {
  const events = [
    at(1, 'view', '2026-03-28T10:00Z', { channel: 'email', properties: { plan: 'pro' } }),
    at(1, 'pay', '2026-03-28T10:10Z', { channel: 'direct' }),
    at(1, 'view', '2026-03-29T10:00Z', { channel: 'search' }),
    at(1, 'view', '2026-03-29T11:00Z', { channel: 'search' }),
    at(2, 'view', '2026-03-28T10:00Z'),
  ];

  const answer = await ask(events, question({ breakdown: ['channel', 'plan'] }));

  expect(
    answer.groups.map(({ values, steps }) => [values, steps.map(({ people }) => people)]),
  ).toEqual([
    [{ channel: 'email', plan: 'pro' }, [1, 1]],
    [{ channel: 'search', plan: null }, [1, 0]],
    [{ channel: null, plan: null }, [1, 0]],
  ]);
});

test('filters look at step 1', async () => {
  const events = [
    at(1, 'view', '2026-03-28T10:00Z', { channel: 'email' }),
    at(1, 'pay', '2026-03-28T10:10Z', { channel: 'direct' }),
    at(2, 'view', '2026-03-28T10:00Z', { channel: 'direct' }),
  ];
  const filters = [{ property: 'channel', op: 'equals', value: 'email' }] as const;

  const answer = await ask(events, question({ filters }));

  expect(answer.groups[0]!.steps.map(({ people }) => people)).toEqual([1, 1]);
});

test.each([
  ['hour', ['2026-03-29T01:00+01:00', '2026-03-29T03:00+02:00']],
  ['day', ['2026-03-29']],
  ['week', ['2026-03-23']],
  ['month', ['2026-03-01']],
])('periods are those of the time zone, over a change of the clock: %s', async (period, labels) => {
  const events = [at(1, 'view', '2026-03-29T00:30Z'), at(2, 'view', '2026-03-29T01:30Z')];

  const answer = await ask(events, question({ breakdown: [period], timeZone: 'Europe/Berlin' }));

  expect(answer.groups.map(({ values }) => values[period])).toEqual(labels);
});

test('days west and east of UTC begin at their own midnight', async () => {
  const events = [at(1, 'view', '2026-03-29T06:59Z'), at(2, 'view', '2026-03-29T07:00Z')];
  const days = async (timeZone: string) =>
    (await ask(events, question({ breakdown: ['day'], timeZone }))).groups.map(
      ({ values }) => values.day,
    );

  expect(await days('America/Los_Angeles')).toEqual(['2026-03-28', '2026-03-29']);
  expect(await days('Asia/Kolkata')).toEqual(['2026-03-29']);
});

test('bots are left out, and never share an attempt with people', async () => {
  const events = [
    at(1, 'view', '2026-03-28T10:00Z'),
    at(1, 'pay', '2026-03-28T10:10Z', { is_bot: true }),
    at(2, 'view', '2026-03-28T10:00Z', { is_bot: true }),
    at(2, 'pay', '2026-03-28T10:10Z', { is_bot: true }),
  ];

  const people = (await ask(events, question({}))).groups[0]!.steps.map((step) => step.people);
  const all = (await ask(events, question({ includeBots: true }))).groups[0]!.steps;

  expect(people).toEqual([1, 0]);
  expect(all.map((step) => step.people)).toEqual([2, 1]);
});

test.each([
  ['settled counts', { times: false, settledUntil: Date.UTC(2026, 3, 20) }],
  ['counts with open windows', { times: false, settledUntil: null }],
  ['times', { settledUntil: null }],
] as const)('events of bots and of nobody are in no %s', async (_, more) => {
  const people = [
    at(1, 'view', '2026-03-28T10:00Z'),
    at(1, 'pay', '2026-03-28T10:30Z'),
    at(2, 'view', '2026-03-28T10:00Z'),
  ];
  const others = [
    at(2, 'pay', '2026-03-28T10:10Z', { is_bot: true }),
    at(3, 'view', '2026-03-28T10:00Z', { is_bot: true }),
    { ...at(4, 'view', '2026-03-28T10:00Z'), person: null },
    { ...at(4, 'pay', '2026-03-28T10:00Z'), person: null },
  ];

  const counted = async (events: readonly TestEvent[]) =>
    (await ask(events, question(more))).groups.map(({ steps }) => steps);

  expect(await counted([...people, ...others])).toEqual(await counted(people));
  expect((await counted(people))[0]!.map((step) => step.people)).toEqual([2, 1]);
});

test('who could still get further is provisional, until the window of the last start is over', async () => {
  const events = [
    at(1, 'view', '2026-03-28T10:00Z'),
    at(1, 'view', '2026-03-28T11:00Z'),
    at(2, 'view', '2026-03-28T11:00Z'),
    at(2, 'pay', '2026-03-28T11:10Z'),
    at(3, 'view', '2026-03-28T09:00Z'),
  ];
  const provisional = async (settledUntil: number | null) =>
    (await ask(events, question({ settledUntil }))).groups[0]!.steps.map(
      (step) => step.provisional,
    );

  expect(await provisional(Date.UTC(2026, 2, 28, 11, 30))).toEqual([1, 0]);
  expect(await provisional(Date.UTC(2026, 2, 28, 12, 0, 1))).toEqual([0, 0]);
  expect(await provisional(null)).toEqual([2, 0]);
});

test('steps of the next days belong to the attempt, across partitions', async () => {
  const funnel = context({ ...PLAIN, window: '36h' });
  const events = [at(1, 'view', '2026-03-30T23:00Z'), at(1, 'pay', '2026-04-01T10:00Z')];

  const answer = await ask(events, question({}), funnel);

  expect(windowDays(funnel.funnel)).toBe(2);
  expect(answer.groups[0]!.steps[1]).toMatchObject({
    people: 1,
    median_seconds_from_previous: 35 * 3600,
    mean_seconds_from_start: 35 * 3600,
  });
});

test('an unknown breakdown or filter is refused before a statement is sent', () => {
  expect(() => funnelSelect(context(), question({ breakdown: ['colour'] }))).toThrow(
    /unknown name "colour"/,
  );
  const filters = [{ property: 'colour', op: 'is_set' }] as const;
  expect(() => funnelSelect(context(), question({ filters }))).toThrow(/unknown name "colour"/);
  expect(() =>
    funnelSelect(context(), question({ breakdown: ['day'], timeZone: 'Mars/Base' })),
  ).toThrow(/Mars\/Base/);
});

test('medians are the middle time, or the mean of the two middle ones, also where times repeat', async () => {
  const minutes = [1, 1, 2, 4, 30];
  const events = minutes.flatMap((minute, i) => [
    at(i + 1, 'view', '2026-03-28T10:00Z'),
    at(i + 1, 'pay', `2026-03-28T10:${String(minute).padStart(2, '0')}Z`),
  ]);
  const paid = async (own: readonly TestEvent[]) =>
    (await ask(own, question({}))).groups[0]!.steps[1];

  expect(await paid(events)).toMatchObject({
    median_seconds_from_start: 120,
    mean_seconds_from_start: 456,
  });
  expect(await paid(events.slice(0, 8))).toMatchObject({
    median_seconds_from_start: 90,
    mean_seconds_from_start: 120,
  });
});

test.each(['ordered', 'strict', 'any'] as const)(
  'a funnel of twenty steps is planned at once, order %s',
  async (order) => {
    // The planner of the engine takes 2^n as long for n windows one after the other, where nothing breaks the chain.
    const names = Array.from({ length: FUNNEL_LIMITS.steps }, (_, i) => `step_${i + 1}`);
    const steps = names.map((event) => ({ event }));
    const start = Date.parse('2026-03-28T10:00Z');
    const events = [1, 2].flatMap((person) =>
      names
        .slice(0, person * 10)
        .map((event, i) => ({ person, event, event_at: start + i * 1000 })),
    );

    const answer = await ask(events, question({}), context({ ...PLAIN, steps, order }));

    const people = answer.groups[0]!.steps.map((step) => step.people);
    expect(people).toEqual([...Array(10).fill(2), ...Array(10).fill(1)]);
  },
);
