import type { Validator, VersionedValidator } from '#validators';
import { INTERACTION_TYPES } from '../../core/event.ts';
import { schemaFolder as folderOf, interactionFolder } from '../../core/schema-folder.ts';
import { type Refusal, RefusedError, shown, violationRefusal } from './refusal.ts';

/** A schema that an event is to pass. */
export interface ChosenSchema {
  /** As the column has it: purchase/1-0-2. */
  readonly name: string;
  readonly validate: Validator;
}

interface Version extends ChosenSchema {
  readonly version: string;
}

const CALL_FOLDERS: ReadonlySet<string> = new Set(INTERACTION_TYPES.map(interactionFolder));
const folders = new Map<string, string>();
const MOST_FOLDERS = 1_000;

/** Folder of an event's schemas, remembered. */
export function schemaFolder(event: string): string {
  let folder = folders.get(event);
  if (folder === undefined) {
    folder = folderOf(event);
    // Names come from outside: the memory of them must not grow without end.
    if (folders.size >= MOST_FOLDERS) folders.clear();
    folders.set(event, folder);
  }
  return folder;
}

/** The schemas of all events, by folder and major version. */
export class SchemaRegistry {
  readonly #events = new Map<string, readonly Version[]>();

  constructor(events: Readonly<Record<string, readonly VersionedValidator[]>>) {
    for (const [folder, versions] of Object.entries(events)) {
      this.#events.set(
        folder,
        [...versions]
          .sort((a, b) => compareVersions(b.version, a.version))
          .map(({ version, validate }) => ({ version, name: `${folder}/${version}`, validate })),
      );
    }
  }

  /**
   * The newest version of the major that the client names, or the newest of all; undefined where the event has none.
   * @param folder Of the event's schemas.
   * @param named What the client says: `purchase/1`, `purchase/1-0-2`, or nothing.
   * @throws RefusedError where the client names a schema that is not there, or another event's: naming a laxer one would go
   * round the event's own.
   */
  choose(folder: string, named: string | undefined): ChosenSchema | undefined {
    const request = named === undefined ? undefined : parseName(named);
    const versions = this.#events.get(folder);
    if (request === undefined) return versions?.[0];
    const found =
      request.folder === folder
        ? versions?.find(({ version }) => majorOf(version) === request.major)
        : undefined;
    if (found === undefined) throw new RefusedError(this.#unknown(named ?? '', folder));
    return found;
  }

  /**
   * The name of the major that a URI of Iglu names, as iglu:com.acme/checkout/jsonschema/2-0-1, where the event has it here too.
   * Others are no error: whose schemas are in Iglu need not have them here.
   */
  namedByIglu(folder: string, schema: unknown): string | undefined {
    if (typeof schema !== 'string' || !schema.startsWith('iglu:')) return undefined;
    const [, name = '', major] =
      /^iglu:[^/]{1,256}\/([^/]{1,256})\/[^/]{1,64}\/(\d{1,9})-\d{1,9}-\d{1,9}$/.exec(schema) ?? [];
    if (schemaFolder(name) !== folder) return undefined;
    const isHere = this.#events.get(folder)?.some(({ version }) => majorOf(version) === major);
    return isHere ? `${folder}/${major}` : undefined;
  }

  #unknown(named: string, folder: string): Refusal {
    const known = this.#events.get(folder)?.map(({ version }) => `${folder}/${version}`);
    return {
      code: 'unknown_event',
      pointer: '/schema',
      message: `schema ${shown(named)} is none of the event's: ${known ? `allowed are ${known.join(', ')}` : 'the event has no schema'}`,
    };
  }
}

/** @throws RefusedError where the properties do not pass. */
export function checkProperties(schema: ChosenSchema, properties: unknown): void {
  if (schema.validate(properties)) return;
  const violation = schema.validate.errors?.[0];
  if (violation === undefined) throw new Error(`schema ${schema.name} fails without an error`);
  throw new RefusedError(
    violationRefusal(violation, {
      root: properties,
      at: '/properties',
      code: 'schema_violation',
      schema: schema.name,
    }),
  );
}

/** The schema that a client names; undefined where the value is something else. */
export function schemaNamed(value: unknown): string | undefined {
  return typeof value === 'string' && parseName(value) !== undefined ? value : undefined;
}

function parseName(text: string): { folder: string; major: string } | undefined {
  const match = /^([^/]{1,256})\/(\d{1,9})(?:-\d{1,9}-\d{1,9})?$/.exec(text);
  if (match === null) return undefined;
  const [, name = '', major = ''] = match;
  return { folder: CALL_FOLDERS.has(name) ? name : schemaFolder(name), major };
}

function majorOf(version: string): string {
  return version.slice(0, version.indexOf('-'));
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('-').map(Number), b.split('-').map(Number)];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
