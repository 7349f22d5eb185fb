import type { FunnelDefinition } from '../../core/funnel.ts';
import { compileFunnel } from '../../core/funnel-definition.ts';
import { parseWindow } from '../../core/funnel-window.ts';

const PLAIN: FunnelDefinition = {
  name: 'checkout',
  window: '1h',
  steps: [{ event: 'view' }, { event: 'pay' }],
};

function compile(changes: object) {
  return compileFunnel({ ...PLAIN, ...changes } as FunnelDefinition, 'funnels[0]');
}

test('fills in every default', () => {
  expect(compileFunnel(PLAIN, 'f')).toMatchObject({
    window_ms: 3_600_000,
    order: 'ordered',
    where: [],
    exclusions: [],
    exclusion: 'person',
    shared_events: false,
    increasing: false,
    repeats: 'ignore',
    allow_reentry: false,
    hold_constant: [],
    count_by: 'person',
    events_until: 'window',
    overlapping: false,
    steps: [{ label: 'view' }, { label: 'pay' }],
  });
});

test.each([
  ['30s', 30_000],
  ['30m', 1_800_000],
  ['1h', 3_600_000],
  ['14d', 1_209_600_000],
  ['P7D', 604_800_000],
  ['PT1H30M', 5_400_000],
  ['P1W', 604_800_000],
  [0, 0],
  [1500, 1500],
])('reads the window %p as %p ms', (value, ms) => {
  expect(parseWindow(value)).toBe(ms);
});

test.each([['1 hour'], ['P1M'], ['PT'], ['P'], [-1], [1.5], ['40000d'], [null], [undefined]])(
  'refuses the window %p',
  (value) => {
    expect(() => parseWindow(value)).toThrow(/allowed: 30m, 1h, 14d, P7D or milliseconds/);
  },
);

test.each([
  [{ name: 'Check out' }, /funnels\[0\]\.name: got "Check out", allowed: \[a-z\]/],
  [{ steps: [] }, /funnels\[0\]\.steps: got 0 entries, allowed: 1 to 20/],
  [{ steps: Array(21).fill({ event: 'a' }) }, /got 21 entries, allowed: 1 to 20/],
  [{ steps: [{}] }, /steps\[0\]: .* either event/],
  [{ steps: [{ event: 'a', any_of: ['b'] }] }, /steps\[0\]: .* either event/],
  [
    { steps: [{ event: 'a', filter: [] }] },
    /steps\[0\]\.filter: got an unknown key, allowed: event/,
  ],
  [{ colour: 'red' }, /funnels\[0\]\.colour: got an unknown key/],
  [{ window: 'soon' }, /funnels\[0\]\.window: got "soon"/],
  [{ order: 'random' }, /order: got "random", allowed: ordered, strict, any/],
  [{ exclusions: [{ event: 'x', from_step: 2, to_step: 2 }] }, /from_step: got 2, allowed: 1 to 1/],
  [{ exclusions: [{ event: 'x', from_step: 1, to_step: 3 }] }, /to_step: got 3, allowed: 2 to 2/],
  [{ exclusions: [{ event: 'x', from_step: 0, to_step: 1 }] }, /from_step: got 0/],
  [
    { exclusions: [{ event: 'x', from_step: '1', to_step: 2 }] },
    /from_step: got "1", allowed: 1 to/,
  ],
  [
    { where: [{ property: 'p', op: 'like', value: 1 }] },
    /where\[0\]\.op: got "like", allowed: equals/,
  ],
  [
    { where: [{ property: 'p', op: 'is_set', value: 1 }] },
    /where\[0\]\.value: got 1, allowed: no value/,
  ],
  [
    { where: [{ property: 'p', op: 'gt', value: 'x' }] },
    /value: got "x", allowed: a number with gt/,
  ],
  [{ where: [{ property: 'p', op: 'in', value: [] }] }, /value: got 0 entries/],
  [{ where: [{ any: [], property: 'p' }] }, /any alone/],
  [{ count_by: 'session' }, /count_by: got "session", allowed: person, attempt or/],
  [{ allow_reentry: true }, /allow_reentry: got true, allowed: true only with order strict/],
  [{ order: 'any', increasing: true }, /increasing: got true, allowed: false where order is any/],
  [{ order: 'any', repeats: 'stop' }, /repeats: got "stop"/],
  [{ repeats: 'stop', steps: [{ event: 'a' }, { event: 'a' }] }, /repeats: got "stop"/],
])('refuses %j with the path, the value and what is allowed', (changes, message) => {
  expect(() => compile(changes)).toThrow(message);
});

test('order any takes only exclusions over the whole funnel', () => {
  const steps = [{ event: 'a' }, { event: 'b' }, { event: 'c' }];
  const part = [{ event: 'x', from_step: 1, to_step: 2 }];

  expect(() => compile({ order: 'any', steps, exclusions: part })).toThrow(
    /exclusions\[0\]: got 1 to 2, allowed: 1 to 3/,
  );
  expect(compile({ order: 'ordered', steps, exclusions: part }).exclusions).toHaveLength(1);
});

test.each([
  [[{ event: 'a' }, { event: 'b' }], false],
  [[{ event: 'a' }, { event: 'a' }], true],
  [[{ event: 'a' }, { event: null }], true],
  [[{ any_of: ['a', 'b'] }, { any_of: ['b', 'c'] }], true],
  [[equal('a', 'p', '1'), equal('a', 'p', '2')], false],
  [[equal('a', 'p', '1'), equal('a', 'q', '2')], true],
  [[equal('a', 'p', 1), equal('a', 'p', '1')], true],
  [[equal('a', 'revenue', '95'), equal('a', 'revenue', '95.0')], true],
])('tells whether an event can match two of the steps %j: %p', (steps, overlapping) => {
  expect(compile({ steps }).overlapping).toBe(overlapping);
});

test('too many different overlapping steps are refused, unless events are shared', () => {
  const steps = Array.from({ length: 7 }, (_, i) => ({
    event: 'a',
    where: [{ property: `p${i}`, op: 'is_set' }],
  }));

  expect(() => compile({ steps })).toThrow(/7 different steps .* allowed: at most 6/);
  expect(compile({ steps, shared_events: true }).overlapping).toBe(true);
  expect(compile({ steps: Array(20).fill({ event: 'a' }) }).overlapping).toBe(true);
});

function equal(event: string, property: string, value: string | number) {
  return { event, where: [{ property, op: 'equals', value }] };
}

test.each([
  ['an event', { steps: [{ event: 'a\0b' }] }, 'funnels[0].steps[0].event'],
  ['a filter', { where: [{ property: 'p', op: 'equals', value: '\ud800' }] }, 'where[0].value'],
  ['a long filter', { where: [{ property: 'p', op: 'equals', value: 'x'.repeat(1025) }] }, '1024'],
])('refuses %s that no statement can hold', (_, changes, named) => {
  expect(() => compile(changes)).toThrow(named);
});
