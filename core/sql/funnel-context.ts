import { STANDARD_DIMENSIONS } from '../columns.ts';
import type { PropertyDimension } from '../config.ts';
import type { CompiledFunnel } from '../funnel-definition.ts';
import { eventProperty } from './filters.ts';
import {
  type Sql,
  sql,
  sqlIdentifier,
  sqlInteger,
  sqlJoin,
  sqlString,
  UnquotableValueError,
} from './quote.ts';

/** Reads the text of a statement's template by its path under sql/, without the suffix. */
export type StatementText = (name: string) => string;

/** What every statement of one funnel of one app needs. */
export interface FunnelContext {
  readonly text: StatementText;
  readonly appId: string;
  readonly dimensions: readonly PropertyDimension[];
  readonly funnel: CompiledFunnel;
}

/** A column that a statement makes. */
export interface NamedSql {
  readonly [key: string]: Sql;
  readonly name: Sql;
  readonly value: Sql;
}

/** A UTC day. */
export const DAY_MS = 86_400_000;

/** Names of the dimensions: the standard ones, then the app's own. */
export function dimensionNames(dimensions: readonly PropertyDimension[]): string[] {
  return [...STANDARD_DIMENSIONS, ...dimensions.map((dimension) => dimension.name)];
}

/** Columns of the facts and of the statements between: no dimension may have such a name. */
const RESERVED =
  /^(t|k|g|s|step|matches|exclusions|unit|held|is_bot|person_key|counted|again|again_at|depth|spoiled|place|\w+_at|\w+_\d+)$/;

/** How a dimension is read from a row of `events`. @throws UnquotableValueError for an unknown name. */
export function dimensionSql(context: Pick<FunnelContext, 'dimensions'>, name: string): NamedSql {
  const property = context.dimensions.find((dimension) => dimension.name === name)?.property;
  const identifier = sqlIdentifier(name, dimensionNames(context.dimensions));
  if (RESERVED.test(name)) {
    throw new UnquotableValueError(`a dimension may not be called ${name}: facts use that name`);
  }
  return {
    name: identifier,
    value: property === undefined ? identifier : dimensionProperty(property),
  };
}

/** An app's own dimension: the event's property, else the trait. */
function dimensionProperty(property: string): Sql {
  const trait = eventProperty(property, 'person').text;
  return sql`coalesce(${eventProperty(property, 'event').text}, ${trait})`;
}

/** Key columns beside person_key and is_bot: what is counted where it is no person, and what is held constant. */
export function keySql(funnel: CompiledFunnel): NamedSql[] {
  const keys: NamedSql[] = [];
  if (typeof funnel.count_by === 'object') {
    const { property, scope } = funnel.count_by;
    keys.push({ name: 'unit' as Sql, value: eventProperty(property, scope).text });
  }
  if (funnel.hold_constant.length > 0) {
    // Lengths before the values: different lists of values never give the same text.
    const parts = funnel.hold_constant.map((property) => {
      const { text } = eventProperty(property);
      return sql`CAST(length(${text}) AS varchar) || ':' || ${text}`;
    });
    const held = parts.reduce((whole, part) => sql`${whole} || ${part}`);
    keys.push({ name: 'held' as Sql, value: held });
  }
  return keys;
}

/** Columns within which one chain of steps runs. */
export function chainKeys(funnel: CompiledFunnel, includesBots: boolean): Sql {
  const bots = includesBots ? ['is_bot' as Sql] : [];
  const held = funnel.hold_constant.length > 0 ? ['held' as Sql] : [];
  return sqlJoin([countedKey(funnel), ...bots, ...held], ', ');
}

/** Column of what is counted. */
export function countedKey(funnel: CompiledFunnel): Sql {
  return (typeof funnel.count_by === 'object' ? 'unit' : 'person_key') as Sql;
}

/** Days after an attempt's day in which its steps may lie. */
export function windowDays(funnel: CompiledFunnel): number {
  return Math.ceil(funnel.window_ms / DAY_MS);
}

/** Whether the funnel's rows tell all steps that they match, not only the first. */
export function needsMatches(funnel: CompiledFunnel): boolean {
  return algorithm(funnel) !== 'chain' || funnel.overlapping;
}

/**
 * How attempts are found. `chain`: steps follow each other as rows. `ties`: events of one time are matched to steps as a whole,
 * which own events of overlapping steps and strict order need. `any`: steps in any order.
 */
export function algorithm(funnel: CompiledFunnel): 'chain' | 'ties' | 'any' {
  if (funnel.order === 'any') return 'any';
  if (funnel.shared_events) return 'chain';
  return funnel.overlapping || funnel.order === 'strict' ? 'ties' : 'chain';
}

/**
 * Whether what ends one attempt ends all of the person's later ones in the range: ClickHouse's reading of strict order and
 * of repetitions, which comes with shared events.
 */
export function stopsAll(funnel: CompiledFunnel): boolean {
  if (algorithm(funnel) !== 'chain' || !funnel.shared_events) return false;
  return funnel.order === 'strict' || funnel.repeats === 'stop';
}

/** A UTC day as a literal of a partition key. @param ms epoch ms anywhere in the day */
export function dateSql(ms: number): Sql {
  return sqlString(new Date(ms).toISOString().slice(0, 10));
}

/** 00:00 UTC of a day. @throws RangeError where it is no YYYY-MM-DD. */
export function dayStart(date: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw new RangeError(`a day is YYYY-MM-DD, got ${JSON.stringify(date)}`);
  return ms;
}

/** Whether a set of steps or exclusions, as a number, holds the k-th (from 1). */
export function inSet(column: Sql, k: number): Sql {
  return sql`mod(${column}, ${sqlInteger(2 ** k)}) >= ${sqlInteger(2 ** (k - 1))}`;
}

/** Numbers from..to, both included. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

/** A column named by a number, as reached_2_at. */
export function numbered(before: string, k: number, after = ''): Sql {
  return `${before}${sqlInteger(k)}${after}` as Sql;
}
