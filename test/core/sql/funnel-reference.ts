import type { CompiledFunnel } from '../../../core/funnel-definition.ts';

/** An event of the reference: which steps (index 0 = step 1) and exclusions it matches. */
export interface ReferenceEvent {
  readonly t: number;
  readonly steps: readonly boolean[];
  readonly exclusions: readonly boolean[];
}

/** What counts of one person. */
export interface ReferencePerson {
  readonly depth: number;
  readonly started_at: number;
  /** Times of steps 1 to depth. */
  readonly times: readonly number[];
}

interface Attempt {
  readonly start: number;
  readonly times: number[];
  readonly spoiled: boolean;
}

/**
 * What a funnel means, slowly and plainly, for one person's events: every assignment of events to steps is tried.
 * @param range Attempts start in it, half-open.
 * @returns null where the person does not count.
 */
export function referencePerson(
  events: readonly ReferenceEvent[],
  funnel: CompiledFunnel,
  range: { readonly from: number; readonly to: number },
): ReferencePerson | null {
  const seen = funnel.events_until === 'range' ? events.filter(({ t }) => t < range.to) : events;
  const starts = seen.filter(
    ({ t, steps }) =>
      t >= range.from && t < range.to && (funnel.order === 'any' ? steps.some(Boolean) : steps[0]),
  );
  const attempts = starts.map((start) => attempt(start, seen, funnel, range.to));
  const running = funnel.order === 'any' ? attempts.filter(({ spoiled }) => !spoiled) : attempts;
  const depth = Math.max(0, ...running.map(({ times }) => times.length));
  const best = running
    .filter(({ times, spoiled }) => times.length === depth && !spoiled)
    .sort((a, b) => a.times.at(-1)! - b.times.at(-1)! || b.start - a.start)[0];
  return best === undefined ? null : { depth, started_at: best.start, times: best.times };
}

function attempt(
  start: ReferenceEvent,
  events: readonly ReferenceEvent[],
  funnel: CompiledFunnel,
  rangeEnd: number,
): Attempt {
  const times =
    funnel.order === 'any'
      ? timesInAnyOrder(start, events, funnel)
      : funnel.repeats === 'stop'
        ? timesUntilRepeat(start, events, funnel)
        : timesInOrder(start, events, funnel);
  const end = funnel.events_until === 'range' ? rangeEnd : Number.POSITIVE_INFINITY;
  const spoils = funnel.exclusions.flatMap(({ from_step, to_step }, q) => {
    const from = times[from_step - 1];
    if (from === undefined) return [];
    const first = Math.min(
      ...events.filter(({ t, exclusions }) => exclusions[q] && t > from).map(({ t }) => t),
    );
    const limit = times[to_step - 1] ?? start.t + funnel.window_ms + 1;
    return first < limit && first < end ? [first] : [];
  });
  if (spoils.length === 0) return { start: start.t, times, spoiled: false };
  if (funnel.exclusion === 'person') return { start: start.t, times, spoiled: true };
  return { start: start.t, times: times.filter((t) => t <= Math.min(...spoils)), spoiled: false };
}

/** Earliest time of each step over all ways to give each step an event, at or after the step before. */
function timesInOrder(
  start: ReferenceEvent,
  events: readonly ReferenceEvent[],
  funnel: CompiledFunnel,
): number[] {
  const best: number[] = [start.t];
  const used = new Set<ReferenceEvent>([start]);
  const between = (a: number, b: number): boolean => events.some(({ t }) => t > a && t < b);
  const fill = (step: number, last: number): void => {
    if (step === funnel.steps.length) return;
    for (const event of events) {
      const early = funnel.increasing ? event.t <= last : event.t < last;
      if (!event.steps[step] || early || event.t > start.t + funnel.window_ms) continue;
      if (!funnel.shared_events && used.has(event)) continue;
      if (funnel.order === 'strict' && between(last, event.t)) continue;
      best[step] = Math.min(best[step] ?? Number.POSITIVE_INFINITY, event.t);
      const added = !used.has(event);
      used.add(event);
      fill(step + 1, event.t);
      if (added) used.delete(event);
    }
  };
  fill(1, start.t);
  return best;
}

/** Steps in order, until a step that was reached comes again. Only for steps of which an event matches at most one. */
function timesUntilRepeat(
  start: ReferenceEvent,
  events: readonly ReferenceEvent[],
  funnel: CompiledFunnel,
): number[] {
  const times = [start.t];
  const rows = events
    .map((event) => ({ t: event.t, step: event.steps.indexOf(true) }))
    .filter(({ t, step }) => step > 0 && t >= start.t && t <= start.t + funnel.window_ms)
    .sort((a, b) => a.t - b.t || (funnel.increasing ? b.step - a.step : a.step - b.step));
  for (const { t, step } of rows) {
    if (step < times.length) break;
    if (step === times.length && (!funnel.increasing || t > times.at(-1)!)) times.push(t);
  }
  return times;
}

/** The k-th time is the first at which k different steps can be given to different events since the start. */
function timesInAnyOrder(
  start: ReferenceEvent,
  events: readonly ReferenceEvent[],
  funnel: CompiledFunnel,
): number[] {
  const window = events.filter(({ t }) => t >= start.t && t <= start.t + funnel.window_ms);
  const times: number[] = [];
  for (const until of [...new Set(window.map(({ t }) => t))].sort((a, b) => a - b)) {
    const done = window.filter(({ t }) => t <= until);
    const filled = funnel.shared_events
      ? funnel.steps.filter((_, k) => done.some(({ steps }) => steps[k])).length
      : mostFilled(done, funnel.steps.length, 0);
    while (times.length < filled) times.push(until);
  }
  return times;
}

/** How many of the steps from `step` on can be given to different events. */
function mostFilled(events: readonly ReferenceEvent[], steps: number, step: number): number {
  if (step === steps) return 0;
  const without = mostFilled(events, steps, step + 1);
  const tried = new Set<string>();
  const filled = events.map((event, i) => {
    const kind = event.steps.join();
    if (!event.steps[step] || tried.has(kind)) return 0;
    tried.add(kind);
    return 1 + mostFilled(events.toSpliced(i, 1), steps, step + 1);
  });
  return Math.max(without, ...filled);
}

/** ClickHouse's windowFunnel over one user's rows, as its documentation tells it: the level alone. */
export function windowFunnelLevel(rows: readonly ReferenceEvent[], funnel: CompiledFunnel): number {
  const pairs = rows
    .flatMap(({ t, steps }) => {
      const matched = steps.flatMap((match, i) => (match ? [{ t, step: i + 1 }] : []));
      const nothing = funnel.order === 'strict' && matched.length === 0;
      return nothing ? [{ t, step: 0 }] : matched;
    })
    .sort((a, b) => a.t - b.t || a.step - b.step);
  const starts: (number | undefined)[] = [];
  let level = 0;
  for (const { t, step } of pairs) {
    if (step === 0) {
      if (level > 0) break;
      continue;
    }
    if (step === 1) starts[1] = t;
    else {
      if (funnel.repeats === 'stop' && starts[step] !== undefined) break;
      const start = starts[step - 1];
      if (start === undefined) {
        if (funnel.order === 'strict' && level > 0 && !funnel.allow_reentry) break;
        continue;
      }
      if (t > start + funnel.window_ms) continue;
      starts[step] = start;
    }
    level = Math.max(level, step);
  }
  return level;
}
