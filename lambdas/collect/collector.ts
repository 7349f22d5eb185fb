import { envelopes, events } from '#validators';
import type { App } from '../../core/config.ts';
import { WriteKeys } from './authenticate.ts';
import type { Collector } from './collect.ts';
import { newMessageId } from './message-id.ts';
import { SchemaRegistry } from './schema.ts';

/** What collect works with: the apps' keys, and the schemas that were compiled at build time. */
export function createCollector(apps: readonly App[]): Collector {
  return {
    keys: new WriteKeys(apps),
    envelopes,
    schemas: new SchemaRegistry(events),
    newId: newMessageId,
  };
}
