import type { CompiledFunnel, EventMatch } from '../funnel-definition.ts';
import { eventNameSql, filtersSql, matchSql } from './filters.ts';
import {
  DAY_MS,
  dateSql,
  dimensionSql,
  type FunnelContext,
  inSet,
  keySql,
  type NamedSql,
  needsMatches,
  numbered,
  range,
} from './funnel-context.ts';
import { stepOf } from './funnel-hall.ts';
import { type Sql, sql, sqlInteger, sqlJoin, sqlString } from './quote.ts';
import { render } from './template.ts';

/** Which events a statement reads. */
export interface EventSpan {
  /** Epoch ms, a day's start or any time in it. */
  readonly from: number;
  /** Epoch ms, exclusive. */
  readonly to: number;
  /** False where the days alone bound it. */
  readonly bounded: boolean;
  readonly includeBots: boolean;
  /** Whether what follows drops rows of step 0: then events of bots and of nobody are such rows. Needs a funnel that takes it. */
  readonly dropsStepless?: boolean;
}

/** SELECT of funnel_steps' rows from events, with the dimensions named. */
export function stepsSql(
  context: FunnelContext,
  span: EventSpan,
  dimensions: readonly string[],
): Sql {
  const { funnel } = context;
  const firsts = firstTimes(funnel);
  const sets = needsMatches(funnel);
  const matches = funnel.matches.map((match, i) => ({
    name: numbered('match_', i + 1),
    value: flagSql(match, i),
  }));
  const exclusions = funnel.exclusions.map((exclusion, i) => ({
    name: numbered('exclusion_', i + 1),
    value: sql`(${matchSql(exclusion)})`,
  }));
  // The first match decides the step, and no filter is left: then a condition fewer is possible.
  const unfiltered =
    span.dropsStepless === true && span.bounded && !span.includeBots && !sets && everyRow(funnel);
  // Where no event matches two steps, the first match decides: one column, and the others need not be looked at.
  const flags = [
    ...(sets
      ? matches
      : [
          {
            name: 'step' as Sql,
            value: unfiltered
              ? countedStepSql(funnel, matches)
              : stepSql(funnel, ({ value }) => value, matches),
          },
        ]),
    ...exclusions,
  ];
  const relevant = [
    ...(sets ? matches.map(({ name }) => name) : ['step > 0' as Sql]),
    ...exclusions.map(({ name }) => name),
  ];
  return render(context.text('facts/funnel_steps'), {
    app_id: sqlString(context.appId),
    first_date: dateSql(span.from),
    last_date: dateSql(Math.max(span.from, span.to - 1)),
    bounds: boundsSql(span),
    bounded: span.bounded,
    unfiltered,
    filters_bots: !span.includeBots && !unfiltered,
    keys: keySql(funnel),
    dimensions: dimensions.map((name) => dimensionSql(context, name)),
    flags,
    firsts,
    remembers: firsts.length > 0,
    names: funnel.order === 'strict' ? ('true' as Sql) : namesSql(funnel),
    where: filtersSql(funnel.where),
    sets,
    matches: setSql(funnel.steps.map((step) => numbered('match_', step.match + 1))),
    excluding: funnel.exclusions.length > 0,
    exclusions: setSql(funnel.exclusions.map((_, i) => numbered('exclusion_', i + 1))),
    can_start: sets ? canStart(funnel) : ('step = 1' as Sql),
    step: sets ? stepSql(funnel, ({ name }) => name, matches) : ('step' as Sql),
    relevant: everyRow(funnel) ? ('true' as Sql) : sqlJoin(relevant, ' OR '),
  });
}

/** The partitions are UTC days: only of those that the span cuts are the times looked at. */
function boundsSql({ from, to }: EventSpan): Sql {
  const last = dateSql(Math.max(from, to - 1));
  const bounds = [
    ...(from % DAY_MS === 0 ? [] : [sql`event_at >= ${sqlInteger(from)}`]),
    ...(to % DAY_MS === 0 && to > from
      ? []
      : [sql`(event_date < ${last} OR event_at < ${sqlInteger(to)})`]),
  ];
  return bounds.length === 0 ? ('true' as Sql) : sqlJoin(bounds, ' AND ');
}

