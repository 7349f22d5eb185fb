import { MAX_BREAKDOWN_DIMENSIONS, type Range } from '../../core/api.ts';
import type { App } from '../../core/config.ts';
import type { Filter } from '../../core/funnel.ts';
import { PERIODS } from '../../core/funnel-answer.ts';
import { shownValue } from '../../core/shown-value.ts';
import { dimensionNames } from '../../core/sql/funnel-context.ts';
import { InvalidRangeError, isoInZone, parseRange, timeZone } from '../../core/time-range.ts';
import { InvalidParameterError, type Parameters } from './parameters.ts';

/** Parameters that every question takes. */
export const SCOPE_PARAMETERS = [
  'from',
  'to',
  'tz',
  'filter',
  'breakdown',
  'include_bots',
  'format',
] as const;

/** Which events every question looks at, and how it splits them: defaults filled in, order normalised. */
export interface QuestionScope {
  readonly app: App;
  readonly range: Range;
  readonly tz: string;
  readonly filters: readonly Filter[];
  readonly breakdown: readonly string[];
  readonly includeBots: boolean;
}

/** @throws InvalidParameterError */
export function readScope(parameters: Parameters, app: App, now: number): QuestionScope {
  const { range, tz } = readRange(parameters, app, now);
  return {
    app,
    range,
    tz,
    filters: readFilters(parameters.repeated('filter'), app),
    breakdown: readBreakdown(parameters.list('breakdown'), app),
    includeBots: parameters.oneOf('include_bots', ['false', 'true']) === 'true',
  };
}

/** A range as answers write it. */
export function describeRange({ range, tz }: Pick<QuestionScope, 'range' | 'tz'>) {
  return { from: isoInZone(tz, range.from), to: isoInZone(tz, range.to), tz };
}

/** The range and its time zone, from `from`, `to` and `tz`. @throws InvalidParameterError */
export function readRange(
  parameters: Parameters,
  app: App,
  now: number,
): { range: Range; tz: string } {
  try {
    const tz = timeZone(parameters.text('tz') ?? app.timeZone);
    return { tz, range: parseRange(parameters.text('from'), parameters.text('to'), tz, now) };
  } catch (error) {
    if (error instanceof InvalidRangeError) {
      throw new InvalidParameterError(error.parameter, error.message);
    }
    throw error;
  }
}

function readBreakdown(names: readonly string[], app: App): readonly string[] {
  if (names.length > MAX_BREAKDOWN_DIMENSIONS) {
    throw new InvalidParameterError(
      'breakdown',
      `breakdown names ${names.length} dimensions, at most ${MAX_BREAKDOWN_DIMENSIONS} are allowed`,
    );
  }
  const allowed = [...dimensionNames(app.dimensions), ...PERIODS];
  for (const name of names) checkDimension('breakdown', name, allowed);
  return names;
}

/** `channel:search`, `channel:!search`; several values of one dimension are alternatives. */
function readFilters(texts: readonly string[], app: App): readonly Filter[] {
  const allowed = dimensionNames(app.dimensions);
  const wanted = new Map<
    string,
    { readonly property: string; readonly negated: boolean; readonly values: Set<string> }
  >();
  for (const text of texts) {
    const colon = text.indexOf(':');
    if (colon < 1) {
      throw new InvalidParameterError(
        'filter',
        `filter must be dimension:value or dimension:!value, got ${shownValue(text)}`,
      );
    }
    const property = text.slice(0, colon);
    checkDimension('filter', property, allowed);
    const negated = text[colon + 1] === '!';
    const value = text.slice(colon + (negated ? 2 : 1));
    const key = `${property} ${negated}`;
    const group = wanted.get(key) ?? { property, negated, values: new Set() };
    group.values.add(value);
    wanted.set(key, group);
  }
  return [...wanted.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { property, negated, values }]) => condition(property, negated, [...values].sort()));
}

/** The empty value stands for a missing one. */
function condition(property: string, negated: boolean, values: readonly string[]): Filter {
  const among: Filter = { property, op: negated ? 'not_in' : 'in', value: values };
  if (!values.includes('')) return among;
  return negated
    ? { all: [{ property, op: 'is_set' }, among] }
    : { any: [{ property, op: 'is_not_set' }, among] };
}

function checkDimension(parameter: string, name: string, allowed: readonly string[]): void {
  if (!allowed.includes(name)) {
    throw new InvalidParameterError(
      parameter,
      `unknown dimension ${shownValue(name)}, allowed are ${allowed.join(', ')}`,
    );
  }
}
