import type { Filter, FilterScope } from '../funnel.ts';
import { type FunnelQuestion, PERIODS, type Period } from '../funnel-answer.ts';
import { filtersSql, type PropertyReading } from './filters.ts';
import { attemptsSql } from './funnel-attempts.ts';
import {
  countedKey,
  dateSql,
  dimensionNames,
  type FunnelContext,
  numbered,
  range,
  stopsAll,
} from './funnel-context.ts';
import { periodSql } from './funnel-periods.ts';
import { stepsSql } from './funnel-steps.ts';
import { type Sql, sql, sqlIdentifier, sqlInteger, sqlJoin, sqlString } from './quote.ts';
import { render, type Scope } from './template.ts';

/** SELECT of the attempts that count, one a person (or whatever is counted) and breakdown value. */
export function peopleSql(context: FunnelContext, question: FunnelQuestion): Sql {
  const { funnel } = context;
  const n = funnel.steps.length;
  const later = range(2, n);
  const spoils = funnel.exclusions.length > 0;
  const ends = spoils && funnel.exclusion === 'ends';
  // Without an order an exclusion takes the attempts that run at the moment, and leaves the person what comes after.
  const voids = spoils && !ends && (funnel.order === 'any' || funnel.count_by === 'attempt');
  const kept = (m: number): Sql => {
    const at = numbered('reached_', m, '_at');
    if (!ends) return at;
    return sql`CASE WHEN spoiled_at IS NULL OR ${at} <= spoiled_at THEN ${at} END`;
  };
  const choosing = funnel.count_by !== 'attempt';
  const reached = later.map((m) => ({
    m: sqlInteger(m),
    name: numbered('reached_', m, '_at'),
    in_range: inRange(context, question, numbered('reached_', m, '_at')),
    kept: kept(m),
  }));
  const untilRange = funnel.events_until === 'range';
  const settled = question.settledUntil ?? 0;
  return render(context.text('questions/funnel_people'), {
    attempts: attemptsOf(context, question),
    by: breakdownSql(context, question),
    reached,
    deepest: reached.toReversed(),
    spoiled_at: spoils ? spoiledAt(context, question) : ('CAST(NULL AS bigint)' as Sql),
    spoiled: spoils && !ends ? ('spoiled_at IS NOT NULL' as Sql) : ('false' as Sql),
    voids,
    stops_all: stopsAll(funnel),
    filter: filtersSql(question.filters, dimensionReader(context)),
    choosing,
    steps: sqlInteger(n),
    last_start: (choosing ? 'last_started_at' : 'started_at') as Sql,
    window_ms: sqlInteger(funnel.window_ms),
    settled_until: sqlInteger(settled),
    range_open: (untilRange && question.range.to <= settled ? 'false' : 'true') as Sql,
  });
}

/** Columns by_1, by_2, … of the breakdown. @throws RangeError for an unknown name. */
export function breakdownNames(question: FunnelQuestion): Scope[] {
  return question.breakdown.map((_, i) => ({ name: numbered('by_', i + 1) }));
}

function breakdownSql(context: FunnelContext, question: FunnelQuestion): Scope[] {
  const names = dimensionNames(context.dimensions);
  return question.breakdown.map((by, i) => {
    const period = PERIODS.find((candidate) => candidate === by);
    const value = period
      ? periodSql('started_at' as Sql, period, question.timeZone, question.range)
      : sqlIdentifier(by, [...names, ...PERIODS]);
    return { name: numbered('by_', i + 1), value };
  });
}

/** Dimensions that the question needs of an attempt. */
function neededDimensions(context: FunnelContext, question: FunnelQuestion): string[] {
  const isPeriod = (name: string): name is Period => PERIODS.some((period) => period === name);
  const asked = [
    ...question.breakdown.filter((name) => !isPeriod(name)),
    ...question.filters.flatMap(propertiesOf),
  ];
  const names = dimensionNames(context.dimensions);
  for (const name of asked) sqlIdentifier(name, names);
  return names.filter((name) => asked.includes(name));
}

function propertiesOf(filter: Filter): string[] {
  if ('any' in filter) return filter.any.flatMap(propertiesOf);
  if ('all' in filter) return filter.all.flatMap(propertiesOf);
  return [filter.property];
}