/** The span of one day's partition. @param start epoch ms of its 00:00 UTC */
export function daySpan(start: number): EventSpan {
  return { from: start, to: start + DAY_MS, bounded: false, includeBots: true };
}

/** Whether the funnel looks at every event of its names, so that no other condition is needed. */
function everyRow(funnel: CompiledFunnel): boolean {
  if (funnel.order === 'strict') return true;
  return [...funnel.matches, ...funnel.exclusions].every(
    ({ where, first_time }) => where.length === 0 && first_time === null,
  );
}

interface FirstTime extends NamedSql {
  readonly match: Sql;
}

const firstName = (match: number): Sql => numbered('first_', match + 1, '_at');

/** Times of a person's first events in all history, one for each different match of a step that asks for the first. */
function firstTimes(funnel: CompiledFunnel): FirstTime[] {
  return funnel.matches
    .map((match, i): FirstTime | null => {
      if (match.first_time === null) return null;
      const name = firstName(i);
      // `event`: the first of that name whatever its filters; `matching`: the first that the funnel would look at.
      const asked =
        match.first_time === 'event'
          ? eventNameSql(match.events)
          : sql`${matchSql(match)} AND ${filtersSql(funnel.where)}`;
      return { name, value: name, match: asked };
    })
    .filter((first) => first !== null);
}

function flagSql(match: EventMatch, i: number): Sql {
  if (match.first_time === null) return sql`(${matchSql(match)})`;
  return sql`(${matchSql(match)} AND event_at = ${firstName(i)})`;
}

/** Names of all events that the funnel can look at, so that the reader can skip the others. */
function namesSql(funnel: CompiledFunnel): Sql {
  const events = [...funnel.matches, ...funnel.exclusions].flatMap((match) => match.events);
  return eventNameSql([...new Set(events)]);
}

/** Steps as a number: the k-th counts 2^(k-1). */
function setSql(flags: readonly Sql[]): Sql {
  const bits = flags.map((flag, i) => sql`CASE WHEN ${flag} THEN ${sqlInteger(2 ** i)} ELSE 0 END`);
  return sql`CAST(${bits.length === 0 ? ('0' as Sql) : sqlJoin(bits, ' + ')} AS bigint)`;
}

/** The first step that the event matches. */
function stepSql(
  funnel: CompiledFunnel,
  flag: (match: NamedSql) => Sql,
  matches: readonly NamedSql[],
): Sql {
  const cases = matches.map(
    (match, i) => sql`WHEN ${flag(match)} THEN ${sqlInteger(stepOf(funnel, i))}`,
  );
  return sql`CASE ${sqlJoin(cases, ' ')} ELSE 0 END`;
}

/** The same where nothing but names and who did it counts; 0 for bots and nobody. A bigint where each step has one name. */
function countedStepSql(funnel: CompiledFunnel, matches: readonly NamedSql[]): Sql {
  const names = funnel.steps.map(({ events }) => (events.length === 1 ? events[0] : null));
  const single = names.filter((name) => typeof name === 'string');
  // DuckDB finds a name in a list once for each name of a file, and compares each row with the names of a CASE.
  const step =
    new Set(single).size === names.length
      ? sql`array_position(ARRAY[${sqlJoin(single.map(sqlString), ', ')}], event)`
      : stepSql(funnel, ({ value }) => value, matches);
  return sql`CASE WHEN person_key IS NULL OR is_bot THEN 0 ELSE ${step} END`;
}

function canStart(funnel: CompiledFunnel): Sql {
  const starting = funnel.order === 'any' ? funnel.matches.map((_, i) => i) : [0];
  return sqlJoin(
    starting.map((i) => numbered('match_', i + 1)),
    ' OR ',
  );
}

/** Whether a row of funnel_steps matches step k. */
export function isStep(funnel: CompiledFunnel, k: number): Sql {
  return needsMatches(funnel) ? inSet('matches' as Sql, k) : sql`step = ${sqlInteger(k)}`;
}

/** Whether a row of funnel_steps is of the q-th exclusion. */
export function isExclusion(q: number): Sql {
  return inSet('exclusions' as Sql, q);
}

/** Steps 1 to n. */
export function stepNumbers(funnel: CompiledFunnel): number[] {
  return range(1, funnel.steps.length);
}
