import {
  type CountingUnit,
  FILTER_OPERATORS,
  type Filter,
  type FilterScope,
  type FunnelDefinition,
} from './funnel.ts';
import { provablyDisjoint } from './funnel-overlap.ts';
import { parseWindow } from './funnel-window.ts';
import { shownValue } from './shown-value.ts';

/** A definition that is not allowed. The message names the path, the value got and what is allowed. */
export class InvalidFunnelError extends Error {
  override readonly name = 'InvalidFunnelError';
}

/** What an event must be: one of these names (null: any event), and all of the filters. */
export interface EventMatch {
  readonly events: readonly (string | null)[];
  readonly where: readonly Filter[];
  readonly first_time: 'event' | 'matching' | null;
}

/** One step with every default filled in. */
export interface CompiledStep extends EventMatch {
  readonly label: string;
  /** Index into CompiledFunnel.matches: equal steps share one. */
  readonly match: number;
}

/** One exclusion. Steps are counted from 1. */
export interface CompiledExclusion extends EventMatch {
  readonly from_step: number;
  readonly to_step: number;
}

/** A definition checked and with every default filled in. */
export interface CompiledFunnel {
  readonly name: string;
  readonly steps: readonly CompiledStep[];
  /** The different matches among the steps. */
  readonly matches: readonly EventMatch[];
  /** Groups of indexes into `matches` of which one event may meet several: connected by possible overlap. */
  readonly components: readonly (readonly number[])[];
  readonly window_ms: number;
  readonly order: 'ordered' | 'strict' | 'any';
  readonly where: readonly Filter[];
  readonly exclusions: readonly CompiledExclusion[];
  readonly exclusion: 'person' | 'ends';
  readonly shared_events: boolean;
  readonly increasing: boolean;
  readonly repeats: 'ignore' | 'stop';
  readonly allow_reentry: boolean;
  readonly hold_constant: readonly string[];
  readonly count_by: CountingUnit;
  readonly events_until: 'window' | 'range';
  /** One event can match several steps. */
  readonly overlapping: boolean;
}

/** Most steps of a funnel, most exclusions, most properties held constant. */
export const FUNNEL_LIMITS = { steps: 20, exclusions: 10, hold_constant: 5, filters: 50 } as const;

/** Most different matches that may overlap each other: the conditions grow with its power of two. */
export const MAX_OVERLAPPING = 6;

const KEYS = [
  'name',
  'steps',
  'window',
  'order',
  'where',
  'exclusions',
  'exclusion',
  'shared_events',
  'increasing',
  'repeats',
  'allow_reentry',
  'hold_constant',
  'count_by',
  'events_until',
] as const;
const MATCH_KEYS = ['event', 'any_of', 'where'] as const;

/**
 * Checks a definition and fills in every default.
 * @param where Path of the definition in what the user wrote, as apps[0].funnels[1]; it starts every message.
 * @throws InvalidFunnelError
 */
export function compileFunnel(definition: FunnelDefinition, where: string): CompiledFunnel {
  const source = object(definition, where, KEYS);
  const steps = list(source.steps, `${where}.steps`, 1, FUNNEL_LIMITS.steps).map((step, i) =>
    compileStep(step, `${where}.steps[${i}]`),
  );
  const matches: EventMatch[] = [];
  const numbered = steps.map((step): CompiledStep => ({ ...step, match: indexOf(matches, step) }));
  const components = overlappingGroups(matches);
  const exclusions = list(
    source.exclusions ?? [],
    `${where}.exclusions`,
    0,
    FUNNEL_LIMITS.exclusions,
  );
  const funnel: CompiledFunnel = {
    name: name(source.name, `${where}.name`),
    steps: numbered,
    matches,
    components,
    window_ms: invalidAs(() => parseWindow(source.window), `${where}.window`),
    order: oneOf(source.order ?? 'ordered', `${where}.order`, ['ordered', 'strict', 'any']),
    where: filters(source.where, `${where}.where`),
    exclusions: exclusions.map((exclusion, i) =>
      compileExclusion(exclusion, `${where}.exclusions[${i}]`, steps.length),
    ),
    exclusion: oneOf(source.exclusion ?? 'person', `${where}.exclusion`, ['person', 'ends']),
    shared_events: flag(source.shared_events, `${where}.shared_events`),
    increasing: flag(source.increasing, `${where}.increasing`),
    repeats: oneOf(source.repeats ?? 'ignore', `${where}.repeats`, ['ignore', 'stop']),
    allow_reentry: flag(source.allow_reentry, `${where}.allow_reentry`),
    hold_constant: list(
      source.hold_constant ?? [],
      `${where}.hold_constant`,
      0,
      FUNNEL_LIMITS.hold_constant,
    ).map((key, i) => text(key, `${where}.hold_constant[${i}]`)),
    count_by: countBy(source.count_by ?? 'person', `${where}.count_by`),
    events_until: oneOf(source.events_until ?? 'window', `${where}.events_until`, [
      'window',
      'range',
    ]),
    overlapping: components.length < steps.length,
  };
  checkCombinations(funnel, where);
  return funnel;
}

