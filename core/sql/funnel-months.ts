import type { Range } from '../api.ts';
import type { Column } from '../columns.ts';
import type { FunnelQuestion } from '../funnel-answer.ts';
import { type CompiledFunnel, FUNNEL_LIMITS } from '../funnel-definition.ts';
import {
  countedKey,
  DAY_MS,
  dateSql,
  dayStart,
  type FunnelContext,
  numbered,
  range,
  stopsAll,
} from './funnel-context.ts';
import { mayBeProvisional, tellsDepth, toldSql } from './funnel-measured.ts';
import { stepNumbers } from './funnel-steps.ts';
import { type Sql, sql, sqlInteger, sqlString } from './quote.ts';
import { render, type Scope } from './template.ts';

/** Months before its own that a row of funnel_months tells of. */
const MONTHS_BEFORE = 2;
/** Places of a month's days, and so the factor between two months in one number. */
const PLACES = 31;
/** Whole days in a range from which on months are read: one day's attempts are fewer rows than a month's people. */
const FEWEST_DAYS = 3;
const FEWEST_DAYS_GROUPED = 7;

/** First UTC day of a day's month. @param date YYYY-MM-DD */
export function monthStart(date: string): string {
  return `${date.slice(0, 7)}-01`;
}

/** Days whose attempts a partition of funnel_months is made of, both included. @param month its first day, YYYY-MM-DD */
export function attemptDaysOfMonth(month: string): { first: string; last: string } {
  const start = dayStart(month);
  return {
    first: dayOf(monthsLater(start, -MONTHS_BEFORE)),
    last: dayOf(monthsLater(start, 1) - 1),
  };
}

/** Whether people of the funnel can be counted by how deep their attempts came, whatever the question: then months are built. */
export function hasMonths(funnel: CompiledFunnel): boolean {
  const untouched = funnel.exclusions.length === 0 && !stopsAll(funnel);
  return untouched && funnel.events_until === 'window' && funnel.count_by !== 'attempt';
}

/** SELECT of one month's partition of funnel_months. @param month its first day, YYYY-MM-DD */
export function monthsSql(context: FunnelContext, month: string): Sql {
  const { funnel } = context;
  const { first, last } = attemptDaysOfMonth(month);
  return render(context.text('facts/funnel_months'), {
    counted: countedKey(funnel),
    app_id: sqlString(context.appId),
    funnel: sqlString(funnel.name),
    first_date: sqlString(first),
    last_date: sqlString(last),
    month: sqlString(month),
    previous: dateSql(monthsLater(dayStart(month), -1)),
    steps: monthSteps(funnel),
  });
}

/** Columns of funnel_months beside its partition keys. A funnel's partitions leave out those that it does not use. */
export function monthColumns(): readonly Column[] {
  const steps = range(1, FUNNEL_LIMITS.steps);
  return [
    { name: 'person_key', type: 'bigint', comment: 'the person' },
    { name: 'is_bot', type: 'boolean', comment: 'known bot' },
    { name: 'unit', type: 'string', comment: 'what is counted where it is no person' },
    ...steps.map(
      (k): Column => ({
        name: `days_${k}`,
        type: 'bigint',
        comment: `days of the month on which an attempt started that reached step ${k}: the d-th counts 2^(d-1)`,
      }),
    ),
    ...steps.map(
      (k): Column => ({
        name: `before_${k}`,
        type: 'bigint',
        comment: `the same of the month before, times 2^31, and of the one before that`,
      }),
    ),
  ];
}

/**
 * How funnel_months answers a question that only counts. `counts`: people can be counted month by month. `levels`: the rows of a
 * person have to be grouped, with attempts beside them. Null: not at all.
 */
export function monthsReading(
  context: FunnelContext,
  question: FunnelQuestion,
): 'counts' | 'levels' | null {
  const plain = question.breakdown.length === 0 && question.filters.length === 0;
  if (!plain || !tellsDepth(context, question) || !hasMonths(context.funnel)) return null;
  const whole = wholeDays(question.range);
  const days = (whole.to - whole.from) / DAY_MS;
  const cut = whole.from > question.range.from || whole.to < question.range.to;
  const open = openFrom(context.funnel, question) < question.range.to;
  if (!cut && !open && !question.includeBots && monthStarts(whole).length <= MONTHS_BEFORE + 1) {
    return days >= FEWEST_DAYS ? 'counts' : null;
  }
  const closed = Math.min(whole.to, openFrom(context.funnel, question)) - whole.from;
  return closed >= FEWEST_DAYS_GROUPED * DAY_MS ? 'levels' : null;
}

