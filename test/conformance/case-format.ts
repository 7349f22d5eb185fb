import type { Filter, FunnelDefinition } from '../../core/funnel.ts';

/** A condition as the case files write it. */
export type CaseFilter =
  | {
      readonly property: string;
      readonly op: 'equals' | 'not_equals' | 'in' | 'contains' | 'not_contains' | 'is_set';
      readonly value?: string | number | boolean | readonly (string | number | boolean)[];
      readonly scope?: 'event' | 'person';
    }
  | { readonly any: readonly CaseFilter[] }
  | { readonly all: readonly CaseFilter[] };

export interface CaseEvent {
  readonly user: string;
  readonly event: string;
  readonly ts: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

export interface CaseMatch {
  readonly event?: string | null;
  readonly any_of?: readonly (string | null)[];
  readonly where?: readonly CaseFilter[];
}

export interface CaseDefinition {
  readonly steps: readonly (CaseMatch & {
    readonly name?: string;
    readonly first_time?: 'event' | 'matching_filters';
  })[];
  readonly order: 'ordered' | 'strict' | 'unordered';
  readonly window: { readonly value: number; readonly unit: string };
  readonly from: string;
  readonly to: string;
  readonly where?: readonly CaseFilter[];
  readonly exclusions?: readonly (CaseMatch & { from_step: number; to_step: number })[];
  readonly funnel_viz: 'steps' | 'time_to_convert' | 'trends';
  readonly from_step?: number;
  readonly to_step?: number;
  readonly bin_count?: number;
  readonly timezone?: string;
  readonly breakdown?: object;
  readonly aggregate_by?: { readonly property: string; readonly scope?: 'event' | 'person' };
}

export interface ExpectedStep {
  readonly name?: string;
  readonly count?: number;
  readonly people?: readonly string[];
  readonly avg_conversion_s?: number | null;
  readonly median_conversion_s?: number | null;
}

export interface FunnelExpectation {
  readonly steps?: readonly ExpectedStep[];
  readonly dropoff_people?: Readonly<Record<string, readonly string[]>>;
  readonly time_to_convert?: {
    readonly average_s: number;
    readonly bins: readonly (readonly [number, number])[];
  };
  readonly error?: unknown;
}

export interface FunnelCase {
  readonly id: string;
  readonly kind: 'funnel';
  readonly definition: CaseDefinition;
  readonly persons?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly events: readonly CaseEvent[];
  readonly expected: FunnelExpectation;
  readonly alt_expected?: FunnelExpectation;
  readonly disputed?: string;
  /** Options of our own definitions that the format of the other projects does not know. */
  readonly options?: Partial<FunnelDefinition>;
}

export interface WindowFunnelCase {
  readonly id: string;
  readonly kind: 'window_funnel';
  readonly dialect?: string;
  readonly dialect_only?: unknown;
  readonly disputed?: string;
  readonly window: number;
  readonly modes: readonly string[];
  readonly clickhouse_modes?: readonly string[];
  readonly rows: readonly {
    readonly user?: string;
    readonly ts: number;
    readonly matches: readonly boolean[];
  }[];
  readonly expected: number | Readonly<Record<string, number>>;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30 * 86_400_000,
};

/** A funnel case's definition as ours. Their steps count from 0, ours from 1; their events stop at the range's end. */
export function funnelDefinition({ definition, options }: FunnelCase): FunnelDefinition {
  const unit = UNIT_MS[definition.window.unit];
  if (unit === undefined) throw new Error(`unknown unit of time ${definition.window.unit}`);
  return {
    name: 'the_case',
    steps: definition.steps.map(({ name, first_time, ...match }) => ({
      ...matchOf(match),
      ...(name === undefined ? {} : { label: name }),
      ...(first_time === undefined
        ? {}
        : { first_time: first_time === 'event' ? ('event' as const) : ('matching' as const) }),
    })),
    window: definition.window.value * unit,
    order: definition.order === 'unordered' ? 'any' : definition.order,
    where: (definition.where ?? []) as readonly Filter[],
    exclusions: (definition.exclusions ?? []).map(({ from_step, to_step, ...match }) => ({
      ...matchOf(match),
      from_step: from_step + 1,
      to_step: to_step + 1,
    })),
    events_until: 'range',
    ...(definition.aggregate_by === undefined ? {} : { count_by: definition.aggregate_by }),
    ...options,
  };
}

function matchOf({ event, any_of, where }: CaseMatch): object {
  return {
    ...(any_of === undefined ? { event } : { any_of }),
    ...(where === undefined ? {} : { where }),
  };
}

/** A window_funnel case's definition: every condition a boolean property of one event. */
export function windowFunnelDefinition(test: WindowFunnelCase): FunnelDefinition {
  const modes = new Set(test.clickhouse_modes ?? test.modes);
  const strict = modes.has('strict_order');
  const conditions = Math.max(...test.rows.map((row) => row.matches.length));
  const several = test.rows.some((row) => row.matches.filter(Boolean).length > 1);
  return {
    name: 'the_case',
    steps: Array.from({ length: conditions }, (_, i) => ({
      event: 'row',
      where: [{ property: `condition_${i + 1}`, op: 'equals' as const, value: true }],
    })),
    window: test.window,
    order: strict ? 'strict' : 'ordered',
    // Where no row meets several conditions, strict_once changes nothing, and ClickHouse's strict order needs shared_events.
    shared_events: !modes.has('strict_once') || (strict && !several),
    increasing: modes.has('strict_increase'),
    repeats: modes.has('strict_deduplication') ? 'stop' : 'ignore',
    allow_reentry: modes.has('allow_reentry'),
  };
}

const KNOWN_MODES = [
  'strict_order',
  'strict_deduplication',
  'strict_increase',
  'strict_once',
  'allow_reentry',
];

/** Why a case is not run, or null where it is. */
export function reasonToSkip(test: FunnelCase | WindowFunnelCase): string | null {
  if (test.kind === 'window_funnel') {
    if (test.disputed !== undefined) return 'disputed between the peers';
    if (test.dialect_only) return 'a mode that only its own dialect has';
    const modes = test.clickhouse_modes ?? test.modes;
    const unknown = modes.find((mode) => !KNOWN_MODES.includes(mode));
    return unknown === undefined ? null : `mode ${unknown} is not known`;
  }
  if (test.definition.funnel_viz === 'trends') return 'trends are another question';
  if (test.definition.breakdown !== undefined) return 'breakdown attribution is not built yet';
  return null;
}
