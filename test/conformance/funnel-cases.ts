import { isDeepStrictEqual } from 'node:util';
import { type FunnelQuestion, timeToConvert } from '../../core/funnel-answer.ts';
import { compileFunnel, InvalidFunnelError } from '../../core/funnel-definition.ts';
import {
  type FunnelContext,
  funnelAttemptsSelect,
  funnelDurationsSelect,
  funnelMonthsSelect,
  funnelPeopleSelect,
  funnelSelect,
  funnelStepsSelect,
  hasMonths,
  monthStart,
  readFunnelAnswer,
} from '../../core/sql/funnels.ts';
import { statementText } from '../../lambdas/runtime/statements.ts';
import {
  type FunnelCase,
  type FunnelExpectation,
  funnelDefinition,
  type WindowFunnelCase,
  windowFunnelDefinition,
} from './case-format.ts';
import type { FunnelEngine, TestEvent } from './funnel-engine.ts';

const APP = 'shop';
const DAY_MS = 86_400_000;

/** Outcome of a case: null where all is as expected, else what differs. */
export type Difference = string | null;

/** Runs a case of kind funnel through the product's own statements. */
export async function runFunnelCase(
  engine: FunnelEngine,
  test: FunnelCase,
  source: FunnelQuestion['source'],
): Promise<Difference> {
  const context = contextOf(test);
  if (context instanceof InvalidFunnelError) {
    return test.expected.error === undefined ? `refused: ${context.message}` : null;
  }
  if (test.expected.error !== undefined) return 'the definition must be refused';
  const { events, users } = readEvents(test);
  await engine.load(events, APP);
  const question = questionOf(
    { from: Date.parse(test.definition.from), to: Date.parse(test.definition.to) + 1 },
    source,
    test.definition.timezone,
  );
  if (source === 'facts') await buildFacts(engine, context, events);
  const got =
    test.definition.funnel_viz === 'time_to_convert'
      ? await histogram(engine, context, question, test)
      : await steps(engine, context, question, users);
  const differences = [test.expected, test.alt_expected]
    .filter((expected) => expected !== undefined)
    .map((expected) => compare(expected, got));
  return differences.includes(null) ? null : differences[0]!;
}

function contextOf(test: FunnelCase): FunnelContext | InvalidFunnelError {
  try {
    return context(compileFunnel(funnelDefinition(test), 'definition'));
  } catch (error) {
    if (error instanceof InvalidFunnelError) return error;
    throw error;
  }
}

function context(funnel: FunnelContext['funnel']): FunnelContext {
  return { text: statementText, appId: APP, dimensions: [], funnel };
}

function questionOf(
  range: FunnelQuestion['range'],
  source: FunnelQuestion['source'],
  timeZone = 'UTC',
): FunnelQuestion {
  const fixed = { breakdown: [], filters: [], includeBots: false, settledUntil: null };
  return { ...fixed, range, source, timeZone };
}

/** Runs a case of kind window_funnel: the level is how far the person's best attempt came. */
export async function runWindowFunnelCase(
  engine: FunnelEngine,
  test: WindowFunnelCase,
  source: FunnelQuestion['source'],
): Promise<Difference> {
  const users = [...new Set(test.rows.map((row) => row.user ?? ''))];
  const events = test.rows.map(
    (row): TestEvent => ({
      person: users.indexOf(row.user ?? '') + 1,
      event: 'row',
      event_at: row.ts,
      properties: Object.fromEntries(row.matches.map((match, i) => [`condition_${i + 1}`, match])),
    }),
  );
  await engine.load(events, APP);
  const funnel = context(compileFunnel(windowFunnelDefinition(test), 'definition'));
  const times = events.map(({ event_at }) => event_at);
  const range = { from: Math.min(...times), to: Math.max(...times) + 1 };
  if (source === 'facts') await buildFacts(engine, funnel, events);
  const rows = await engine.rows(funnelPeopleSelect(funnel, questionOf(range, source)));
  const levels = users.map((user, i): [string, number] => {
    const row = rows.find(({ counted }) => Number(counted) === i + 1);
    return [user, row === undefined ? 0 : Number(row.depth)];
  });
  const got = typeof test.expected === 'number' ? levels[0]![1] : Object.fromEntries(levels);
  return isDeepStrictEqual(got, test.expected)
    ? null
    : `expected ${JSON.stringify(test.expected)}, got ${JSON.stringify(got)}`;
}

