import type { JsonObject } from '../../envelope.ts';
import { isJsonObject, scalarText } from '../../json.ts';
import { RefusedError, shown } from '../../refusal.ts';
import { jsonOf, membersOf, schemaNameOf, selfDescribing } from './self-describing.ts';

const VENDOR = 'com.snowplowanalytics.snowplow';
const SESSION = 'client_session';
const SYSTEMS: ReadonlyMap<string, string> = new Map([
  ['ios', 'iOS'],
  ['android', 'Android'],
]);

/** The entities of an event: what Snowplow calls its contexts. */
export class Entities {
  /** As they came: some may be no self-describing data. */
  readonly all: readonly unknown[];

  constructor(all: readonly unknown[]) {
    this.all = all;
  }

  /** Data of the entities with this name, of Snowplow or another vendor. */
  named(name: string, vendor = VENDOR): readonly JsonObject[] {
    return this.all.flatMap((entity) => (isEntity(entity, name, vendor) ? [dataOf(entity)] : []));
  }

  /** Whether an entity names the visitor's device: the session of Snowplow's trackers. */
  hasDevice(): boolean {
    return this.named(SESSION).some(({ userId }) => userId !== undefined);
  }

  /** The entities without the device's id. */
  withoutDevice(): readonly unknown[] {
    return this.all.map((entity) => {
      const known = selfDescribing(entity);
      if (known === undefined || !isEntity(entity, SESSION, VENDOR)) return entity;
      const { userId: _, ...data } = membersOf(known);
      return { ...known, data };
    });
  }

  /** The others than those with this name. */
  without(name: string, vendor: string): readonly unknown[] {
    return this.all.filter((entity) => !isEntity(entity, name, vendor));
  }
}

/**
 * The entities of an event's parameters `co` and `cx`.
 * @throws RefusedError where they cannot be read.
 */
export function entitiesOf(event: JsonObject): Entities {
  return new Entities([...listIn(event, 'co', false), ...listIn(event, 'cx', true)]);
}

/** What entities say that has columns of its own. */
export function knownFacts(entities: Entities) {
  const [session] = entities.named(SESSION);
  const [mobile] = entities.named('mobile_context');
  const [gdpr] = entities.named('gdpr');
  const system = scalarText(mobile?.osType);
  return {
    /** Of mobile trackers: the installation. */
    deviceId: scalarText(session?.userId),
    sessionId: scalarText(session?.sessionId),
    os: system && (SYSTEMS.get(system.toLowerCase()) ?? system),
    consent: gdpr,
  };
}

function listIn(event: JsonObject, key: string, isBase64: boolean): readonly unknown[] {
  const text = scalarText(event[key]);
  if (text === undefined) return [];
  const wrapper = jsonOf(key, text, isBase64);
  const data = isJsonObject(wrapper) ? wrapper.data : undefined;
  if (Array.isArray(data)) return data;
  throw new RefusedError({
    code: 'invalid_event',
    pointer: `/${key}`,
    message: `/${key} holds ${shown(wrapper)}: an object whose data is an array of entities is needed`,
  });
}

function isEntity(entity: unknown, name: string, vendor: string): boolean {
  const known = selfDescribing(entity);
  const schema = known && schemaNameOf(known.schema);
  return schema?.name === name && schema.vendor === vendor;
}

function dataOf(entity: unknown): JsonObject {
  const known = selfDescribing(entity);
  return known === undefined ? {} : membersOf(known);
}
