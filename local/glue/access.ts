import type { Caller } from '../service.ts';

/** Where the catalog lives, for its ARNs. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/**
 * Checks an action as Glue does: on the catalog, on the database, and on the table where the action is about one.
 * @throws ServiceError AccessDeniedException
 */
export function authorizeGlue(
  caller: Caller,
  place: Place,
  action: string,
  database?: string,
  table?: string,
): void {
  const prefix = `arn:aws:glue:${place.region}:${place.account}`;
  caller.authorize(`glue:${action}`, `${prefix}:catalog`);
  if (database === undefined) return;
  const name = database.toLowerCase();
  caller.authorize(`glue:${action}`, `${prefix}:database/${name}`);
  if (table !== undefined)
    caller.authorize(`glue:${action}`, `${prefix}:table/${name}/${table.toLowerCase()}`);
}
