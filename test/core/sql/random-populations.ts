import type { FunnelDefinition, FunnelExclusion, FunnelStep } from '../../../core/funnel.ts';
import type { TestEvent } from '../../conformance/funnel-engine.ts';

/** Numbers that only look random, the same for the same seed. */
export type Random = (below: number) => number;

/** A small generator (mulberry32): tests fail again with the seed that they name. */
export function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const NAMES = ['a', 'b', 'c', 'd', 'x'];

/** Events of many people: few distinct times, so that ties abound; a property that filters look at. */
export function randomEvents(random: Random, people: number, span: number): TestEvent[] {
  const events: TestEvent[] = [];
  for (let person = 1; person <= people; person++) {
    const count = 1 + random(8);
    for (let i = 0; i < count; i++) {
      events.push({
        person,
        event: NAMES[random(NAMES.length)]!,
        event_at: random(span),
        properties: { p: random(2), q: random(2) },
      });
    }
  }
  return events;
}

/** Steps of which no event matches two. */
export function disjointSteps(random: Random): FunnelStep[] {
  const count = 1 + random(4);
  return ['a', 'b', 'c', 'd'].slice(0, count).map((event) => ({ event }));
}

/** Steps that events may match several of: repeats, any event, filters on different properties. */
export function overlappingSteps(random: Random): FunnelStep[] {
  const kinds: FunnelStep[] = [
    { event: 'a' },
    { event: 'b' },
    { event: null },
    { any_of: ['a', 'b'] },
    { event: 'a', where: [{ property: 'p', op: 'equals', value: 1 }] },
    { event: null, where: [{ property: 'q', op: 'equals', value: 1 }] },
  ];
  const chosen = Array.from({ length: 3 }, () => kinds[random(kinds.length)]!);
  return Array.from({ length: 2 + random(3) }, () => chosen[random(chosen.length)]!);
}

/** Exclusions of the event x, or of another that may also be a step. */
export function randomExclusions(random: Random, steps: number, whole: boolean): FunnelExclusion[] {
  if (steps < 2) return [];
  return Array.from({ length: random(3) }, (_, i) => {
    const from_step = whole ? 1 : 1 + random(steps - 1);
    const to_step = whole ? steps : from_step + 1 + random(steps - from_step);
    return { event: i === 0 ? 'x' : NAMES[random(NAMES.length)]!, from_step, to_step };
  });
}

/** A definition of the order given, with what options it allows. */
export function randomDefinition(
  random: Random,
  order: NonNullable<FunnelDefinition['order']>,
  overlapping: boolean,
  span: number,
): FunnelDefinition {
  const steps = overlapping ? overlappingSteps(random) : disjointSteps(random);
  const plain = order === 'any';
  return {
    name: 'random',
    steps,
    order,
    window: [0, 2, Math.floor(span / 3), span * 2][random(4)]!,
    exclusions: random(2) === 0 ? [] : randomExclusions(random, steps.length, plain),
    exclusion: random(2) === 0 ? 'person' : 'ends',
    increasing: !plain && random(4) === 0,
    events_until: random(2) === 0 ? 'window' : 'range',
    shared_events: order !== 'strict' && random(4) === 0,
    repeats: order === 'ordered' && !overlapping && random(4) === 0 ? 'stop' : 'ignore',
  };
}