/** SELECT of the counts, as funnel_counts.sql, where `monthsReading` says `counts`. */
export function monthCountsSql(context: FunnelContext, question: FunnelQuestion): Sql {
  const { funnel } = context;
  const months = monthStarts(question.range);
  return render(context.text('questions/funnel_month_counts'), {
    ...partitions(context),
    steps: monthSteps(funnel),
    months: months.map((month, i) => {
      const { first, afterLast } = places(month, question.range);
      // before_k ends with the range's months before this one: what is not told there lies before the range's first day.
      const start = sqlInteger(2 ** places(months[0]!, question.range).first);
      const told = i === 1 ? sql`${start} * ${sqlInteger(2 ** PLACES)}` : start;
      const reached = ({ days, before }: MonthStep): Sql => {
        const upTo = afterLast === PLACES ? days : sql`mod(${days}, ${sqlInteger(2 ** afterLast)})`;
        const here = sql`${upTo} >= ${sqlInteger(2 ** first)}`;
        return i === 0 ? here : sql`${here} AND ${before} < ${told}`;
      };
      return {
        month: dateSql(month),
        steps: monthSteps(funnel).map((step) => ({ ...step, reached: reached(step) })),
      };
    }),
  });
}

/** SELECT of rows with a person's depth, several a person, where `monthsReading` says `levels`. */
export function monthLevelsSql(context: FunnelContext, question: FunnelQuestion): Sql {
  const { from, to } = question.range;
  const whole = wholeDays(question.range);
  const months = monthStarts(whole);
  const tail = Math.min(whole.to, Math.max(from, openFrom(context.funnel, question)));
  const spans = [
    { from, to: whole.from },
    { from: tail, to },
  ].filter((span) => span.from < span.to);
  return render(context.text('questions/funnel_month_levels'), {
    ...partitions(context),
    counted: countedKey(context.funnel),
    steps: monthSteps(context.funnel),
    deepest: monthSteps(context.funnel).reverse(),
    people_only: !question.includeBots,
    first_month: dateSql(months[0]!),
    last_month: dateSql(months.at(-1)!),
    first: sqlInteger(2 ** places(months[0]!, whole).first),
    after_last: sqlInteger(2 ** places(months.at(-1)!, whole).afterLast),
    spans: spans.map((span, i) => ({
      name: numbered('span_', i + 1),
      attempts: toldSql(context, question, 'depths', span),
    })),
  });
}

interface MonthStep {
  readonly [key: string]: Sql;
  readonly m: Sql;
  readonly days: Sql;
  readonly before: Sql;
  readonly people: Sql;
}

function monthSteps(funnel: CompiledFunnel): MonthStep[] {
  return stepNumbers(funnel).map((m) => ({
    m: sqlInteger(m),
    days: numbered('days_', m),
    before: numbered('before_', m),
    people: numbered('people_', m),
  }));
}

function partitions({ appId, funnel }: FunnelContext): Scope {
  return { app_id: sqlString(appId), funnel: sqlString(funnel.name) };
}

/** The UTC days that lie in a range as a whole; none where from = to. */
function wholeDays({ from, to }: Range): Range {
  const start = Math.ceil(from / DAY_MS) * DAY_MS;
  return { from: start, to: Math.max(start, Math.floor(to / DAY_MS) * DAY_MS) };
}

/** Epoch ms: attempts that start from here on may get further. After the range where none of its attempts may. */
function openFrom(funnel: CompiledFunnel, question: FunnelQuestion): number {
  if (!mayBeProvisional(funnel, question)) return question.range.to;
  return (question.settledUntil ?? 0) - funnel.window_ms;
}

/** Starts of the UTC months that a range touches, epoch ms. */
function monthStarts({ from, to }: Range): number[] {
  const months: number[] = [];
  for (let month = dayStart(monthStart(dayOf(from))); month < to; month = monthsLater(month, 1)) {
    months.push(month);
  }
  return months;
}

/** Places of the days of a month that lie in a range of whole days: its first and the one after its last, from 0. */
function places(month: number, { from, to }: Range): { first: number; afterLast: number } {
  const isCut = to < monthsLater(month, 1);
  return {
    first: Math.max(0, (from - month) / DAY_MS),
    afterLast: isCut ? (to - month) / DAY_MS : PLACES,
  };
}

function monthsLater(month: number, months: number): number {
  const date = new Date(month);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
