import { type Column, STANDARD_DIMENSIONS } from '../columns.ts';
import type { PropertyDimension } from '../config.ts';
import {
  answerSteps,
  type FunnelAnswer,
  type FunnelQuestion,
  PERIODS,
  type StepFigures,
} from '../funnel-answer.ts';
import { FUNNEL_LIMITS } from '../funnel-definition.ts';
import { periodLabel } from '../funnel-periods.ts';
import { attemptsSql } from './funnel-attempts.ts';
import {
  chainKeys,
  DAY_MS,
  dateSql,
  dayStart,
  dimensionNames,
  type FunnelContext,
  needsMatches,
  range,
  windowDays,
} from './funnel-context.ts';
import { reachedColumns, tellsDepth } from './funnel-measured.ts';
import { monthsSql } from './funnel-months.ts';
import { breakdownNames, countsSql, deepPeopleSql, peopleSql } from './funnel-question.ts';
import { daySpan, stepsSql } from './funnel-steps.ts';
import { type Sql, sql, sqlIdentifier, sqlInteger, sqlJoin, sqlString } from './quote.ts';
import { render } from './template.ts';

export type { FunnelContext, StatementText } from './funnel-context.ts';
export { windowDays } from './funnel-context.ts';
export { attemptDaysOfMonth, hasMonths, monthColumns, monthStart } from './funnel-months.ts';

/** SELECT of one day's partition of funnel_steps. @param eventDate YYYY-MM-DD, UTC */
export function funnelStepsSelect(context: FunnelContext, eventDate: string): Sql {
  return stepsSql(context, daySpan(dayStart(eventDate)), dimensionNames(context.dimensions));
}

/**
 * SELECT of one day's partition of funnel_attempts. Reads funnel_steps of that day and of as many days after it as the window has.
 * @param eventDate YYYY-MM-DD, UTC
 */
export function funnelAttemptsSelect(context: FunnelContext, eventDate: string): Sql {
  const from = dayStart(eventDate);
  const dimensions = dimensionNames(context.dimensions);
  const { funnel } = context;
  const columns = [
    chainKeys(funnel, true),
    'event_at, step' as Sql,
    ...(needsMatches(funnel) ? ['matches' as Sql] : []),
    ...(funnel.exclusions.length > 0 ? ['exclusions' as Sql] : []),
    ...dimensions.map((name) => sqlIdentifier(name, dimensions)),
  ];
  const steps = sql`SELECT ${sqlJoin(columns, ', ')}
  FROM funnel_steps
  WHERE app_id = ${sqlString(context.appId)} AND funnel = ${sqlString(funnel.name)}
    AND event_date >= ${dateSql(from)} AND event_date <= ${dateSql(from + windowDays(funnel) * DAY_MS)}`;
  const span = {
    from,
    to: from + DAY_MS,
    includesBots: true,
    wanted: 'all',
    settledUntil: null,
  } as const;
  const deepest = reachedColumns(funnel)
    .toReversed()
    .map(({ m, name }) => sql`WHEN ${name} IS NOT NULL THEN ${m}`);
  const depth = deepest.length === 0 ? ('1' as Sql) : sql`CASE ${sqlJoin(deepest, ' ')} ELSE 1 END`;
  return sql`SELECT made.*, CAST(${depth} AS integer) AS depth FROM (
${attemptsSql(context, steps, span, dimensions)}
) AS made`;
}

/**
 * SELECT of one month's partition of funnel_months, where `hasMonths`. Reads funnel_attempts of that month and of the two before it.
 * @param month its first day, YYYY-MM-DD, UTC
 */
export function funnelMonthsSelect(context: FunnelContext, month: string): Sql {
  return monthsSql(context, month);
}

/** SELECT that answers a question to a funnel; `readFunnelAnswer` reads its rows. */
export function funnelSelect(context: FunnelContext, question: FunnelQuestion): Sql {
  if (question.times === false) return countsSql(context, question);
  // Built attempts are few and narrow: reading them twice costs less than choosing among those that came no further.
  const apart = tellsDepth(context, question) && context.funnel.count_by !== 'attempt';
  return render(context.text('questions/funnels'), {
    people: apart ? deepPeopleSql(context, question) : peopleSql(context, question),
    counted_apart: apart,
    counts: apart ? countsSql(context, question) : ('' as Sql),
    by: breakdownNames(question),
    numbers: range(1, context.funnel.steps.length).map((m) => ({ m: sqlInteger(m) })),
    laps: range(2, context.funnel.steps.length).map((m) => ({
      m: sqlInteger(m),
      lap: between(m - 1, m),
      elapsed: between(1, m),
    })),
  });
}

/** SELECT of the people who count and how far each one came: counted, started_at, depth, reached_2_at, …, by_1, … */
export function funnelPeopleSelect(context: FunnelContext, question: FunnelQuestion): Sql {
  return peopleSql(context, question);
}

