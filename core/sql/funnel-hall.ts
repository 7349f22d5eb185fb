import type { CompiledFunnel } from '../funnel-definition.ts';
import { range } from './funnel-context.ts';

/**
 * Sets of matches that one event could meet together, as indexes into funnel.matches: the sets that Hall's condition is
 * about. With shared events every step stands alone.
 */
export function subsets(component: readonly number[]): number[][] {
  return range(1, 2 ** component.length - 1).map((bits) =>
    component.filter((_, i) => Math.floor(bits / 2 ** i) % 2 === 1),
  );
}

/** How many of the steps from..to (1-based, both included) ask for one of the matches. */
export function stepsIn(
  funnel: CompiledFunnel,
  set: readonly number[],
  from: number,
  to: number,
): number {
  return funnel.steps.slice(from - 1, to).filter((step) => set.includes(step.match)).length;
}

/** The first step (1-based) that asks for a match. */
export function stepOf(funnel: CompiledFunnel, match: number): number {
  return funnel.steps.findIndex((step) => step.match === match) + 1;
}
