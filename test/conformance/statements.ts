import type { Filter, FunnelDefinition } from '../../core/funnel.ts';
import type { FunnelQuestion } from '../../core/funnel-answer.ts';
import { compileFunnel } from '../../core/funnel-definition.ts';
import {
  type FunnelContext,
  funnelAttemptsSelect,
  funnelDurationsSelect,
  funnelMonthsSelect,
  funnelPeopleSelect,
  funnelSelect,
  funnelStepsSelect,
  hasMonths,
} from '../../core/sql/funnels.ts';
import { statementText } from '../../lambdas/runtime/statements.ts';

/** A statement that the product sends, over the tables that builds make. */
export interface RepresentativeStatement {
  readonly name: string;
  readonly sql: string;
}

const DAY = '2026-03-02';
const RANGE = { from: Date.UTC(2026, 2, 2), to: Date.UTC(2026, 2, 3) };
const MONTHS = { from: Date.UTC(2026, 2, 2), to: Date.UTC(2026, 4, 30) };
const CUT_MONTHS = { from: Date.UTC(2026, 2, 2, 23), to: Date.UTC(2026, 3, 30, 22) };

const FILTERS: readonly Filter[] = [
  { property: 'plan', op: 'in', value: ['pro', "o'clock"] },
  { property: '$odd."key\\', op: 'not_equals', value: true },
  {
    any: [
      { property: 'path', op: 'contains', value: '/A%_' },
      { property: 'n', op: 'gte', value: 1.5 },
    ],
  },
  { property: 'revenue', op: 'equals', value: 95 },
  { property: 'elapsed_ms', op: 'not_in', value: [1, 'x'] },
  { property: 'email', op: 'not_contains', value: '@example.com', scope: 'person' },
  { property: 'coupon', op: 'is_not_set' },
];

const PLAIN: FunnelDefinition = {
  name: 'checkout',
  window: '1h',
  steps: [{ event: 'view' }, { event: 'cart' }, { event: 'pay' }],
};

/** Each algorithm and option of a funnel once. */
export const REPRESENTATIVE_FUNNELS: readonly FunnelDefinition[] = [
  PLAIN,
  { ...PLAIN, name: 'single_step', steps: [{ event: 'view' }] },
  { ...PLAIN, name: 'filtered', steps: [{ event: 'view', where: FILTERS }, { event: 'cart' }] },
  { ...PLAIN, name: 'overlapping', steps: [{ event: 'view' }, { event: null }, { event: 'view' }] },
  {
    ...PLAIN,
    name: 'shared',
    shared_events: true,
    steps: [{ event: 'view' }, { any_of: ['view', 'cart'] }, { event: 'pay' }],
  },
  { ...PLAIN, name: 'increasing', increasing: true },
  { ...PLAIN, name: 'repeats', repeats: 'stop' },
  { ...PLAIN, name: 'strict', order: 'strict' },
  { ...PLAIN, name: 'clickhouse_strict', order: 'strict', shared_events: true },
  { ...PLAIN, name: 'reentry', order: 'strict', shared_events: true, allow_reentry: true },
  { ...PLAIN, name: 'any_order', order: 'any' },
  {
    ...PLAIN,
    name: 'any_overlapping',
    order: 'any',
    steps: [{ event: 'view' }, { event: null }, { event: 'view' }],
    exclusions: [{ event: 'leave', from_step: 1, to_step: 3 }],
  },
  { ...PLAIN, name: 'excluded', exclusions: [{ event: 'leave', from_step: 2, to_step: 3 }] },
  {
    ...PLAIN,
    name: 'excluded_ends',
    exclusion: 'ends',
    order: 'strict',
    exclusions: [
      { event: 'leave', from_step: 1, to_step: 2 },
      { event: null, where: [{ property: 'bad', op: 'is_set' }], from_step: 2, to_step: 3 },
    ],
  },
  { ...PLAIN, name: 'held', hold_constant: ['plan', 'path'] },
  { ...PLAIN, name: 'by_session', count_by: { property: 'session_id' } },
  { ...PLAIN, name: 'by_attempt', count_by: 'attempt', events_until: 'range' },
  {
    ...PLAIN,
    name: 'first_time',
    where: [{ property: 'plan', op: 'is_set' }],
    steps: [
      { event: 'view', first_time: 'matching' },
      { event: 'cart', first_time: 'event' },
    ],
  },
];

const CONTEXT = {
  text: statementText,
  appId: 'shop',
  dimensions: [{ name: 'plan', property: 'plan' }],
};

/** The statements of every variant: builds of both tables, and questions from facts and from events. */
export function representativeStatements(): RepresentativeStatement[] {
  return REPRESENTATIVE_FUNNELS.flatMap((definition) => {
    const context: FunnelContext = {
      ...CONTEXT,
      funnel: compileFunnel(definition, definition.name),
    };
    const named = (name: string, sql: string) => ({ name: `${definition.name}: ${name}`, sql });
    const question = (changes: Partial<FunnelQuestion>): FunnelQuestion => ({
      range: RANGE,
      timeZone: 'Europe/Berlin',
      breakdown: [],
      filters: [],
      includeBots: false,
      source: 'facts',
      settledUntil: RANGE.to,
      ...changes,
    });
    const detailed = question({
      breakdown: ['device', 'plan', 'week'],
      filters: [{ property: 'channel', op: 'not_equals', value: 'email' }],
      includeBots: true,
    });
    return [
      named('steps of a day', funnelStepsSelect(context, DAY)),
      named('attempts of a day', funnelAttemptsSelect(context, DAY)),
      named('question over facts', funnelSelect(context, question({}))),
      named('question over events', funnelSelect(context, question({ source: 'events' }))),
      named('counts over facts', funnelSelect(context, question({ times: false }))),
      named(
        'counts over events',
        funnelSelect(context, question({ source: 'events', times: false })),
      ),
      named(
        'settled counts over events',
        funnelSelect(
          context,
          question({ source: 'events', settledUntil: Date.UTC(2027, 0), times: false }),
        ),
      ),
      named('breakdown over facts', funnelSelect(context, detailed)),
      named('breakdown over events', funnelSelect(context, { ...detailed, source: 'events' })),
      named('counts by breakdown over facts', funnelSelect(context, { ...detailed, times: false })),
      named(
        'counts by breakdown over events',
        funnelSelect(context, { ...detailed, source: 'events', times: false }),
      ),
      ...(hasMonths(context.funnel)
        ? [
            named('months of a month', funnelMonthsSelect(context, '2026-03-01')),
            named(
              'counts over whole days of months',
              funnelSelect(
                context,
                question({ range: MONTHS, settledUntil: Date.UTC(2027, 0), times: false }),
              ),
            ),
            named(
              'counts over days of months that the range cuts',
              funnelSelect(
                context,
                question({
                  range: CUT_MONTHS,
                  settledUntil: CUT_MONTHS.to,
                  includeBots: true,
                  times: false,
                }),
              ),
            ),
          ]
        : []),
      named('people over facts', funnelPeopleSelect(context, question({ breakdown: ['month'] }))),
      ...(definition.steps.length < 2
        ? []
        : [
            named(
              'durations',
              funnelDurationsSelect(context, question({}), { from_step: 1, to_step: 2 }),
            ),
          ]),
    ];
  });
}
