import { type BuiltTable, type Column, ENVELOPE, PERSON_KEY } from '../../../core/columns.ts';
import type { FunnelDefinition } from '../../../core/funnel.ts';
import type { FunnelQuestion } from '../../../core/funnel-answer.ts';
import { compileFunnel, FUNNEL_LIMITS } from '../../../core/funnel-definition.ts';
import type { FunnelContext } from '../../../core/sql/funnel-context.ts';
import {
  attemptColumns,
  funnelAttemptsSelect,
  funnelDurationsSelect,
  funnelMonthsSelect,
  funnelPeopleSelect,
  funnelSelect,
  funnelStepsSelect,
  hasMonths,
  monthColumns,
  monthStart,
  stepColumns,
} from '../../../core/sql/funnels.ts';
import { type TotalsQuestion, totalsSql } from '../../../core/sql/totals.ts';
import { scanSql } from '../../../lambdas/build/discover.ts';
import { eventsSelect } from '../../../lambdas/build/events-select.ts';
import { statementText } from '../../../lambdas/runtime/statements.ts';
import { arrivalHours, DAYS, FIRST_DAY, type LakeTable } from './lake.ts';

const DIMENSIONS = [{ name: 'plan', property: 'plan' }];
const START = Date.parse(FIRST_DAY);
const DAY_MS = 86_400_000;
const RANGE = { from: START, to: START + DAYS * DAY_MS };
const WHOLE_DAYS = { from: START - 9 * DAY_MS, to: START + 40 * DAY_MS };
const CUT_DAYS = { from: START - 9.5 * DAY_MS, to: RANGE.to - DAY_MS / 3 };
const APP = 'shop';

/** Dates of the events' partitions. */
export const DATES = Array.from({ length: DAYS }, (_, i) =>
  new Date(START + i * DAY_MS).toISOString().slice(0, 10),
);

const withoutApp = (columns: readonly Column[]): Column[] =>
  columns.filter(({ name }) => !['app_id', 'funnel', 'event_date'].includes(name));

/** Tables that builds make. */
export const BUILT: Readonly<Record<BuiltTable, LakeTable>> = {
  events: {
    name: 'events',
    columns: [...withoutApp(ENVELOPE), PERSON_KEY],
    keys: ['app_id', 'event_date'],
  },
  funnel_steps: {
    name: 'funnel_steps',
    columns: withoutApp(stepColumns(DIMENSIONS)),
    keys: ['app_id', 'funnel', 'event_date'],
  },
  funnel_attempts: {
    name: 'funnel_attempts',
    columns: withoutApp(attemptColumns(DIMENSIONS)),
    keys: ['app_id', 'funnel', 'event_date'],
  },
  funnel_months: {
    name: 'funnel_months',
    columns: monthColumns(),
    keys: ['app_id', 'funnel', 'event_date'],
  },
};

const STEPS = [{ event: 'home' }, { event: 'search' }, { event: 'product' }];

/** As many steps as a funnel may have: planners work through each step's statement, some more than once. */
const LONGEST = [
  ...STEPS,
  ...Array.from({ length: FUNNEL_LIMITS.steps - STEPS.length }, (_, i) => ({ event: `step ${i}` })),
];

/** A definition of each kind: they are different statements. */
export const FUNNELS: readonly FunnelDefinition[] = [
  {
    name: 'plain',
    window: '1d',
    steps: [...STEPS, { event: 'cart' }, { event: 'payment' }, { event: 'confirmation' }],
  },
  {
    name: 'filtered',
    window: '12h',
    steps: [
      { event: 'home', where: [{ property: 'plan', op: 'equals', value: 'pro' }] },
      {
        any_of: ['search', 'product'],
        where: [{ property: "o'brien", op: 'contains', value: 'X' }],
      },
      { event: null, where: [{ property: 'p', op: 'gte', value: 1 }] },
    ],
    where: [{ property: 'sex', scope: 'person', op: 'not_equals', value: 'm' }],
  },
  { name: 'strict', window: '1d', order: 'strict', steps: STEPS },
  {
    name: 'reentry',
    window: '1d',
    order: 'strict',
    allow_reentry: true,
    shared_events: true,
    steps: STEPS.slice(0, 2),
  },
  { name: 'any_order', window: '1d', order: 'any', steps: STEPS },
  {
    name: 'excluded',
    window: '1d',
    steps: STEPS,
    exclusions: [{ event: 'a', from_step: 1, to_step: 3 }],
  },
  {
    name: 'excluded_ends',
    window: '1d',
    steps: STEPS,
    exclusions: [{ event: 'a', from_step: 1, to_step: 2 }],
    exclusion: 'ends',
  },
  { name: 'held', window: '1d', steps: STEPS, hold_constant: ['plan'] },
  { name: 'attempts', window: '6h', steps: STEPS, count_by: 'attempt' },
  { name: 'by_property', window: '1d', steps: STEPS, count_by: { property: 'plan' } },
  {
    name: 'shared',
    window: '1d',
    steps: [{ event: 'home' }, { event: null }, { event: 'home' }],
    shared_events: true,
  },
  { name: 'increasing', window: '1d', steps: STEPS, increasing: true, repeats: 'stop' },
  {
    name: 'first_time',
    window: '1d',
    steps: [{ event: 'home', first_time: 'event' }, ...STEPS.slice(1)],
  },
  { name: 'in_range', window: '1d', steps: STEPS, events_until: 'range' },
  {
    name: 'overlapping',
    window: '1d',
    steps: [{ event: 'home' }, { event: 'home' }, { any_of: ['home', 'search'] }],
  },
  { name: 'longest', window: '1d', steps: LONGEST },
  { name: 'longest_strict', window: '1d', order: 'strict', steps: LONGEST },
  { name: 'longest_any', window: '1d', order: 'any', steps: LONGEST },
];

