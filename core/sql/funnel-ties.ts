import type { CompiledFunnel } from '../funnel-definition.ts';
import { inSet, numbered, range } from './funnel-context.ts';
import { stepOf, stepsIn, subsets } from './funnel-hall.ts';
import { type Sql, sql, sqlInteger, sqlJoin } from './quote.ts';
import type { Scope } from './template.ts';

/** A set of matches whose events are counted at each time. */
interface Counted {
  readonly set: readonly number[];
  readonly name: Sql;
  readonly own: Sql;
}

/** A time to find: reached in the group where step `step` is filled. */
interface Arrival {
  readonly name: Sql;
  readonly step: number;
  /** What it is where the step is filled at this row's time. */
  readonly here: Sql;
}

const NEVER = sqlInteger(Number.MAX_SAFE_INTEGER);

/** What sql/facts/funnel_attempts_ties.sql needs beside what all algorithms share. */
export function tiesScope(funnel: CompiledFunnel): Scope {
  const n = funnel.steps.length;
  const counts = funnel.components.flatMap(subsets).map(
    (set, i): Counted => ({
      set,
      name: numbered('events_', i + 1),
      own: numbered('own_', i + 1),
    }),
  );
  const arrivals = arrivalsOf(funnel);
  return {
    counts: counts.map(({ set, name, own }) => ({ name, own, is: meetsAny(funnel, set) })),
    advances: range(1, n - 1).map((k) => ({
      name: numbered('ahead_', k),
      value: advanceSql(funnel, counts, k, false),
    })),
    advance_of_start: advanceSql(funnel, counts, 1, true),
    first_level: numbered('level_', n),
    last_level: numbered('level_', 1),
    frame_start: (funnel.order === 'strict' ? '1' : 'UNBOUNDED') as Sql,
    levels: range(1, n - 1)
      .reverse()
      .map((k) => ({
        level: numbered('level_', k),
        previous: numbered('level_', k + 1),
        carried: arrivals
          .filter(({ step }) => step > k)
          .map((arrival) => ({
            name: sql`${numbered('next_', k)}_${arrival.name}`,
            value: arrivalSql(funnel, arrival, numbered('ahead_', k), k + 1),
          })),
      })),
    arrivals: arrivals.map((arrival) => ({
      name: arrival.name,
      value: arrivalSql(funnel, arrival, 'ahead_of_start' as Sql, 1),
    })),
    starts: meetsAny(funnel, [funnel.steps[0]!.match]),
    reached: range(2, n).map((m) => ({
      time: numbered('time_', m),
      name: numbered('reached_', m, '_at'),
    })),
  };
}

function arrivalsOf(funnel: CompiledFunnel): Arrival[] {
  const times = range(2, funnel.steps.length).map((m) => ({
    name: numbered('time_', m),
    step: m,
    here: 't' as Sql,
  }));
  const exclusions = funnel.exclusions.map((exclusion, i) => {
    const name = numbered('excluded_', i + 1, '_at');
    return { name, step: exclusion.from_step, here: sql`coalesce(${name}, ${NEVER})` };
  });
  return [...times, ...exclusions];
}

/**
 * When the step is reached by an attempt of which `ahead` steps are done after this time's events: here, or from a later time on.
 * NULL where nothing is advanced.
 * @param least The least number of steps done after them for the row to matter.
 */
function arrivalSql(funnel: CompiledFunnel, arrival: Arrival, ahead: Sql, least: number): Sql {
  const { step, here, name } = arrival;
  const reached = sql`WHEN ${ahead} >= ${sqlInteger(Math.max(step, least))} THEN ${here}`;
  const levels = range(least, step - 1);
  const nextOf = (level: number): Sql => sql`${numbered('next_', level)}_${name}`;
  if (funnel.order !== 'strict' || levels.length < 2) {
    const later = levels.map(
      (done) => sql`WHEN ${ahead} = ${sqlInteger(done)} THEN ${nextOf(done)}`,
    );
    return sql`CASE ${sqlJoin([reached, ...later], ' ')} END`;
  }
  // Own events can be left for later where order is strict: every number of steps up to `ahead` may be the one that lasts. One
  // list for every `ahead`, because one each would make 20 steps too long for a statement.
  const times = levels.map((level) =>
    level === least
      ? nextOf(level)
      : sql`CASE WHEN ${ahead} >= ${sqlInteger(level)} THEN ${nextOf(level)} ELSE ${NEVER} END`,
  );
  return sql`CASE ${reached} WHEN ${ahead} >= ${sqlInteger(least)} THEN least(${sqlJoin(times, ', ')}) END`;
}

/** Steps done after this time's events where `entry` were done before; the attempt's own start is not counted again. */
function advanceSql(
  funnel: CompiledFunnel,
  counts: readonly Counted[],
  entry: number,
  withoutOwn: boolean,
): Sql {
  const n = funnel.steps.length;
  if (funnel.increasing && withoutOwn) return sqlInteger(1);
  const most = funnel.increasing ? Math.min(n, entry + 1) : n;
  const cases = range(entry + 1, most)
    .reverse()
    .map(
      (last) =>
        sql`WHEN ${canFill(funnel, counts, entry + 1, last, withoutOwn)} THEN ${sqlInteger(last)}`,
    );
  if (cases.length === 0) return sqlInteger(entry);
  return sql`CASE ${sqlJoin(cases, ' ')} ELSE ${sqlInteger(entry)} END`;
}

/** Hall's condition for steps first..last. Sets that none of these steps asks for say nothing. */
function canFill(
  funnel: CompiledFunnel,
  counts: readonly Counted[],
  first: number,
  last: number,
  withoutOwn: boolean,
): Sql {
  const asked = counts.filter(({ set }) =>
    set.every((match) => stepsIn(funnel, [match], first, last) > 0),
  );
  const conditions = asked.map(({ set, name, own }) => {
    const available = withoutOwn ? sql`${name} - ${own}` : name;
    return sql`${available} >= ${sqlInteger(stepsIn(funnel, set, first, last))}`;
  });
  return sqlJoin(conditions, ' AND ');
}

function meetsAny(funnel: CompiledFunnel, set: readonly number[]): Sql {
  const parts = set.map((match) => inSet('matches' as Sql, stepOf(funnel, match)));
  return parts.length === 1 ? parts[0]! : sql`(${sqlJoin(parts, ' OR ')})`;
}
