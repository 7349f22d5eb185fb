/**
 * Definition of a funnel. One meaning in the batch, the live view and on a laptop; docs/FUNNELS.md explains each option
 * and which peer reads it how. The same type stands in millrace.config.ts and in the API, hence snake_case.
 */
export interface FunnelDefinition {
  /** [a-z][a-z0-9_]*, at most 60 characters: it names a partition. */
  readonly name: string;
  /** 1 to 20 steps. */
  readonly steps: readonly FunnelStep[];
  /** Conversion window, inclusive, in elapsed time from the attempt's start: 30m, 1h, 14d, P7D, or milliseconds. */
  readonly window: string | number;
  /** `ordered` (default), `strict` (no other event of the person between two steps), `any` (distinct steps in any order). */
  readonly order?: 'ordered' | 'strict' | 'any';
  /** Holds for every event that the funnel looks at, steps and exclusions. */
  readonly where?: readonly Filter[];
  readonly exclusions?: readonly FunnelExclusion[];
  /**
   * What an exclusion does: `person` (default, PostHog): a person whose deepest attempts are all excluded is out;
   * `ends` (Mixpanel): it ends the attempt there, the steps before it count.
   */
  readonly exclusion?: 'person' | 'ends';
  /** One event fills every step that it matches (ClickHouse). Default false: each step needs an event of its own. */
  readonly shared_events?: boolean;
  /** Steps must be at strictly increasing times. Default false: equal timestamps advance, whatever the order of arrival. */
  readonly increasing?: boolean;
  /** `stop` ends an attempt at the first repetition of a step that it has reached (ClickHouse strict_deduplication). */
  readonly repeats?: 'ignore' | 'stop';
  /** With order `strict`: a step out of order is skipped instead of ending the attempt (ClickHouse allow_reentry). */
  readonly allow_reentry?: boolean;
  /** Columns or properties whose value must be the same on every step of an attempt. */
  readonly hold_constant?: readonly string[];
  /** What is counted. Default: persons. A property or column counts by its value; events without it are dropped. */
  readonly count_by?: CountingUnit;
  /** `window` (default): steps may follow until the window ends; `range`: they stop at the range's end (PostHog). */
  readonly events_until?: 'window' | 'range';
}

/** What a funnel counts once in a range. */
export type CountingUnit =
  | 'person'
  | 'attempt'
  | { readonly property: string; readonly scope?: FilterScope };

/** One step: an event, or any of several events, with filters. */
export interface FunnelStep {
  /** The event's name; null for any event. Leave out where `any_of` is given. */
  readonly event?: string | null;
  /** Any of these events; null among them for any event. */
  readonly any_of?: readonly (string | null)[];
  /** Label in answers. Default: the event's name. */
  readonly label?: string;
  readonly where?: readonly Filter[];
  /**
   * `event`: only the person's first event of that name in all history, filters applied to that one; `matching`: the first
   * that also matches the filters.
   */
  readonly first_time?: 'event' | 'matching';
}

/** An event that must not happen between two steps. Steps are counted from 1, from_step < to_step. */
export interface FunnelExclusion {
  readonly event?: string | null;
  readonly any_of?: readonly (string | null)[];
  readonly where?: readonly Filter[];
  readonly from_step: number;
  readonly to_step: number;
}

/** Where a filter's property is: on the event (a column of the envelope, else a key of properties), or on the person (traits). */
export type FilterScope = 'event' | 'person';

/** A condition, or several of which any or all must hold. Values compare as strings; a missing value passes the negations. */
export type Filter =
  | {
      readonly property: string;
      readonly op: FilterOperator;
      /** A list for `in` and `not_in`; none for `is_set` and `is_not_set`. */
      readonly value?: FilterValue | readonly FilterValue[];
      readonly scope?: FilterScope;
    }
  | { readonly any: readonly Filter[] }
  | { readonly all: readonly Filter[] };

export type FilterValue = string | number | boolean;

/** `contains` and `not_contains` ignore case; `gt`, `gte`, `lt` and `lte` compare as numbers. */
export const FILTER_OPERATORS = [
  'equals',
  'not_equals',
  'in',
  'not_in',
  'contains',
  'not_contains',
  'is_set',
  'is_not_set',
  'gt',
  'gte',
  'lt',
  'lte',
] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];
