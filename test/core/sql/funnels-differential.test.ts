import type { Filter, FunnelDefinition } from '../../../core/funnel.ts';
import type { FunnelQuestion } from '../../../core/funnel-answer.ts';
import {
  type CompiledFunnel,
  compileFunnel,
  type EventMatch,
} from '../../../core/funnel-definition.ts';
import { type FunnelContext, funnelPeopleSelect, funnelSelect } from '../../../core/sql/funnels.ts';
import { statementText } from '../../../lambdas/runtime/statements.ts';
import { buildFacts } from '../../conformance/funnel-cases.ts';
import { type FunnelEngine, startEngine, type TestEvent } from '../../conformance/funnel-engine.ts';
import {
  type ReferenceEvent,
  type ReferencePerson,
  referencePerson,
  windowFunnelLevel,
} from './funnel-reference.ts';
import { randomDefinition, randomEvents, randomNumbers } from './random-populations.ts';

/** More by hand: FUNNEL_ROUNDS=1000 npm run jest -- test/core/sql/funnels-differential */
const ROUNDS = Number(process.env.FUNNEL_ROUNDS ?? 12);
const PEOPLE = 60;
const SEED = Number(process.env.FUNNEL_SEED ?? 1);

let engine: FunnelEngine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.close());

describe.each([
  ['ordered', false],
  ['ordered', true],
  ['strict', false],
  ['strict', true],
  ['any', false],
  ['any', true],
] as const)('order %s, steps that overlap: %s', (order, overlapping) => {
  test('the statements say what the definition means, from events and from built tables', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = randomNumbers(SEED * 1_000_003 + round);
      const span = [5, 12, 60][random(3)]!;
      // A third of a day between two times makes attempts cross the days of the built tables.
      const scale = random(2) === 0 ? 1 : 28_800_000;
      const events = scaled(randomEvents(random, PEOPLE, span), scale);
      const drawn = randomDefinition(random, order, overlapping, span);
      const definition = { ...drawn, window: Number(drawn.window) * scale };
      const funnel = compileFunnel(definition, 'definition');
      const from = random(span / 2) * scale;
      const range = { from, to: from + (1 + random(span)) * scale };
      await engine.load(events, 'shop');
      const context: FunnelContext = { text: statementText, appId: 'shop', dimensions: [], funnel };
      const expected = everyone(events, (own) => referencePerson(own, funnel, range), funnel);
      for (const source of ['events', 'facts'] as const) {
        if (source === 'facts') await buildFacts(engine, context, events);
        const got = await people(context, range, source);
        for (const settledUntil of [null, Number.MAX_SAFE_INTEGER]) {
          const counts = await countsByStep(context, range, source, settledUntil);
          const where = { source, definition, range, settledUntil };
          expect({ ...where, counts }).toEqual({ ...where, counts: reachedSteps(expected) });
        }
        const where = JSON.stringify({ round, source, definition, range });
        for (let person = 1; person <= PEOPLE; person++) {
          const own = events.filter((event) => event.person === person);
          expect({ where, person, own, is: shown(got.get(person), source, funnel) }).toEqual({
            where,
            person,
            own,
            is: shown(expected.get(person), source, funnel),
          });
        }
      }
    }
  });
});

test('shared events, strict order and repetitions give the levels of windowFunnel', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const random = randomNumbers(SEED * 7_000_003 + round);
    const span = [5, 12, 60][random(3)]!;
    const events = randomEvents(random, PEOPLE, span);
    const strict = random(2) === 0;
    const definition: FunnelDefinition = {
      ...randomDefinition(random, strict ? 'strict' : 'ordered', random(2) === 0, span),
      // windowFunnel carries the window through its state, ours is the attempt's: told apart only where it cuts.
      window: span * 2,
      shared_events: true,
      exclusions: [],
      increasing: false,
      repeats: !strict && random(2) === 0 ? 'stop' : 'ignore',
      allow_reentry: strict && random(2) === 0,
    };
    const funnel = compileFunnel(definition, 'definition');
    const range = { from: 0, to: span + 1 };
    await engine.load(events, 'shop');
    const context: FunnelContext = { text: statementText, appId: 'shop', dimensions: [], funnel };
    const got = await people(context, range, 'events');
    for (let person = 1; person <= PEOPLE; person++) {
      const own = events.filter((event) => event.person === person);
      const level = windowFunnelLevel(
        own.map((event) => referenceEvent(event, funnel)),
        funnel,
      );
      const where = JSON.stringify({ round, definition, person, own });
      expect({ where, level: got.get(person)?.depth ?? 0 }).toEqual({ where, level });
    }
  }
});