/** Combinations that have no meaning, or none that the batch could compute. */
function checkCombinations(funnel: CompiledFunnel, where: string): void {
  const n = funnel.steps.length;
  if (funnel.order === 'any') {
    funnel.exclusions.forEach((exclusion, i) => {
      if (exclusion.from_step !== 1 || exclusion.to_step !== n) {
        const got = `${exclusion.from_step} to ${exclusion.to_step}`;
        const path = `${where}.exclusions[${i}]`;
        refuse(path, got, `1 to ${n}, the whole funnel, because its order is any`);
      }
    });
    if (funnel.increasing) fail(`${where}.increasing`, true, 'false where order is any');
    if (funnel.repeats === 'stop') fail(`${where}.repeats`, 'stop', 'ignore where order is any');
  }
  if (funnel.allow_reentry && !(funnel.order === 'strict' && funnel.shared_events)) {
    fail(`${where}.allow_reentry`, true, 'true only with order strict and shared_events true');
  }
  if (funnel.shared_events) return;
  if (funnel.repeats === 'stop' && funnel.overlapping) {
    fail(
      `${where}.repeats`,
      'stop',
      'ignore where one event can match several steps (or shared_events true)',
    );
  }
  const largest = Math.max(...funnel.components.map((component) => component.length));
  if (largest > MAX_OVERLAPPING) {
    refuse(
      `${where}.steps`,
      `${largest} different steps that one event could match`,
      `at most ${MAX_OVERLAPPING}; make them disjoint by event or filter, or set shared_events`,
    );
  }
}

function compileStep(value: unknown, path: string): EventMatch & { label: string } {
  const step = object(value, path, [...MATCH_KEYS, 'label', 'first_time']);
  const match = eventMatch(step, path);
  const label =
    step.label === undefined
      ? match.events.map((event) => event ?? 'any event').join(' or ')
      : text(step.label, `${path}.label`);
  const first_time =
    step.first_time === undefined
      ? null
      : oneOf(step.first_time, `${path}.first_time`, ['event', 'matching']);
  return { ...match, first_time, label };
}

function compileExclusion(value: unknown, path: string, steps: number): CompiledExclusion {
  const exclusion = object(value, path, [...MATCH_KEYS, 'from_step', 'to_step']);
  const match = eventMatch(exclusion, path);
  const from_step = integer(exclusion.from_step, `${path}.from_step`, 1, steps - 1);
  const to_step = integer(exclusion.to_step, `${path}.to_step`, from_step + 1, steps);
  return { ...match, first_time: null, from_step, to_step };
}

function eventMatch(source: Record<string, unknown>, path: string): EventMatch {
  const { event, any_of } = source;
  if ((event === undefined) === (any_of === undefined)) {
    fail(path, { event, any_of }, 'either event (a name, or null for any event) or any_of');
  }
  const events =
    any_of === undefined
      ? [eventName(event, `${path}.event`)]
      : list(any_of, `${path}.any_of`, 1, 50).map((e, i) => eventName(e, `${path}.any_of[${i}]`));
  return {
    events: events.includes(null) ? [null] : [...new Set(events)].sort(),
    where: filters(source.where, `${path}.where`),
    first_time: null,
  };
}

/** Checks a list of filters, as `where` of a definition or `filter` of a question has it. @throws InvalidFunnelError */
export function filters(value: unknown, path: string): Filter[] {
  return list(value ?? [], path, 0, FUNNEL_LIMITS.filters).map((f, i) =>
    filter(f, `${path}[${i}]`),
  );
}

function filter(value: unknown, path: string): Filter {
  const source = object(value, path, ['property', 'op', 'value', 'scope', 'any', 'all']);
  const keys = Object.keys(source);
  for (const junction of ['any', 'all'] as const) {
    if (source[junction] === undefined) continue;
    if (keys.length > 1) fail(path, keys, `${junction} alone`);
    const parts = filters(source[junction], `${path}.${junction}`);
    return junction === 'any' ? { any: parts } : { all: parts };
  }
  const op = oneOf(source.op, `${path}.op`, FILTER_OPERATORS);
  const property = text(source.property, `${path}.property`);
  const scope =
    source.scope === undefined ? {} : { scope: filterScope(source.scope, `${path}.scope`) };
  if (op === 'is_set' || op === 'is_not_set') {
    if (source.value !== undefined) fail(`${path}.value`, source.value, `no value with ${op}`);
    return { property, op, ...scope };
  }
  if (op === 'in' || op === 'not_in') {
    const values = list(source.value, `${path}.value`, 1, 1000);
    return {
      property,
      op,
      value: values.map((v, i) => scalar(v, `${path}.value[${i}]`)),
      ...scope,
    };
  }
  const single = scalar(source.value, `${path}.value`);
  if (['gt', 'gte', 'lt', 'lte'].includes(op) && !isNumeric(single)) {
    fail(`${path}.value`, single, `a number with ${op}`);
  }
  return { property, op, value: single, ...scope };
}

