import type { DataSet } from './config.ts';

/** One number that a data set's publishers state, and the question that must give it. */
export interface Expectation {
  readonly dataSet: DataSet;
  /** `funnels`: people who came that far in order; `totals`: events of the step, whatever came before. */
  readonly question: 'funnels' | 'totals';
  readonly breakdown: readonly string[];
  /** Values of the breakdown's dimensions. */
  readonly values: Readonly<Record<string, string>>;
  /** The question's filter, as channel:search. */
  readonly filter?: string;
  readonly metric: 'people' | 'share_of_first' | 'share_of_previous' | 'drop_off';
  /** Counted from 0. */
  readonly step: number;
  readonly expected: number;
  /** Largest difference allowed: published percentages are rounded. */
  readonly tolerance: number;
}

type Row = Readonly<Record<string, unknown>>;
const DIMENSIONS = ['device', 'sex', 'channel', 'month', 'date'] as const;

/** Every number of ecommerce-funnel/expected-results.json. */
export function ecommerceExpectations(results: Row): Expectation[] {
  const groups = Object.keys(results).filter((key) => key === 'overall' || key.startsWith('by_'));
  return groups.flatMap((group) => {
    const rows = group === 'overall' ? [results.overall as Row] : (results[group] as Row[]);
    return rows.flatMap((row) => ecommerceRow(row));
  });
}

function ecommerceRow(row: Row): Expectation[] {
  const base = { dataSet: 'ecommerce' as const, question: 'funnels' as const, ...breakdownOf(row) };
  const counts = (row.counts ?? row) as Record<string, number>;
  const names = ['home', 'search', 'payment', 'confirmation'];
  const people = names.map((name, step) =>
    number({ ...base, metric: 'people', step }, counts[name]),
  );
  if (row.counts === undefined) return people;
  const conversion = Object.values(row.step_conversion_pct as Record<string, number>);
  const dropOff = Object.values(row.step_dropoff as Record<string, { users: number; pct: number }>);
  return [
    ...people,
    ...conversion.map((pct, i) =>
      number({ ...base, metric: 'share_of_previous', step: i + 1 }, pct / 100),
    ),
    ...dropOff.map(({ pct }, i) => number({ ...base, metric: 'drop_off', step: i + 1 }, pct / 100)),
    ...(row.conversion_from_first_pct as number[]).map((pct, step) =>
      number({ ...base, metric: 'share_of_first', step }, pct / 100),
    ),
  ];
}

/** Every number of system-design-6step/expected-results.json, the published tables among them. */
export function systemDesignExpectations(results: Row): Expectation[] {
  const readings = [
    ['totals', results.visits_per_step_independent],
    ['funnels', results.closed_sequential_funnel],
  ] as const;
  const counted = readings.flatMap(([question, groups]) =>
    Object.values(groups as Record<string, Row | Row[]>).flatMap((rows) =>
      [rows].flat().flatMap((row) => stepCounts(row, question)),
    ),
  );
  const published = Object.values(results.published as Row)
    .filter((table): table is Row[] => Array.isArray(table))
    .flatMap((table) => table.flatMap(publishedRow));
  return [...counted, ...published];
}

function stepCounts(row: Row, question: Expectation['question']): Expectation[] {
  const base = {
    dataSet: 'system_design' as const,
    question,
    ...breakdownOf(row),
    metric: 'people' as const,
  };
  return Object.keys(row)
    .filter((key) => /^step\d$/.test(key))
    .map((key) => number({ ...base, step: Number(key.slice(4)) - 1 }, row[key]));
}

/** A row of the notebook's tables: visits of step 6, or two steps and the loss between them, all counted as visits. */
function publishedRow(row: Row): Expectation[] {
  const base = {
    dataSet: 'system_design' as const,
    question: 'totals' as const,
    ...breakdownOf(row),
  };
  const visits = row.total_visits ?? row.visits;
  if (visits !== undefined) {
    // The notebook's last table is of the search channel alone, which its rows do not repeat.
    const filter = row.visits === undefined ? {} : { filter: 'channel:search' };
    return [number({ ...base, ...filter, metric: 'people', step: 5 }, visits)];
  }
  const second = Object.keys(row)
    .filter((key) => /^step\d$/.test(key))
    .sort()[1]!;
  const step = Number(second.slice(4)) - 1;
  const loss = number({ ...base, metric: 'drop_off', step }, (row.perc_dropoff as number) / 100);
  return [...stepCounts(row, 'totals'), loss];
}

function breakdownOf(row: Row): Pick<Expectation, 'breakdown' | 'values'> {
  const present = DIMENSIONS.filter((name) => row[name] !== undefined);
  const entries = present.map(
    (name) => [name === 'date' ? 'day' : name, bucketOf(name, row[name])] as const,
  );
  return { breakdown: entries.map(([name]) => name), values: Object.fromEntries(entries) };
}

/** Answers name a month by its first day. */
function bucketOf(dimension: string, value: unknown): string {
  if (dimension !== 'month') return String(value);
  return typeof value === 'number' ? `2015-${String(value).padStart(2, '0')}-01` : `${value}-01`;
}

function number(
  expectation: Omit<Expectation, 'expected' | 'tolerance'>,
  expected: unknown,
): Expectation {
  if (typeof expected !== 'number') throw new Error(`no number for ${JSON.stringify(expectation)}`);
  return { ...expectation, expected, tolerance: expectation.metric === 'people' ? 0 : 0.000051 };
}
