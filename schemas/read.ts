import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SchemaObject } from './schema-node.ts';

/** A folder or file of schemas that cannot be used. The message names it and says why. */
export class InvalidSchemaError extends Error {
  override readonly name = 'InvalidSchemaError';
}

/** Folder of the calls' own schemas; no event may have its name. */
export const ENVELOPE = 'envelope';

/** Folders of the interaction calls' schemas: with an underscore before the call's type, as no event's folder has it. */
export const CALL_FOLDERS: readonly string[] = [
  '_click',
  '_url_change',
  '_element_time',
  '_stage_change',
];

/** An event's folder: its name in lower case, all but letters and digits as one underscore. */
const EVENT_FOLDER = /^[a-z0-9]+(_[a-z0-9]+)*$/;
const VERSION_FILE = /^(0|[1-9]\d*)-(0|[1-9]\d*)-(0|[1-9]\d*)\.json$/;

/** One version of an event's schema, as its file has it. */
export interface EventSchema {
  /** Name of the folder. */
  readonly event: string;
  /** <major>-<minor>-<patch> */
  readonly version: string;
  readonly schema: SchemaObject;
}

/**
 * All schemas of events of a folder, by event, the oldest version first.
 * @throws InvalidSchemaError that names the folder or file whose name is wrong, or the file that is no JSON object.
 */
export function readEventSchemas(folder: string): EventSchema[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== ENVELOPE)
    .map((entry) => entry.name)
    .sort()
    .flatMap((event) => {
      if (!EVENT_FOLDER.test(event) && !CALL_FOLDERS.includes(event)) {
        throw new InvalidSchemaError(
          `schema folder ${JSON.stringify(event)}: a name in lower case is needed, as order_completed for "Order Completed"`,
        );
      }
      return readdirSync(join(folder, event))
        .map((file) => readVersion(folder, event, file))
        .sort((a, b) => compareVersions(a.version, b.version));
    });
}

/** A file of JSON that holds an object. */
export function readSchema(file: string): SchemaObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new InvalidSchemaError(`schema ${file} is no JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new InvalidSchemaError(`schema ${file} is no object: an event's schema is one`);
  }
  return parsed as SchemaObject;
}

/** Below 0 where `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('-').map(Number));
  const at = [0, 1, 2].find((i) => left?.[i] !== right?.[i]);
  return at === undefined ? 0 : (left?.[at] ?? 0) - (right?.[at] ?? 0);
}

function readVersion(folder: string, event: string, file: string): EventSchema {
  if (!VERSION_FILE.test(file)) {
    throw new InvalidSchemaError(
      `schema file ${event}/${file}: a name of the form <major>-<minor>-<patch>.json is needed`,
    );
  }
  const schema = readSchema(join(folder, event, file));
  return { event, version: file.slice(0, -'.json'.length), schema };
}
