import type { Range } from '../api.ts';
import type { Filter, FilterScope } from '../funnel.ts';
import { type FunnelQuestion, PERIODS, type Period } from '../funnel-answer.ts';
import type { CompiledFunnel } from '../funnel-definition.ts';
import { filtersSql, type PropertyReading } from './filters.ts';
import { type AttemptSpan, attemptsSql } from './funnel-attempts.ts';
import { hasShortcut } from './funnel-chain.ts';
import {
  countedKey,
  DAY_MS,
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

/** SELECT of the attempts with their times, depth and end as the question sees them. */
export function measuredSql(context: FunnelContext, question: FunnelQuestion): Sql {
  const { funnel } = context;
  const ends = funnel.exclusions.length > 0 && funnel.exclusion === 'ends';
  const reached = reachedColumns(funnel).map(({ m, name }) => ({
    m,
    name,
    in_range: inRange(context, question, name),
    kept: ends ? sql`CASE WHEN spoiled_at IS NULL OR ${name} <= spoiled_at THEN ${name} END` : name,
  }));
  return render(context.text('questions/funnel_measured'), {
    attempts:
      question.source === 'facts'
        ? builtAttempts(context, question)
        : foundAttempts(context, question, hasBest(context, question) ? 'best' : 'all'),
    by: breakdownSql(context, question),
    reached,
    deepest: reached.toReversed(),
    spoiled_at:
      funnel.exclusions.length > 0 ? spoiledAt(context, question) : ('CAST(NULL AS bigint)' as Sql),
    spoiled: (throwsOut(funnel) ? 'spoiled_at IS NOT NULL' : 'false') as Sql,
    voids: voids(funnel),
    stops_all: stopsAll(funnel),
    filter: filtersSql(question.filters, dimensionReader(context)),
  });
}

/** What is wanted of attempts whose depth is told: every one's depth, or those that got past step 1 with their times. */
export type Told = 'depths' | 'deep';

/**
 * SELECT of attempts of which the table or the statement below tells the depth, where `tellsDepth`.
 * @param span only the built attempts that start in it, with their starts
 */
export function toldSql(
  context: FunnelContext,
  question: FunnelQuestion,
  told: Told,
  span?: Range,
): Sql {
  const reached = told === 'deep' ? reachedColumns(context.funnel) : [];
  return render(context.text('questions/funnel_told'), {
    attempts:
      question.source === 'facts'
        ? builtAttempts(context, question, span)
        : foundAttempts(context, question, 'levels'),
    by: breakdownSql(context, question),
    deep: told === 'deep',
    starts: told === 'deep' || span !== undefined || mayBeProvisional(context.funnel, question),
    reached,
    deepest: reached.toReversed(),
    filter: filtersSql(question.filters, dimensionReader(context)),
  });
}

/** Whether an attempt's stored depth is its depth in the question: nothing that the question chooses cuts it short. */
export function tellsDepth({ funnel }: FunnelContext, { source }: FunnelQuestion): boolean {
  const untouched = funnel.exclusions.length === 0 && !stopsAll(funnel);
  return source === 'facts' && untouched && funnel.events_until === 'window';
}

/** Whether each person's best attempt over events can be found without the others. */
export function hasBest({ funnel }: FunnelContext, question: FunnelQuestion): boolean {
  const plain = question.breakdown.length === 0 && question.filters.length === 0;
  return (
    question.source === 'events' && plain && funnel.count_by !== 'attempt' && hasShortcut(funnel)
  );
}

/** Whether a window of the question may be open: then people can get further. */
export function mayBeProvisional(funnel: CompiledFunnel, question: FunnelQuestion): boolean {
  const settled = question.settledUntil ?? 0;
  if (funnel.events_until === 'range' && question.range.to <= settled) return false;
  return question.range.to + funnel.window_ms > settled;
}

/** Without an order an exclusion takes the attempts that run at the moment, and leaves the person what comes after. */
function voids(funnel: CompiledFunnel): boolean {
  const attemptsOnly = funnel.order === 'any' || funnel.count_by === 'attempt';
  return throwsOut(funnel) && attemptsOnly;
}

/** Whether an exclusion makes an attempt worth nothing. */
function throwsOut(funnel: CompiledFunnel): boolean {
  return funnel.exclusions.length > 0 && funnel.exclusion !== 'ends';
}

/** Whether a person can be out because the deepest attempts have an exclusion. */
export function mayBeOut(funnel: CompiledFunnel): boolean {
  return throwsOut(funnel) && !voids(funnel);
}

/** Columns reached_2_at, … with their steps. */
export function reachedColumns(funnel: CompiledFunnel): { m: Sql; name: Sql }[] {
  return range(2, funnel.steps.length).map((m) => ({
    m: sqlInteger(m),
    name: numbered('reached_', m, '_at'),
  }));
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

/** SELECT of attempts found among events, with what is counted. */
export function foundAttempts(
  context: FunnelContext,
  question: FunnelQuestion,
  wanted: AttemptSpan['wanted'],
): Sql {
  return sql`SELECT ${countedKey(context.funnel)} AS counted, made.* FROM (
${foundSql(context, question, wanted)}
  ) AS made`;
}

/** SELECT of what is wanted of the attempts among events. */
export function foundSql(
  context: FunnelContext,
  question: FunnelQuestion,
  wanted: AttemptSpan['wanted'],
): Sql {
  const { from, to } = question.range;
  const { includeBots, settledUntil } = question;
  const dimensions = neededDimensions(context, question);
  const dropsStepless = (wanted === 'levels' || wanted === 'counts') && hasShortcut(context.funnel);
  const span = {
    from,
    to: eventsEnd(context, question),
    bounded: true,
    includeBots,
    dropsStepless,
  };
  const steps = stepsSql(context, span, dimensions);
  const starts = { from, to, includesBots: includeBots, wanted, settledUntil };
  return attemptsSql(context, steps, starts, dimensions);
}

/** Events from here on (epoch ms) cannot belong to an attempt of the question. */
function eventsEnd({ funnel }: FunnelContext, { range: { to } }: FunnelQuestion): number {
  return funnel.events_until === 'range' ? to : to + funnel.window_ms;
}

function builtAttempts(
  context: FunnelContext,
  question: FunnelQuestion,
  { from, to }: Range = question.range,
): Sql {
  const { funnel } = context;
  const dimensions = neededDimensions(context, question);
  const columns = [
    sql`${countedKey(funnel)} AS counted`,
    'started_at' as Sql,
    ...reachedColumns(funnel).map(({ name }) => name),
    ...funnel.exclusions.map((_, i) => numbered('excluded_', i + 1, '_at')),
    ...(stopsAll(funnel) ? ['stopped_at' as Sql] : []),
    ...(tellsDepth(context, question) ? ['depth' as Sql] : []),
    ...dimensions.map((name) => sqlIdentifier(name, dimensions)),
  ];
  // The partitions are UTC days: a bound that is a day's start needs no other condition.
  const bounds = [
    ...(from % DAY_MS === 0 ? [] : [sql`started_at >= ${sqlInteger(from)}`]),
    ...(to % DAY_MS === 0 && to > from ? [] : [sql`started_at < ${sqlInteger(to)}`]),
    ...(question.includeBots ? [] : ['NOT is_bot' as Sql]),
  ];
  return sql`SELECT ${sqlJoin(columns, ', ')}
  FROM funnel_attempts
  WHERE app_id = ${sqlString(context.appId)} AND funnel = ${sqlString(funnel.name)}
    AND event_date >= ${dateSql(from)} AND event_date <= ${dateSql(Math.max(from, to - 1))}
    AND ${bounds.length === 0 ? ('true' as Sql) : sqlJoin(bounds, ' AND ')}`;
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
