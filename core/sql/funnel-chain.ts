import type { CompiledFunnel } from '../funnel-definition.ts';
import {
  algorithm,
  countedKey,
  needsMatches,
  numbered,
  range,
  stopsAll,
} from './funnel-context.ts';
import { stepNumbers } from './funnel-steps.ts';
import { type Sql, sql, sqlIdentifier, sqlInteger, sqlJoin } from './quote.ts';
import type { Scope } from './template.ts';

/** A time that travels backward along the chain: known on rows of step `step`, carried to those before. */
interface Carried {
  readonly name: Sql;
  readonly step: number;
  /** The column that holds it on rows of its own step. */
  readonly own: Sql;
}

/** What sql/facts/funnel_attempts.sql needs beside what all algorithms share. */
export function chainScope(funnel: CompiledFunnel, dimensions: readonly string[]): Scope {
  const n = funnel.steps.length;
  const exploded = needsMatches(funnel);
  const strict = funnel.order === 'strict';
  const stops = funnel.repeats === 'stop';
  const skips = strict && !funnel.allow_reentry ? range(3, n) : [];
  const k = (exploded ? 'bit.k' : 'step') as Sql;
  const carried = carriedTimes(funnel);
  const onStart = [
    ...dimensions.map((name) => sqlIdentifier(name, dimensions)),
    ...(strict ? ['break_at' as Sql] : []),
    ...skips.map((m) => numbered('skip_', m, '_at')),
  ];
  const own = [
    ...funnel.exclusions.map((_, i) => numbered('excluded_', i + 1, '_at')),
    ...(stops ? ['again' as Sql] : []),
  ];
  return {
    k,
    exploded,
    outer_k: k,
    strict,
    stops_at_repeats: stops,
    skips: skips.map((m) => ({ m: sqlInteger(m) })),
    bits: (strict || funnel.exclusions.length > 0 ? [0] : [])
      .concat(stepNumbers(funnel))
      .map((bit) => ({
        k_value: sqlInteger(bit),
        low: sqlInteger(bit === 0 ? 1 : 2 ** (bit - 1)),
        high: sqlInteger(bit === 0 ? 1 : 2 ** bit),
      })),
    looks_around: strict || funnel.exclusions.length > 0,
    stops_all: stopsAll(funnel),
    stopped_at: stoppedAt(funnel, skips),
    kept: [...onStart, ...own].map((name) => ({ name })),
    direction: (funnel.increasing ? 'ASC' : 'DESC') as Sql,
    first_level: numbered('level_', n),
    last_level: numbered('level_', 1),
    levels: range(1, n - 1)
      .reverse()
      .map((level) => levelScope(level, onStart, own, carried)),
    reached: range(2, n).map((m) => ({
      time: numbered('time_', m),
      cuts: cutsSql(funnel, m, skips),
      name: numbered('reached_', m, '_at'),
    })),
  };
}

function carriedTimes(funnel: CompiledFunnel): Carried[] {
  const steps = stepNumbers(funnel).slice(1);
  return [
    ...steps.map((m) => ({ name: numbered('time_', m), step: m, own: 't' as Sql })),
    ...(funnel.repeats === 'stop'
      ? steps.map((m) => ({ name: numbered('again_', m), step: m, own: 'again' as Sql }))
      : []),
    ...funnel.exclusions.map((exclusion, i) => {
      const name = numbered('excluded_', i + 1, '_at');
      return { name, step: exclusion.from_step, own: name };
    }),
  ];
}

/** Whether sql/facts/funnel_attempts_best.sql finds every person's best attempt. */
export function hasShortcut(funnel: CompiledFunnel): boolean {
  const plain = funnel.order === 'ordered' && !funnel.increasing && funnel.repeats === 'ignore';
  const chain = algorithm(funnel) === 'chain';
  return chain && plain && funnel.exclusions.length === 0 && funnel.steps.length > 1;
}

/** What sql/facts/funnel_attempts_best.sql needs beside what all algorithms share. */
export function bestScope(funnel: CompiledFunnel, settledUntil: number): Scope {
  const n = funnel.steps.length;
  return {
    ...chainScope(funnel, []),
    settled_until: sqlInteger(settledUntil),
    last: sqlInteger(Math.max(1, n - 1)),
    levels: range(2, n - 1).map((level) => ({
      level: sqlInteger(level),
      previous: sqlInteger(level - 1),
      next: sqlInteger(level + 1),
      // At the last step the first arrival counts anyway.
      goes_on: level < n - 1,
      known: range(2, level - 1).map((m) => ({ name: numbered('time_', m) })),
    })),
    reached: range(2, n).map((m) => ({
      m: sqlInteger(m),
      // Nobody passes the last step: its time is only ever the row's own.
      passed: m < n,
      time: numbered('time_', m),
      name: numbered('reached_', m, '_at'),
    })),
  };
}

