import type { Catalog } from '../glue/catalog.ts';
import type { GlueTable } from '../glue/types.ts';
import type { ObjectStore } from '../service.ts';
import { QueryError, refused } from './errors.ts';
import {
  type DataFile,
  folderOf,
  type Location,
  listFiles,
  parseLocation,
  readFolder,
} from './files.ts';
import { fixesKey, type KeyValues, mayMatch, nullRejecting } from './pruning.ts';
import type { TableReference } from './tree.ts';

/** A partition that a query reads, or a whole table without partitions. */
export interface ReadPartition {
  readonly keys: KeyValues;
  readonly location: Location;
  readonly files: readonly DataFile[];
}

/** Whether partition projection rules: then registered partitions are not looked at. */
export function isProjected(table: GlueTable): boolean {
  return String(table.Parameters?.['projection.enabled'] ?? '').toLowerCase() === 'true';
}

/** Finds the partitions that a reference may need, and their files. */
export async function partitionsToRead(
  catalog: Catalog,
  store: ObjectStore,
  table: GlueTable,
  reference: TableReference,
): Promise<ReadPartition[]> {
  const keys = (table.PartitionKeys ?? []).map((key) => key.Name);
  if (keys.length === 0) {
    const location = parseLocation(table.StorageDescriptor?.Location ?? '');
    return [{ keys: {}, location, files: listFiles(store, location) }];
  }
  const names = [reference.alias.toLowerCase() || table.Name];
  const conditions = reference.outerJoined
    ? nullRejecting(reference.conditions, names, keys)
    : reference.conditions;
  if (isProjected(table)) return projected(store, table, conditions, names);
  const chosen = catalog
    .partitions(table.DatabaseName, table.Name)
    .map((partition) => ({ partition, keys: keyValues(keys, partition.Values) }))
    .filter((candidate) => mayMatch(conditions, names, candidate.keys));
  return inTurns(chosen, (candidate) => {
    const location = parseLocation(candidate.partition.StorageDescriptor?.Location ?? '');
    return { keys: candidate.keys, location, files: listFiles(store, location) };
  });
}

/** Folders that are read in one go: about 2 ms, then others get their turn. */
const IN_ONE_GO = 100;

/** Maps with pauses in which this process does its other work. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => R): Promise<R[]> {
  const results: R[] = [];
  for (const [i, item] of items.entries()) {
    if (i > 0 && i % IN_ONE_GO === 0) await new Promise((resolve) => setImmediate(resolve));
    results.push(work(item));
  }
  return results;
}

function keyValues(keys: readonly string[], values: readonly string[]): KeyValues {
  return Object.fromEntries(
    keys.map((key, i) => [key, values[i] === '__HIVE_DEFAULT_PARTITION__' ? null : values[i]!]),
  );
}

/**
 * Partitions of a projected table: the objects that lie under its template are listed, and their keys' values read from the
 * path. Values outside of the projection are not there, as on AWS.
 */
async function projected(
  store: ObjectStore,
  table: GlueTable,
  conditions: TableReference['conditions'],
  names: readonly string[],
): Promise<ReadPartition[]> {
  const keys = (table.PartitionKeys ?? []).map((key) => key.Name);
  const parameters = table.Parameters ?? {};
  const tests = keys.map((key) => projection(key, parameters));
  for (const [i, key] of keys.entries()) {
    if (tests[i]!.injected && !fixesKey(conditions, names, key)) {
      throw new QueryError(
        'CONSTRAINT_VIOLATION',
        `For the injected projected partition column ${key}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.`,
      );
    }
  }
  const template =
    parameters['storage.location.template'] ??
    `${(table.StorageDescriptor?.Location ?? '').replace(/\/+$/, '')}/${keys.map((key) => `${key}=\${${key}}`).join('/')}/`;
  const { bucket, prefix } = parseLocation(template);
  let folders: Folder[] = [{ prefix: '', keys: {} }];
  for (const segment of prefix.split('/')) {
    const pattern = segmentPattern(segment, keys);
    const next = await inTurns(folders, (folder) =>
      matchingFolders(store, bucket, folder, segment, pattern),
    );
    folders = next.flat().filter((folder) => {
      const inside = keys.every(
        (key, i) => !(key in folder.keys) || tests[i]!.accepts(folder.keys[key]!),
      );
      // Keys that are not known yet leave a condition open, so whole days can go before their hours are listed.
      return inside && mayMatch(conditions, names, folder.keys);
    });
  }
  return inTurns(folders, (folder) => {
    const location = { bucket, prefix: folder.prefix };
    return { keys: folder.keys, location, files: listFiles(store, location) };
  });
}

