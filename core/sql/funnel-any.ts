import type { CompiledFunnel } from '../funnel-definition.ts';
import { inSet, numbered, range } from './funnel-context.ts';
import { stepOf, stepsIn, subsets } from './funnel-hall.ts';
import { type Sql, sql, sqlInteger, sqlJoin } from './quote.ts';
import type { Scope } from './template.ts';

/** What sql/facts/funnel_attempts_any.sql needs beside what all algorithms share. */
export function anyScope(funnel: CompiledFunnel): Scope {
  const n = funnel.steps.length;
  const counts: { name: Sql; is: Sql; ahead: Sql }[] = [];
  const arrivals: { value: Sql }[] = [];
  // With shared events every step stands alone: an event fills all that it matches.
  const groups = funnel.shared_events
    ? funnel.steps.map((step) => ({ sets: [[step.match]], size: 1 }))
    : funnel.components.map((component) => ({
        sets: subsets(component),
        size: stepsIn(funnel, component, 1, n),
      }));
  for (const { sets, size } of groups) {
    for (const k of range(1, size)) {
      const times: Sql[] = [];
      for (const set of sets) {
        const steps = funnel.shared_events ? 1 : stepsIn(funnel, set, 1, n);
        const needed = steps - size + k;
        if (needed < 1) continue;
        const name = numbered('event_', counts.length + 1);
        counts.push({ name, is: meetsAny(funnel, set), ahead: sqlInteger(needed - 1) });
        times.push(name);
      }
      arrivals.push({
        value: times.length === 1 ? times[0]! : sql`greatest(${sqlJoin(times, ', ')})`,
      });
    }
  }
  return { counts, arrivals };
}

function meetsAny(funnel: CompiledFunnel, set: readonly number[]): Sql {
  return sql`(${sqlJoin(
    set.map((match) => inSet('matches' as Sql, stepOf(funnel, match))),
    ' OR ',
  )})`;
}
