import type { FunnelDefinition } from '../../../core/funnel.ts';
import type { FunnelQuestion } from '../../../core/funnel-answer.ts';
import { compileFunnel } from '../../../core/funnel-definition.ts';
import { monthsReading } from '../../../core/sql/funnel-months.ts';
import { type FunnelContext, funnelPeopleSelect, funnelSelect } from '../../../core/sql/funnels.ts';
import { statementText } from '../../../lambdas/runtime/statements.ts';
import { buildFacts } from '../../conformance/funnel-cases.ts';
import { type FunnelEngine, startEngine, type TestEvent } from '../../conformance/funnel-engine.ts';
import { disjointSteps, type Random, randomNumbers } from './random-populations.ts';

/** More by hand: FUNNEL_ROUNDS=1000 FUNNEL_SEED=7 npm run jest -- test/core/sql/funnel-months */
const ROUNDS = Number(process.env.FUNNEL_ROUNDS ?? 6);
const SEED = Number(process.env.FUNNEL_SEED ?? 1);
const QUESTIONS = 25;
const DAY_MS = 86_400_000;
/** A leap year's February and months of 30 and 31 days lie in the population. */
const START = Date.UTC(2027, 11, 20);
const DAYS = 140;

let engine: FunnelEngine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.close());

test('months count the people whom the attempts tell one by one, over any range', async () => {
  const read = { counts: 0, levels: 0, none: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const random = randomNumbers(SEED * 1_000_003 + round);
    const definition = randomPlainDefinition(random);
    const funnel = compileFunnel(definition, 'definition');
    const context: FunnelContext = { text: statementText, appId: 'shop', dimensions: [], funnel };
    const events = randomVisits(random);
    await engine.load(events, 'shop');
    await buildFacts(engine, context, events);
    for (let asked = 0; asked < QUESTIONS; asked++) {
      const question = randomQuestion(random);
      const reading = monthsReading(context, question);
      read[reading ?? 'none']++;

      const got = await countsByStep(context, question);

      const where = { round, definition, question, reading };
      expect({ ...where, steps: got }).toEqual({
        ...where,
        steps: await peopleByStep(context, question),
      });
    }
  }
  expect(Math.min(read.counts, read.levels, read.none)).toBeGreaterThan(ROUNDS);
});

type Counts = Record<number, { people: number; provisional: number }>;

async function countsByStep(context: FunnelContext, question: FunnelQuestion): Promise<Counts> {
  const rows = await engine.rows(funnelSelect(context, question));
  return Object.fromEntries(
    rows.map(({ step, people, provisional }) => [
      Number(step),
      { people: Number(people), provisional: Number(provisional) },
    ]),
  );
}

/** The same from the attempts of each person, which know nothing of months. */
async function peopleByStep(context: FunnelContext, question: FunnelQuestion): Promise<Counts> {
  const counts: Counts = {};
  for (const { depth, provisional } of await engine.rows(funnelPeopleSelect(context, question))) {
    for (let step = 1; step <= Number(depth); step++) {
      const before = counts[step] ?? { people: 0, provisional: 0 };
      counts[step] = {
        people: before.people + 1,
        provisional: before.provisional + Number(provisional),
      };
    }
  }
  return counts;
}

function randomPlainDefinition(random: Random): FunnelDefinition {
  return {
    name: 'random',
    steps: disjointSteps(random),
    window: [3_600_000, 2 * DAY_MS, 20 * DAY_MS][random(3)]!,
    order: random(4) === 0 ? 'any' : 'ordered',
    ...(random(4) === 0 ? { count_by: { property: 'session' } } : {}),
    ...(random(4) === 0 ? { hold_constant: ['p'] } : {}),
  };
}

/** People who come on a few days, some of them bots on some days, with a few events in a row. */
function randomVisits(random: Random): TestEvent[] {
  const events: TestEvent[] = [];
  for (let person = 1; person <= 60; person++) {
    for (let visit = 0; visit <= random(7); visit++) {
      const at = START + random(DAYS) * DAY_MS + random(24) * 3_600_000;
      const is_bot = random(10) === 0;
      const count = 1 + random(5);
      for (let i = 0; i < count; i++) {
        events.push({
          person,
          event: 'abcd'[i % 4]!,
          event_at: at + i * random(2) * 60_000,
          is_bot,
          properties: { p: random(2), session: `s${random(40)}` },
        });
      }
    }
  }
  return events;
}

/** Ranges from the edge of a day or within it, from a day to all of the months and beyond; settled before, in or after them. */
function randomQuestion(random: Random): FunnelQuestion {
  const cut = (): number => (random(3) === 0 ? random(24) * 3_600_000 : 0);
  const from = START + (random(DAYS) - 5) * DAY_MS + cut();
  const to = from - (from % DAY_MS) + (1 + random([4, 40, 90, DAYS][random(4)]!)) * DAY_MS + cut();
  const settled = [null, to - random(10) * DAY_MS, to + 30 * DAY_MS, to + 30 * DAY_MS];
  return {
    range: { from, to },
    timeZone: 'UTC',
    breakdown: [],
    filters: [],
    includeBots: random(5) === 0,
    source: 'facts',
    settledUntil: settled[random(4)]!,
    times: false,
  };
}
