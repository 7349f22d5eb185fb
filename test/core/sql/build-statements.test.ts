import { defineConfig } from '../../../core/config.ts';
import { parseConfig } from '../../../core/config-schema.ts';
import type { FunnelDefinition, FunnelStep } from '../../../core/funnel.ts';
import { tooLongToBuild } from '../../../core/sql/build-statements.ts';
import { statementText } from '../../../lambdas/runtime/statements.ts';
import sample from '../../../millrace.config.ts';

function problemsOf(funnel: Omit<FunnelDefinition, 'name' | 'window'>): string[] {
  const [shop] = sample.apps;
  if (shop === undefined) throw new Error('the sample config has no app');
  // With as much else as teams have: dimensions and exclusions make every statement longer.
  const dimensions = Array.from({ length: 10 }, (_, i) => ({
    name: `dimension_${i}_of_a_long_name`,
    property: `p${i}`,
  }));
  const funnels = [...(shop.funnels ?? []), { name: 'long', window: '1d', ...funnel }];
  const config = parseConfig(defineConfig({ apps: [{ ...shop, dimensions, funnels }] }));
  return tooLongToBuild(config, statementText);
}

/** Steps that one event can match, six of each event. */
function overlapping(count: number): FunnelStep[] {
  return Array.from({ length: count }, (_, i) => ({
    event: `event ${Math.floor(i / 6)}`,
    where: [{ property: `p${i % 6}`, op: 'is_set' }],
  }));
}

it.each(['ordered', 'strict', 'any'] as const)(
  'finds that facts of the longest funnel can be built in the order %s',
  (order) => {
    const steps = Array.from({ length: 20 }, (_, i) => ({ event: `event ${i + 1}` }));

    expect(problemsOf({ steps, order })).toEqual([]);
    expect(problemsOf({ steps: steps.map(() => ({ event: 'same' })), order })).toEqual([]);
  },
);

it.each(['ordered', 'strict', 'any'] as const)(
  'names a funnel whose statement would be too long in the order %s, and what makes it shorter',
  (order) => {
    const problems = problemsOf({ steps: overlapping(20), order });

    expect(problems).toEqual([
      expect.stringMatching(
        /^apps\[0\]\.funnels\[1\]: .*would have \d{6} \w+, allowed: \d+; use fewer/,
      ),
    ]);
    expect(problemsOf({ steps: overlapping(6), order })).toEqual([]);
  },
);

it('counts bytes: states and Athena hold so many, and a character of Chinese has three', () => {
  const of = (text: string) =>
    problemsOf({
      steps: [
        { event: 'a', where: [{ property: 'p', op: 'in', value: names(text) }] },
        { event: 'b' },
      ],
    });
  const names = (text: string) => Array.from({ length: 100 }, (_, i) => `${i}${text.repeat(900)}`);

  expect(of('x')).toEqual([]);
  expect(of('中')).toEqual([expect.stringMatching(/would have \d{6} bytes, allowed/)]);
});
