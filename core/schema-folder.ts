/** Folder of an event's schemas: lower case, all but letters and digits as one underscore. */
export function schemaFolder(event: string): string {
  return event
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '');
}
