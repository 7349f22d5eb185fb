import { type EventTotal, MAX_BREAKDOWN_ROWS, type Range, type TotalsAnswer } from '../api.ts';
import type { PropertyDimension } from '../config.ts';
import type { Filter } from '../funnel.ts';
import { PERIODS, type Period } from '../funnel-answer.ts';
import { periodLabel } from '../funnel-periods.ts';
import { utcDays } from '../time-range.ts';
import { filterSql } from './filters.ts';
import { dimensionSql } from './funnel-context.ts';
import { periodSql } from './funnel-periods.ts';
import { type Sql, sql, sqlInteger, sqlJoin, sqlString } from './quote.ts';
import { render } from './template.ts';

/** A totals question with every default filled in. */
export interface TotalsQuestion {
  readonly app: string;
  readonly range: Range;
  /** Canonical IANA name. */
  readonly tz: string;
  /** Names in the answer's order; empty for all, most frequent first. */
  readonly events: readonly string[];
  readonly count: 'events' | 'people';
  /** Conditions on dimensions; `property` is a dimension's name. */
  readonly filters: readonly Filter[];
  /** Dimensions and periods, in the caller's order. */
  readonly breakdown: readonly string[];
  /** The app's own dimensions. */
  readonly dimensions: readonly PropertyDimension[];
  readonly includeBots: boolean;
}

/** One row of the statement's result. */
export type TotalsRow = Readonly<Record<string, string | number | boolean | null>>;

const MAX_ROWS = 2 * MAX_BREAKDOWN_ROWS;

/** @param template Text of sql/questions/totals.sql. */
export function totalsSql(template: string, question: TotalsQuestion): Sql {
  const { range, events, breakdown } = question;
  const days = utcDays(range);
  const columns = breakdown.map((_, i) => columnName(i));
  return render(template, {
    app: sqlString(question.app),
    first_day: sqlString(days.first),
    last_day: sqlString(days.last),
    from: sqlInteger(range.from),
    to: sqlInteger(range.to),
    without_bots: !question.includeBots,
    named: events.length > 0,
    names: sqlJoin(events.map(sqlString), ', '),
    filters: question.filters.map((filter) => ({
      predicate: filterSql(filter, (name) => ({
        text: dimensionSql(question, name).value,
        number: null,
      })),
    })),
    breakdown: breakdown.map((name, i) => ({
      column: columnName(i),
      expression: valueSql(name, question),
    })),
    broken_down: breakdown.length > 0,
    columns: sqlJoin(columns, ', '),
    people: question.count === 'people',
    limit: sqlInteger(MAX_ROWS + 1),
  });
}

/** Makes the answer of the statement's rows; of none where nothing is built yet. */
export function readTotals(rows: readonly TotalsRow[], question: TotalsQuestion): TotalsAnswer {
  const { breakdown } = question;
  const kept = rows.slice(0, MAX_ROWS);
  const overall = eventTotals(
    kept.filter((row) => row.is_overall === 1),
    question.events,
  );
  const truncated = rows.length > MAX_ROWS;
  if (breakdown.length === 0) {
    const groups = [{ values: {}, events: overall }];
    return { events: overall, groups, ...(truncated ? { truncated } : {}) };
  }
  const groups = new Map<string, TotalsRow[]>();
  for (const row of kept.filter(({ is_overall }) => is_overall === 0)) {
    const key = JSON.stringify(breakdown.map((_, i) => row[columnName(i)] ?? null));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return {
    events: overall,
    groups: [...groups.values()].sort(byTimeThenCount(breakdown)).map((group) => ({
      values: valuesOf(group[0]!, question),
      events: eventTotals(group, question.events),
    })),
    truncated,
  };
}

function periodOf(name: string): Period | undefined {
  return PERIODS.find((period) => period === name);
}

/** A dimension, or the period in which the event lies. */
function valueSql(name: string, question: TotalsQuestion): Sql {
  const period = periodOf(name);
  if (period === undefined) return dimensionSql(question, name).value;
  return periodSql('event_at' as Sql, period, question.tz, question.range);
}

function columnName(index: number): Sql {
  return sql`b${sqlInteger(index + 1)}`;
}

function eventTotals(rows: readonly TotalsRow[], named: readonly string[]): EventTotal[] {
  const counts = new Map(rows.map((row) => [String(row.event), Number(row.counted)]));
  const names =
    named.length > 0
      ? named
      : [...counts.keys()].sort(
          (a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1),
        );
  const largest = Math.max(0, ...names.map((name) => counts.get(name) ?? 0));
  return names.map((event, i) => {
    const count = counts.get(event) ?? 0;
    const before = i === 0 ? undefined : (counts.get(names[i - 1]!) ?? 0);
    return {
      event,
      count,
      share: largest === 0 ? 0 : rounded(count / largest),
      drop_off: before === undefined || before === 0 ? null : rounded((before - count) / before),
    };
  });
}

/** Four decimals. */
function rounded(ratio: number): number {
  return Math.round(ratio * 10_000) / 10_000;
}

function valuesOf(
  row: TotalsRow,
  { breakdown, tz }: TotalsQuestion,
): Record<string, string | null> {
  return Object.fromEntries(
    breakdown.map((name, i) => {
      const value = row[columnName(i)] ?? null;
      if (value === null) return [name, null];
      const period = periodOf(name);
      return [name, period ? periodLabel(period, Number(value), tz) : String(value)];
    }),
  );
}

/** Periods in their order, else the largest first. */
function byTimeThenCount(
  breakdown: readonly string[],
): (a: readonly TotalsRow[], b: readonly TotalsRow[]) => number {
  const times = breakdown.flatMap((name, i) =>
    periodOf(name) !== undefined ? [columnName(i)] : [],
  );
  const total = (group: readonly TotalsRow[]): number =>
    group.reduce((sum, row) => sum + Number(row.counted), 0);
  return (a, b) => {
    for (const column of times) {
      const difference = Number(a[0]?.[column]) - Number(b[0]?.[column]);
      if (difference !== 0) return difference;
    }
    const difference = total(b) - total(a);
    if (difference !== 0) return difference;
    return JSON.stringify(a[0]) < JSON.stringify(b[0]) ? -1 : 1;
  };
}