/** A statement and its name. */
export interface NamedStatement {
  readonly name: string;
  readonly sql: string;
}

/** The scan of changed hours. */
export function scan(): NamedStatement {
  return { name: 'events/scan', sql: scanSql(arrivalHours()) };
}

/** SELECT of a partition of events. */
export function eventsOf(eventDate: string): string {
  const hours = arrivalHours();
  return eventsSelect({ appId: APP, eventDate, hours, dedupWindowDays: 1, knownHours: hours });
}

/** First days of the months in which events lie. */
const MONTHS = [...new Set(DATES.map(monthStart))];

/** Dates of the partitions of a funnel's facts. */
export function factDates(table: FactTable, funnel: FunnelDefinition): readonly string[] {
  if (table !== 'funnel_months') return DATES;
  return hasMonths(contextOf(funnel).funnel) ? MONTHS : [];
}

/** A table of a funnel's facts. */
export type FactTable = Exclude<BuiltTable, 'events'>;

/** SELECT of a partition of a funnel's facts. */
export function factsOf(table: FactTable, funnel: FunnelDefinition, date: string): string {
  const context = contextOf(funnel);
  return {
    funnel_steps: funnelStepsSelect,
    funnel_attempts: funnelAttemptsSelect,
    funnel_months: funnelMonthsSelect,
  }[table](context, date);
}

/** Questions to the built tables. */
export function questions(): NamedStatement[] {
  return [...totals(), ...FUNNELS.flatMap(funnelQuestions)];
}

function contextOf(funnel: FunnelDefinition): FunnelContext {
  return {
    text: statementText,
    appId: APP,
    dimensions: DIMENSIONS,
    funnel: compileFunnel(funnel, funnel.name),
  };
}

function funnelQuestions(definition: FunnelDefinition): NamedStatement[] {
  const context = contextOf(definition);
  const question = (more: Partial<FunnelQuestion>): FunnelQuestion => ({
    range: RANGE,
    timeZone: 'Europe/Berlin',
    breakdown: [],
    filters: [],
    includeBots: false,
    source: 'facts',
    settledUntil: RANGE.to,
    ...more,
  });
  const name = (kind: string): string => `questions/${kind} of ${definition.name}`;
  const last = definition.steps.length;
  return [
    { name: name('funnels'), sql: funnelSelect(context, question({})) },
    {
      name: name('funnels from events'),
      sql: funnelSelect(context, question({ source: 'events', settledUntil: null })),
    },
    { name: name('counts'), sql: funnelSelect(context, question({ times: false })) },
    {
      name: name('counts from events'),
      sql: funnelSelect(context, question({ source: 'events', settledUntil: null, times: false })),
    },
    {
      name: name('settled counts from events'),
      sql: funnelSelect(
        context,
        question({ source: 'events', settledUntil: RANGE.to + 2 * DAY_MS, times: false }),
      ),
    },
    {
      name: name('counts by device and day'),
      sql: funnelSelect(context, question({ breakdown: ['device', 'day'], times: false })),
    },
    {
      name: name('counts over whole days of months'),
      sql: funnelSelect(
        context,
        question({ range: WHOLE_DAYS, settledUntil: WHOLE_DAYS.to + 2 * DAY_MS, times: false }),
      ),
    },
    {
      name: name('counts over days of months that the range cuts'),
      sql: funnelSelect(context, question({ range: CUT_DAYS, includeBots: true, times: false })),
    },
    {
      name: name('funnels by device, plan and day'),
      sql: funnelSelect(
        context,
        question({
          breakdown: ['device', 'plan', 'day'],
          filters: [{ property: 'channel', op: 'in', value: ['search', 'email'] }],
          includeBots: true,
        }),
      ),
    },
    {
      name: name('funnel_people'),
      sql: funnelPeopleSelect(context, question({ breakdown: ['week'] })),
    },
    {
      name: name('funnel_durations'),
      sql: funnelDurationsSelect(context, question({}), { from_step: 1, to_step: last }),
    },
  ];
}

function totals(): NamedStatement[] {
  const question = (more: Partial<TotalsQuestion>): TotalsQuestion => ({
    app: APP,
    range: RANGE,
    tz: 'Europe/Berlin',
    events: [],
    count: 'events',
    filters: [],
    breakdown: [],
    dimensions: DIMENSIONS,
    includeBots: false,
    ...more,
  });
  const of = (name: string, more: Partial<TotalsQuestion>): NamedStatement => ({
    name: `questions/totals ${name}`,
    sql: totalsSql(statementText('questions/totals'), question(more)),
  });
  return [
    of('of events', {}),
    of('of people', { count: 'people', events: ['home', 'cart'] }),
    of('by device and plan', { breakdown: ['device', 'plan'] }),
    of('by day and hour', { breakdown: ['day', 'hour'], tz: 'America/New_York' }),
    of('by week and month', { breakdown: ['week', 'month'], includeBots: true }),
    of('filtered', {
      filters: [
        { property: 'channel', op: 'not_in', value: ['email'] },
        {
          any: [
            { property: 'plan', op: 'contains', value: 'PR' },
            { property: 'country', op: 'is_not_set' },
          ],
        },
      ],
    }),
  ];
}