function scaled(events: readonly TestEvent[], scale: number): TestEvent[] {
  return events.map((event) => ({ ...event, event_at: event.event_at * scale }));
}

function everyone<T>(
  events: readonly TestEvent[],
  judge: (own: ReferenceEvent[]) => T | null,
  funnel: CompiledFunnel,
): Map<number, T> {
  const judged = new Map<number, T>();
  for (let person = 1; person <= PEOPLE; person++) {
    const own = events.filter((event) => event.person === person);
    const result = judge(own.map((event) => referenceEvent(event, funnel)));
    if (result !== null) judged.set(person, result);
  }
  return judged;
}

async function people(
  context: FunnelContext,
  range: FunnelQuestion['range'],
  source: FunnelQuestion['source'],
): Promise<Map<number, ReferencePerson>> {
  const rest = { timeZone: 'UTC', breakdown: [], filters: [], includeBots: false };
  const question = { ...rest, range, source, settledUntil: null };
  const rows = await engine.rows(funnelPeopleSelect(context, question));
  return new Map(
    rows.map((row) => {
      const depth = Number(row.depth);
      const later = Array.from({ length: depth - 1 }, (_, i) => Number(row[`reached_${i + 2}_at`]));
      const started_at = Number(row.started_at);
      return [Number(row.counted), { depth, started_at, times: [started_at, ...later] }];
    }),
  );
}

/** What a question that asks for no times says: people by step. */
async function countsByStep(
  context: FunnelContext,
  range: FunnelQuestion['range'],
  source: FunnelQuestion['source'],
  settledUntil: number | null,
): Promise<Record<number, number>> {
  const rest = { timeZone: 'UTC', breakdown: [], filters: [], includeBots: false };
  const question = { ...rest, range, source, settledUntil, times: false };
  const rows = await engine.rows(funnelSelect(context, question));
  return Object.fromEntries(rows.map((row) => [Number(row.step), Number(row.people)]));
}

function reachedSteps(expected: ReadonlyMap<number, ReferencePerson>): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { depth } of expected.values()) {
    for (let step = 1; step <= depth; step++) counts[step] = (counts[step] ?? 0) + 1;
  }
  return counts;
}

/**
 * Depth 1 takes any start: the answer does not depend on it. Where events of one time start several attempts with the same end,
 * which of them counts is not told, so between start and end only the chain's times are compared.
 */
function shown(
  person: ReferencePerson | undefined,
  source: string,
  funnel: CompiledFunnel,
): unknown {
  if (person === undefined) return null;
  const { depth, started_at, times } = person;
  if (depth === 1) return { depth, started_at: source === 'facts' ? started_at : null };
  const all = !funnel.overlapping && funnel.order === 'ordered';
  return { depth, started_at, times: all ? times : times.at(-1) };
}

function referenceEvent(event: TestEvent, funnel: CompiledFunnel): ReferenceEvent {
  return {
    t: event.event_at,
    steps: funnel.steps.map((step) => meets(event, step)),
    exclusions: funnel.exclusions.map((exclusion) => meets(event, exclusion)),
  };
}

function meets(event: TestEvent, match: EventMatch): boolean {
  const named = match.events.includes(null) || match.events.includes(event.event);
  return named && match.where.every((filter) => holds(event, filter));
}

function holds(event: TestEvent, filter: Filter): boolean {
  if (!('op' in filter) || filter.op !== 'equals') throw new Error('only equals is drawn here');
  return String(event.properties?.[filter.property]) === String(filter.value);
}