function dimensionReader(context: FunnelContext) {
  return (property: string, _scope: FilterScope): PropertyReading => ({
    text: sqlIdentifier(property, dimensionNames(context.dimensions)),
    number: null,
  });
}

function attemptsOf(context: FunnelContext, question: FunnelQuestion): Sql {
  const { from, to } = question.range;
  const dimensions = neededDimensions(context, question);
  const best =
    dimensions.length === 0 &&
    question.breakdown.length === 0 &&
    context.funnel.count_by !== 'attempt';
  return question.source === 'facts'
    ? builtAttempts(context, question, dimensions)
    : sql`SELECT ${countedKey(context.funnel)} AS counted, made.* FROM (
${attemptsSql(
  context,
  stepsSql(
    context,
    { from, to: eventsEnd(context, question), bounded: true, includeBots: question.includeBots },
    dimensions,
  ),
  {
    from,
    to,
    includesBots: question.includeBots,
    ...(best ? { bestOnly: { settledUntil: question.settledUntil } } : {}),
  },
  dimensions,
)}
  ) AS made`;
}

/** Events from here on (epoch ms) cannot belong to an attempt of the question. */
function eventsEnd({ funnel }: FunnelContext, { range: { to } }: FunnelQuestion): number {
  return funnel.events_until === 'range' ? to : to + funnel.window_ms;
}

function builtAttempts(
  context: FunnelContext,
  question: FunnelQuestion,
  dimensions: readonly string[],
): Sql {
  const { funnel } = context;
  const { from, to } = question.range;
  const columns = [
    sql`${countedKey(funnel)} AS counted`,
    'started_at' as Sql,
    ...range(2, funnel.steps.length).map((m) => numbered('reached_', m, '_at')),
    ...funnel.exclusions.map((_, i) => numbered('excluded_', i + 1, '_at')),
    ...(stopsAll(funnel) ? ['stopped_at' as Sql] : []),
    ...dimensions.map((name) => sqlIdentifier(name, dimensions)),
  ];
  const bots = (question.includeBots ? '' : '\n    AND NOT is_bot') as Sql;
  return sql`SELECT ${sqlJoin(columns, ', ')}
  FROM funnel_attempts
  WHERE app_id = ${sqlString(context.appId)} AND funnel = ${sqlString(funnel.name)}
    AND event_date >= ${dateSql(from)} AND event_date <= ${dateSql(Math.max(from, to - 1))}
    AND started_at >= ${sqlInteger(from)} AND started_at < ${sqlInteger(to)}${bots}`;
}

function inRange({ funnel }: FunnelContext, question: FunnelQuestion, time: Sql): Sql {
  const limits: Sql[] = [];
  if (funnel.events_until === 'range') limits.push(sql`${time} < ${sqlInteger(question.range.to)}`);
  if (stopsAll(funnel) && funnel.repeats === 'stop') {
    limits.push(sql`(all_stopped_at IS NULL OR ${time} < all_stopped_at)`);
  }
  if (limits.length === 0) return time;
  return sql`CASE WHEN ${sqlJoin(limits, ' AND ')} THEN ${time} END`;
}

/** The first exclusion that lies between its two steps, or after the first of them where the second was not reached in time. */
function spoiledAt(context: FunnelContext, question: FunnelQuestion): Sql {
  const { funnel } = context;
  const never = sqlInteger(Number.MAX_SAFE_INTEGER);
  const spoilers = funnel.exclusions.map(({ from_step, to_step }, i) => {
    const excluded = inRange(context, question, numbered('excluded_', i + 1, '_at'));
    const end = inRange(context, question, numbered('reached_', to_step, '_at'));
    const limit = sql`coalesce(${end}, started_at + ${sqlInteger(funnel.window_ms + 1)})`;
    const begun =
      from_step === 1
        ? ('true' as Sql)
        : sql`${inRange(context, question, numbered('reached_', from_step, '_at'))} IS NOT NULL`;
    return sql`CASE WHEN ${begun} AND ${excluded} < ${limit} THEN ${excluded} ELSE ${never} END`;
  });
  const first = spoilers.length === 1 ? spoilers[0]! : sql`least(${sqlJoin(spoilers, ', ')})`;
  return sql`nullif(${first}, ${never})`;
}
