import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../cli/sample/random.ts';
import { history, MEAN_EVENTS_PER_VISIT, visit } from '../../../cli/sample/visits.ts';

const NOW = Date.parse('2026-03-10T12:34:56Z');
const HOUR_MS = 3_600_000;

describe('sample visits', () => {
  test('the same seed makes the same history, and a later start repeats it event by event', () => {
    const first = history('a', NOW, 48, 30);
    expect(history('a', NOW, 48, 30)).toEqual(first);
    expect(history('b', NOW, 48, 30)).not.toEqual(first);

    const later = history('a', NOW + 2 * HOUR_MS, 48, 30);
    const ids = new Set(later.map(({ call }) => call.messageId));
    const inBoth = first.filter(({ at }) => at > NOW - 45 * HOUR_MS);
    expect(inBoth.every(({ call }) => ids.has(call.messageId))).toBe(true);
  });

  test('history ends now, and no message id occurs twice', () => {
    const calls = history('a', NOW, 48, 60);
    expect(calls.length).toBeGreaterThan(3_000);
    expect(Math.max(...calls.map(({ at }) => at))).toBeLessThanOrEqual(NOW);
    expect(new Set(calls.map(({ call }) => call.messageId)).size).toBe(calls.length);
  });

  test('fewer people reach each further step', () => {
    const counts = new Map<string, number>();
    for (const { call } of history('a', NOW, 48, 60)) {
      counts.set(String(call.event), (counts.get(String(call.event)) ?? 0) + 1);
    }
    const steps = ['home', 'search', 'product', 'cart', 'payment', 'confirmation'];
    const reached = steps.map((step) => counts.get(step) ?? 0);
    expect([...reached].sort((a, b) => b - a)).toEqual(reached);
    expect(reached.at(-1)).toBeGreaterThan(0);
  });

  test('a visit has about as many events as the rate is worked out with', () => {
    const random = seededRandom('x');
    const events = Array.from({ length: 5_000 }, () => visit(random, 0).length);
    const mean = events.reduce((sum, n) => sum + n, 0) / events.length;
    expect(Math.abs(mean - MEAN_EVENTS_PER_VISIT)).toBeLessThan(0.5);
  });
});