/**
 * What sql/facts/funnel_attempts_levels.sql needs beside what all algorithms share.
 * @param span when attempts start, and up to when the data is settled; epoch ms
 * @param counting only the number of people of each step is wanted
 */
export function levelsScope(
  funnel: CompiledFunnel,
  span: { readonly from: number; readonly to: number; readonly settledUntil: number },
  counting: boolean,
): Scope {
  const n = funnel.steps.length;
  const beforeFrom = span.from - 1;
  const placeOf = (time: number): Sql => sqlInteger((time - beforeFrom) * 32);
  const lastEnd = span.to + funnel.window_ms;
  // Later than the last window's end changes nothing, and keeps the number small.
  const openFrom = Math.min(span.settledUntil, lastEnd) - funnel.window_ms;
  const within = sqlInteger((funnel.window_ms + 1) * 32);
  return {
    ...chainScope(funnel, []),
    counting,
    before_from: sqlInteger(beforeFrom),
    to_x: placeOf(span.to),
    last: sqlInteger(n),
    key_columns: [{ name: countedKey(funnel) }],
    people: (n > 2 ? 'people' : '1') as Sql,
    levels: range(1, n - 1).map((level) => {
      const k = sqlInteger(level);
      const starting = level === 1;
      const first = starting
        ? sql`x < ${placeOf(span.to)} AND (latest_s IS NULL OR x > ${placeOf(openFrom)})`
        : ('latest_s IS NULL' as Sql);
      return {
        level: k,
        next: sqlInteger(level + 1),
        starting,
        collapsing: counting && !starting,
        numbered: counting && level > 2,
        stays: sql`${starting ? ('' as Sql) : sql`mod(x, 32) < ${k} OR `}(mod(x, 32) = ${k} AND ${first})
      OR (mod(x, 32) > ${k} AND x < latest_s - 1 + ${within})`,
      };
    }),
  };
}

/** From rows of step level + 1 to those of step level. */
function levelScope(
  level: number,
  onStart: readonly Sql[],
  own: readonly Sql[],
  carried: readonly Carried[],
): Scope {
  const next = level + 1;
  const moving = carried.filter(({ step }) => step >= next);
  const names = moving.map(({ name }) => name);
  return {
    level: numbered('level_', level),
    previous: numbered('level_', next),
    next: sqlInteger(next),
    passed: [...onStart, ...own.filter((name) => !names.includes(name))].map((name) => ({ name })),
    carried: moving.map(({ name, step, own: column }) => ({
      name,
      source: step === next ? column : name,
    })),
  };
}

/** What else must hold for step m to count: no repetition, no break, no skipped step before it. */
function cutsSql(funnel: CompiledFunnel, m: number, skips: readonly number[]): Sql {
  const time = numbered('time_', m);
  const before = (limit: Sql): Sql => sql`AND (${limit} IS NULL OR ${time} < ${limit})`;
  const cuts: Sql[] = [];
  if (funnel.repeats === 'stop') {
    cuts.push(...range(2, m - 1).map((step) => before(numbered('again_', step))));
  }
  if (funnel.order === 'strict') cuts.push(before('break_at' as Sql));
  for (const skip of skips) {
    const at = numbered('skip_', skip, '_at');
    const done = numbered('time_', skip - 1);
    const skipped = sql`(${done} IS NULL OR ${at} < ${done})`;
    cuts.push(sql`AND NOT (${at} IS NOT NULL AND ${skipped} AND ${time} > ${at})`);
  }
  return sqlJoin(cuts, ' ');
}

/** When the first break, skipped step or repetition comes that ends the attempt. */
function stoppedAt(funnel: CompiledFunnel, skips: readonly number[]): Sql {
  const times: Sql[] = [];
  if (funnel.order === 'strict') times.push('break_at' as Sql);
  for (const skip of skips) {
    const at = numbered('skip_', skip, '_at');
    const done = numbered('time_', skip - 1);
    times.push(sql`CASE WHEN ${done} IS NULL OR ${at} < ${done} THEN ${at} END`);
  }
  if (funnel.repeats === 'stop') {
    const end = sql`t + ${sqlInteger(funnel.window_ms)}`;
    for (const m of range(2, funnel.steps.length)) {
      times.push(
        sql`CASE WHEN ${numbered('time_', m)} <= ${end} THEN ${numbered('again_', m)} END`,
      );
    }
  }
  const never = sqlInteger(Number.MAX_SAFE_INTEGER);
  const known = [...times.map((time) => sql`coalesce(${time}, ${never})`), never];
  return sql`nullif(least(${sqlJoin(known, ', ')}), ${never})`;
}
