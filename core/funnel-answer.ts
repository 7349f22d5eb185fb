import type { Range } from './api.ts';
import type { CountingUnit, Filter } from './funnel.ts';
import type { CompiledFunnel } from './funnel-definition.ts';

/** Periods of an attempt's start by which an answer can be broken down, in the question's time zone. Weeks start on Monday. */
export const PERIODS = ['hour', 'day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

/** A question to a funnel. */
export interface FunnelQuestion {
  /** Attempts that start in it, half-open, epoch ms. */
  readonly range: Range;
  /** IANA time zone of periods. */
  readonly timeZone: string;
  /** Names of dimensions and periods: each combination of values is counted by itself. */
  readonly breakdown: readonly string[];
  /** Conditions on dimensions, as they are at step 1. */
  readonly filters: readonly Filter[];
  readonly includeBots: boolean;
  /** `facts`: the built attempts. `events`: worked out from events, for definitions that are not built. */
  readonly source: 'facts' | 'events';
  /** Epoch ms: up to when the data is complete. Null: nothing is settled yet. */
  readonly settledUntil: number | null;
  /** False: people and shares only, which is cheaper; times are null. Default true. */
  readonly times?: boolean;
}

/** People in a share's numerator below which it is marked: its interval is wide and its bounds rough. */
export const SMALL_SAMPLE = 30;

/** One step of an answer. */
export interface FunnelStepAnswer {
  /** From 1. */
  readonly step: number;
  readonly label: string;
  /** People (or whatever is counted) who reached it. */
  readonly people: number;
  /** Of these, how many could still get further because their window is open. */
  readonly provisional: number;
  /** Share of the people of step 1; null where there are none. 4 decimals. */
  readonly share_of_first: number | null;
  /** 95 % Wilson interval of share_of_first. */
  readonly share_of_first_interval: readonly [number, number] | null;
  /** Share of the people of the step before; null for step 1 and where there are none. */
  readonly share_of_previous: number | null;
  /** 1 − share_of_previous; null for step 1 and where there is none before. */
  readonly drop_off: number | null;
  /** Seconds from the step before; null for step 1, where nobody arrived, and where the question asks for no times. */
  readonly median_seconds_from_previous: number | null;
  readonly mean_seconds_from_previous: number | null;
  /** Seconds from the attempt's start. */
  readonly median_seconds_from_start: number | null;
  readonly mean_seconds_from_start: number | null;
  /** Fewer than 30 people at step 1. */
  readonly small_sample: boolean;
}

/** The steps of one combination of breakdown values. */
export interface FunnelGroup {
  /** Value by breakdown name; null where the attempt's first event has none. Empty without a breakdown. */
  readonly values: Readonly<Record<string, string | null>>;
  readonly steps: readonly FunnelStepAnswer[];
}

/** Answer of a funnel. Without a breakdown it has exactly one group. */
export interface FunnelAnswer {
  readonly funnel: string;
  readonly counting: CountingUnit;
  readonly groups: readonly FunnelGroup[];
}

/** What a statement says of one step. Times in ms. */
export interface StepFigures {
  readonly people: number;
  readonly provisional: number;
  readonly mean_lap: number | null;
  readonly median_lap: number | null;
  readonly mean_elapsed: number | null;
  readonly median_elapsed: number | null;
}

const NOBODY: StepFigures = {
  people: 0,
  provisional: 0,
  mean_lap: null,
  median_lap: null,
  mean_elapsed: null,
  median_elapsed: null,
};

/** Works out shares, drop-offs and intervals of all steps from what was counted. @param figures By step from 1; missing: nobody. */
export function answerSteps(
  funnel: CompiledFunnel,
  figures: ReadonlyMap<number, StepFigures>,
): FunnelStepAnswer[] {
  const first = figures.get(1)?.people ?? 0;
  return funnel.steps.map(({ label }, i): FunnelStepAnswer => {
    const step = i + 1;
    const here = figures.get(step) ?? NOBODY;
    const previous = step === 1 ? null : (figures.get(step - 1)?.people ?? 0);
    const timed = step > 1 && here.people > 0;
    const seconds = (ms: number | null): number | null =>
      timed && ms !== null ? round(ms / 1000, 3) : null;
    return {
      step,
      label,
      people: here.people,
      provisional: here.provisional,
      share_of_first: first === 0 ? null : round(here.people / first, 4),
      share_of_first_interval: first === 0 ? null : wilsonInterval(here.people, first),
      share_of_previous: previous ? round(here.people / previous, 4) : null,
      drop_off: previous ? round(1 - here.people / previous, 4) : null,
      median_seconds_from_previous: seconds(here.median_lap),
      mean_seconds_from_previous: seconds(here.mean_lap),
      median_seconds_from_start: seconds(here.median_elapsed),
      mean_seconds_from_start: seconds(here.mean_elapsed),
      small_sample: first < SMALL_SAMPLE,
    };
  });
}

/** 95 % Wilson score interval of a share, 4 decimals. */
export function wilsonInterval(successes: number, trials: number): [number, number] {
  const z = 1.959963984540054;
  const share = successes / trials;
  const scale = 1 + (z * z) / trials;
  const middle = share + (z * z) / (2 * trials);
  const reach = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  const low = Math.max(0, (middle - reach) / scale);
  const high = Math.min(1, (middle + reach) / scale);
  return [round(low, 4), round(high, 4)];
}

/** A histogram of conversion times. */
export interface TimeToConvert {
  readonly people: number;
  readonly mean_seconds: number | null;
  /** [start in seconds, people]; each bin is as wide as the next, the last one holds the maximum where the division is even. */
  readonly bins: readonly (readonly [number, number])[];
}

/**
 * Bins of equal width between the shortest and the longest time.
 * @param durations People by duration in ms.
 * @param binCount Default: the cube root of the people, 1 to 60.
 */
export function timeToConvert(
  durations: readonly { readonly duration_ms: number; readonly people: number }[],
  binCount?: number,
): TimeToConvert {
  const people = durations.reduce((sum, row) => sum + row.people, 0);
  if (people === 0) return { people: 0, mean_seconds: null, bins: [] };
  const seconds = durations.map((row) => ({ at: row.duration_ms / 1000, people: row.people }));
  const total = seconds.reduce((sum, row) => sum + row.at * row.people, 0);
  const least = Math.min(...seconds.map(({ at }) => at));
  const most = Math.max(...seconds.map(({ at }) => at));
  const bins = binCount ?? Math.min(60, Math.max(1, Math.ceil(Math.cbrt(people))));
  const width = Math.ceil((most - least) / bins) || 60;
  const counts = Array.from({ length: bins + 1 }, () => 0);
  for (const { at, people: n } of seconds) {
    const bin = Math.floor((at - least) / width);
    counts[bin] = (counts[bin] ?? 0) + n;
  }
  return {
    people,
    mean_seconds: round(total / people, 3),
    bins: counts.map((n, i) => [Math.floor(least) + i * width, n] as const),
  };
}

function round(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round((value + Number.EPSILON) * scale) / scale;
}
