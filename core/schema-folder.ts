import type { InteractionType } from './event.ts';

/** Folder of an event's schemas: lower case, all but letters and digits as one underscore. */
export function schemaFolder(event: string): string {
  return event
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '');
}

/**
 * Folder of an interaction call's schemas. It starts with an underscore, which no event's folder does: a team's own event "click"
 * is never held to the schema of the call.
 */
export function interactionFolder(type: InteractionType): string {
  return `_${type}`;
}