function isNumeric(value: string | number | boolean): boolean {
  if (typeof value === 'boolean') return false;
  return String(value).trim() !== '' && Number.isFinite(Number(value));
}

function countBy(value: unknown, path: string): CountingUnit {
  if (value === 'person' || value === 'attempt') return value;
  if (typeof value !== 'object') fail(path, value, 'person, attempt or {"property": …}');
  const source = object(value, path, ['property', 'scope']);
  const property = text(source.property, `${path}.property`);
  return { property, scope: filterScope(source.scope ?? 'event', `${path}.scope`) };
}

function filterScope(value: unknown, path: string): FilterScope {
  return oneOf(value, path, ['event', 'person']);
}

function indexOf(matches: EventMatch[], { events, where, first_time }: EventMatch): number {
  const match: EventMatch = { events, where, first_time };
  const key = JSON.stringify(match);
  const found = matches.findIndex((other) => JSON.stringify(other) === key);
  return found < 0 ? matches.push(match) - 1 : found;
}

/** Connected components of "one event could meet both". */
function overlappingGroups(matches: readonly EventMatch[]): number[][] {
  const groups: number[][] = [];
  matches.forEach((match, i) => {
    const touching = groups.filter((group) =>
      group.some((j) => !provablyDisjoint(match, matches[j]!)),
    );
    for (const group of touching) groups.splice(groups.indexOf(group), 1);
    groups.push([...touching.flat(), i]);
  });
  return groups;
}

function object(value: unknown, path: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail(path, value, 'an object');
  }
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) refuse(`${path}.${unknown}`, 'an unknown key', keys.join(', '));
  return value as Record<string, unknown>;
}

function list(value: unknown, path: string, least: number, most: number): unknown[] {
  if (!Array.isArray(value)) fail(path, value, `a list of ${least} to ${most}`);
  if (value.length < least || value.length > most) {
    refuse(path, `${value.length} entries`, `${least} to ${most}`);
  }
  return value;
}

/** What no statement can hold is refused where it is written, not when it is built. */
function sendable(value: string, path: string): string {
  if (value.includes('\0') || !value.isWellFormed()) {
    fail(path, value, 'text without the NUL character and half surrogate pairs');
  }
  return value;
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 200) {
    fail(path, value, 'a string of 1 to 200 characters');
  }
  return sendable(value, path);
}

function eventName(value: unknown, path: string): string | null {
  return value === null ? null : text(value, path);
}

function name(value: unknown, path: string): string {
  const allowed = '[a-z][a-z0-9_]*, at most 60 characters';
  if (typeof value !== 'string' || !/^[a-z][a-z0-9_]{0,59}$/.test(value))
    fail(path, value, allowed);
  return value;
}

function scalar(value: unknown, path: string): string | number | boolean {
  if (typeof value === 'string') {
    if (value.length > 1024) fail(path, value.slice(0, 40), 'at most 1024 characters');
    return sendable(value, path);
  }
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return fail(path, value, 'a string, a number or a boolean');
}

function flag(value: unknown, path: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  return fail(path, value, 'true or false');
}

function integer(value: unknown, path: string, least: number, most: number): number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    fail(
      path,
      value,
      least > most ? 'nothing: the funnel has too few steps' : `${least} to ${most}`,
    );
  }
  return value as number;
}

function oneOf<T extends string>(value: unknown, path: string, allowed: readonly T[]): T {
  const found = allowed.find((option) => option === value);
  return found ?? fail(path, value, allowed.join(', '));
}

function invalidAs<T>(parse: () => T, path: string): T {
  try {
    return parse();
  } catch (error) {
    throw new InvalidFunnelError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

function fail(path: string, got: unknown, allowed: string): never {
  refuse(path, shownValue(got, 200), allowed);
}

/** @param got in words, where the value itself is too much to show. */
function refuse(path: string, got: string, allowed: string): never {
  throw new InvalidFunnelError(`${path}: got ${got}, allowed: ${allowed}`);
}