/** Builds funnel_steps and funnel_attempts day by day and funnel_months month by month, as the product does, from the events that are loaded. */
export async function buildFacts(
  engine: FunnelEngine,
  funnel: FunnelContext,
  events: readonly { readonly event_at: number }[],
): Promise<void> {
  const numbers = [...new Set(events.map(({ event_at }) => Math.floor(event_at / DAY_MS)))].sort(
    (a, b) => a - b,
  );
  const days = numbers.map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
  const months = hasMonths(funnel.funnel) ? [...new Set(days.map(monthStart))] : [];
  for (const [table, select, dates] of [
    ['funnel_steps', funnelStepsSelect, days],
    ['funnel_attempts', funnelAttemptsSelect, days],
    ['funnel_months', funnelMonthsSelect, months],
  ] as const) {
    await engine.run(`DROP TABLE IF EXISTS ${table}`);
    for (const [i, date] of dates.entries()) {
      const keys = `'${funnel.appId}' AS app_id, '${funnel.funnel.name}' AS funnel, '${date}' AS event_date`;
      const rows = `SELECT *, ${keys} FROM (${select(funnel, date)})`;
      await engine.run(
        i === 0 ? `CREATE TABLE ${table} AS ${rows}` : `INSERT INTO ${table} ${rows}`,
      );
    }
  }
}

function readEvents(test: FunnelCase): { events: TestEvent[]; users: string[] } {
  const users = [...new Set(test.events.map(({ user }) => user))];
  const events = test.events.map(({ user, event, ts, properties }): TestEvent => {
    const traits = test.persons?.[user];
    return {
      person: users.indexOf(user) + 1,
      event,
      event_at: Date.parse(ts),
      ...(properties === undefined ? {} : { properties }),
      ...(traits === undefined ? {} : { traits }),
    };
  });
  return { events, users };
}

interface GotStep {
  readonly name: string;
  readonly count: number;
  readonly people: string[];
  readonly avg_conversion_s: number | null;
  readonly median_conversion_s: number | null;
}
interface Got {
  readonly steps?: readonly GotStep[];
  readonly time_to_convert?: FunnelExpectation['time_to_convert'];
}

async function steps(
  engine: FunnelEngine,
  funnel: FunnelContext,
  question: FunnelQuestion,
  users: readonly string[],
): Promise<Got> {
  const rows = await engine.rows(funnelSelect(funnel, question));
  const people = await engine.rows(funnelPeopleSelect(funnel, question));
  const answer = readFunnelAnswer(rows, funnel, question);
  const named = typeof funnel.funnel.count_by === 'object' ? null : users;
  return {
    steps: answer.groups[0]!.steps.map((step) => ({
      name: step.label,
      count: step.people,
      people: people
        .filter((row) => Number(row.depth) >= step.step)
        .map((row) => named?.[Number(row.counted) - 1] ?? String(row.counted))
        .sort(),
      avg_conversion_s: step.mean_seconds_from_previous,
      median_conversion_s: step.median_seconds_from_previous,
    })),
  };
}

async function histogram(
  engine: FunnelEngine,
  funnel: FunnelContext,
  question: FunnelQuestion,
  { definition }: FunnelCase,
): Promise<Got> {
  const from_step = (definition.from_step ?? 0) + 1;
  const to_step = (definition.to_step ?? definition.steps.length - 1) + 1;
  const rows = await engine.rows(funnelDurationsSelect(funnel, question, { from_step, to_step }));
  const { mean_seconds, bins } = timeToConvert(
    rows.map((row) => ({ duration_ms: Number(row.duration_ms), people: Number(row.people) })),
    definition.bin_count,
  );
  return { time_to_convert: { average_s: mean_seconds ?? 0, bins } };
}

/** Only what the case expects is compared. */
function compare(expected: FunnelExpectation, got: Got): Difference {
  const wanted: unknown[] = [];
  const found: unknown[] = [];
  const note = (want: unknown, have: unknown): void => {
    if (want === undefined || same(want, have)) return;
    wanted.push(want);
    found.push(have ?? null);
  };
  note(expected.time_to_convert, got.time_to_convert);
  expected.steps?.forEach((step, i) => {
    const have = got.steps?.[i];
    note(step.name, have?.name);
    note(step.count, have?.count);
    note(step.people && [...step.people].sort(), have?.people);
    note(step.avg_conversion_s, have?.avg_conversion_s);
    note(step.median_conversion_s, have?.median_conversion_s);
  });
  for (const [step, people] of Object.entries(expected.dropoff_people ?? {})) {
    const reached = got.steps?.[Number(step)]?.people ?? [];
    const before = got.steps?.[Number(step) - 1]?.people ?? [];
    note(
      [...people].sort(),
      before.filter((person) => !reached.includes(person)),
    );
  }
  if (wanted.length === 0) return null;
  return `expected ${JSON.stringify(wanted)}, got ${JSON.stringify(found)}`;
}

function same(want: unknown, have: unknown): boolean {
  if (typeof want === 'number' && typeof have === 'number') return Math.abs(want - have) < 0.001;
  return isDeepStrictEqual(want, have);
}