/** A folder on the way down a projection's template, with the keys' values so far. */
interface Folder {
  readonly prefix: string;
  readonly keys: Readonly<Record<string, string>>;
}

function matchingFolders(
  store: ObjectStore,
  bucket: string,
  { prefix, keys }: Folder,
  segment: string,
  pattern: RegExp | null,
): Folder[] {
  const below = (name: string): string => (prefix === '' ? name : `${prefix}/${name}`);
  if (pattern === null) return [{ prefix: below(segment), keys }];
  const entries = readFolder(folderOf(store, { bucket, prefix }));
  return entries.flatMap((entry) => {
    const groups = entry.isDirectory() ? pattern.exec(entry.name)?.groups : undefined;
    return groups === undefined
      ? []
      : [{ prefix: below(entry.name), keys: { ...keys, ...groups } }];
  });
}

/** What a folder of the template may be called; null where the template says it outright. */
function segmentPattern(segment: string, keys: readonly string[]): RegExp | null {
  if (!segment.includes('${')) return null;
  const source = segment
    .split(/(\$\{[^}]+\})/)
    .map((part) => {
      const key = /^\$\{(.+)\}$/.exec(part)?.[1];
      if (key === undefined) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
      if (!keys.includes(key)) {
        throw new QueryError(
          'INVALID_TABLE_PROPERTY',
          `storage.location.template names ${key}, which is no partition key`,
        );
      }
      return `(?<${key}>.*)`;
    })
    .join('');
  return new RegExp(`^${source}$`);
}

interface Projection {
  readonly injected: boolean;
  accepts(value: string): boolean;
}

function projection(key: string, parameters: Readonly<Record<string, string>>): Projection {
  const property = (name: string): string => {
    const value = parameters[`projection.${key}.${name}`];
    if (value === undefined)
      throw new QueryError(
        'INVALID_TABLE_PROPERTY',
        `Table has partition projection enabled, but projection.${key}.${name} is missing`,
      );
    return String(value);
  };
  const type = property('type').toLowerCase();
  switch (type) {
    case 'injected':
      return { injected: true, accepts: () => true };
    case 'enum': {
      const values = property('values')
        .split(',')
        .map((value) => value.trim());
      return { injected: false, accepts: (value) => values.includes(value) };
    }
    case 'integer': {
      const [low, high] = property('range').split(',').map(Number);
      const digits = Number(parameters[`projection.${key}.digits`] ?? 0);
      return {
        injected: false,
        accepts: (value) =>
          /^-?\d+$/.test(value) &&
          Number(value) >= low! &&
          Number(value) <= high! &&
          (digits === 0 || value.length === digits),
      };
    }
    case 'date': {
      const format = property('format');
      const [low, high] = property('range')
        .split(',')
        .map((bound) => dateBound(bound.trim(), format));
      return {
        injected: false,
        accepts: (value) => value.length === low!.length && value >= low! && value <= high!,
      };
    }
    default:
      throw refused(`projection.${key}.type ${type}`);
  }
}

const UNITS: Readonly<Record<string, number>> = {
  SECOND: 1_000,
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
  WEEK: 7 * 86_400_000,
  MONTH: 31 * 86_400_000,
  YEAR: 366 * 86_400_000,
};

/** A bound of a date's range in the projection's format: a date as it stands, NOW, NOW-3YEARS, NOW+1DAY. */
function dateBound(bound: string, format: string): string {
  const match = /^NOW\s*(?:([+-])\s*(\d+)\s*(SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|YEAR)S?)?$/i.exec(
    bound,
  );
  if (match === null) return bound;
  const [, sign, count, unit] = match;
  const shift = unit === undefined ? 0 : Number(count) * UNITS[unit.toUpperCase()]!;
  const iso = new Date(Date.now() + (sign === '-' ? -shift : shift)).toISOString();
  const parts: Readonly<Record<string, string>> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
    mm: iso.slice(14, 16),
    ss: iso.slice(17, 19),
  };
  return format.replaceAll(/yyyy|MM|dd|HH|mm|ss/g, (part) => parts[part]!).replaceAll("'", '');
}
