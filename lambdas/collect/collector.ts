import { randomUUID } from 'node:crypto';
import { envelopes, events } from '#validators';
import type { Config } from '../../core/config.ts';
import { WriteKeys } from './authenticate.ts';
import type { Collector } from './collect.ts';
import { newMessageId } from './message-id.ts';
import { Redactors } from './privacy/redactors.ts';
import { Routes } from './routes.ts';
import { SchemaRegistry } from './schema.ts';

/**
 * What collect works with: the apps' keys, and the schemas that were compiled at build time.
 * @param admit Limits the requests of a key. Default: no limit.
 * @param hashKey Secret that personal data is hashed with, where an app hashes.
 */
export function createCollector(
  { apps, collection }: Config,
  admit: Collector['admit'] = () => undefined,
  hashKey?: string,
): Collector {
  return {
    routes: new Routes(collection),
    keys: new WriteKeys(apps),
    envelopes,
    schemas: new SchemaRegistry(events),
    redactors: new Redactors(apps, hashKey),
    newId: newMessageId,
    newVisitorId: randomUUID,
    admit,
  };
}