/** SELECT of durations in ms between two steps and how many people took so long; core/funnel-answer.ts makes a histogram. */
export function funnelDurationsSelect(
  context: FunnelContext,
  question: FunnelQuestion,
  steps: { readonly from_step: number; readonly to_step: number },
): Sql {
  return render(context.text('questions/funnel_durations'), {
    people: peopleSql(context, question),
    duration: between(steps.from_step, steps.to_step),
    to_step: sqlInteger(steps.to_step),
  });
}

function between(from: number, to: number): Sql {
  const at = (m: number): Sql =>
    m === 1 ? ('started_at' as Sql) : sql`reached_${sqlInteger(m)}_at`;
  return sql`${at(to)} - ${at(from)}`;
}

/** Rows of `funnelSelect` as an answer. Values may be texts, as Athena gives them. Groups come in order of their values. */
export function readFunnelAnswer(
  rows: readonly Readonly<Record<string, unknown>>[],
  context: FunnelContext,
  question: FunnelQuestion,
): FunnelAnswer {
  const groups = new Map<
    string,
    { values: (string | null)[]; figures: Map<number, StepFigures> }
  >();
  if (question.breakdown.length === 0) groups.set('[]', { values: [], figures: new Map() });
  for (const row of rows) {
    const values = question.breakdown.map((by, i) =>
      groupValue(by, row[`by_${i + 1}`], question.timeZone),
    );
    const key = JSON.stringify(values);
    const group = groups.get(key) ?? { values, figures: new Map() };
    groups.set(key, group);
    const people = Number(row.people);
    group.figures.set(Number(row.step), {
      people,
      provisional: Number(row.provisional),
      mean_lap: mean(row.lap_sum, people),
      median_lap: numberOrNull(row.median_lap),
      mean_elapsed: mean(row.elapsed_sum, people),
      median_elapsed: numberOrNull(row.median_elapsed),
    });
  }
  return {
    funnel: context.funnel.name,
    counting: context.funnel.count_by,
    groups: [...groups.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { values, figures }]) => ({
        values: Object.fromEntries(question.breakdown.map((by, i) => [by, values[i] ?? null])),
        steps: answerSteps(context.funnel, figures),
      })),
  };
}

function groupValue(by: string, value: unknown, timeZone: string): string | null {
  if (value === null || value === undefined) return null;
  const period = PERIODS.find((candidate) => candidate === by);
  return period === undefined ? String(value) : periodLabel(period, Number(value), timeZone);
}

function mean(sum: unknown, people: number): number | null {
  const total = numberOrNull(sum);
  return total === null ? null : total / people;
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

const PERSON_KEY: Column = { name: 'person_key', type: 'bigint', comment: 'the person' };
const IS_BOT: Column = { name: 'is_bot', type: 'boolean', comment: 'known bot' };
const KEYS: readonly Column[] = [
  { name: 'unit', type: 'string', comment: 'what is counted where it is no person' },
  { name: 'held', type: 'string', comment: 'values of the properties held constant' },
];

function dimensionColumns(dimensions: readonly PropertyDimension[]): Column[] {
  const comment = 'at step 1';
  return [
    ...STANDARD_DIMENSIONS.map((name): Column => ({ name, type: 'string', comment })),
    ...dimensions.map(({ name }): Column => ({ name, type: 'string', comment })),
  ];
}

/** Columns of funnel_steps beside its partition keys. A funnel's partitions leave out those that it does not use. */
export function stepColumns(dimensions: readonly PropertyDimension[]): readonly Column[] {
  return [
    PERSON_KEY,
    IS_BOT,
    ...KEYS,
    { name: 'event_at', type: 'bigint', comment: 'epoch ms' },
    { name: 'step', type: 'int', comment: 'the first step that the event matches; 0 for none' },
    {
      name: 'matches',
      type: 'bigint',
      comment: 'all steps that it matches: step k counts 2^(k-1)',
    },
    { name: 'exclusions', type: 'bigint', comment: 'exclusions that it matches, likewise' },
    ...dimensionColumns(dimensions),
  ];
}

/** Columns of funnel_attempts beside its partition keys. A funnel's partitions leave out those that it does not use. */
export function attemptColumns(dimensions: readonly PropertyDimension[]): readonly Column[] {
  return [
    PERSON_KEY,
    IS_BOT,
    ...KEYS,
    { name: 'started_at', type: 'bigint', comment: 'epoch ms of the event that matched step 1' },
    ...range(2, FUNNEL_LIMITS.steps).map(
      (m): Column => ({
        name: `reached_${m}_at`,
        type: 'bigint',
        comment: `epoch ms at which step ${m} was reached in the window`,
      }),
    ),
    { name: 'depth', type: 'int', comment: 'the last step reached in the window' },
    ...range(1, FUNNEL_LIMITS.exclusions).map(
      (q): Column => ({
        name: `excluded_${q}_at`,
        type: 'bigint',
        comment: `epoch ms of the first event of exclusion ${q} after its from-step`,
      }),
    ),
    {
      name: 'stopped_at',
      type: 'bigint',
      comment: 'epoch ms at which a break or repetition ends all later attempts of the person',
    },
    ...dimensionColumns(dimensions),
  ];
}
