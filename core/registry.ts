import type { PropertyDimension } from './config.ts';
import type { FunnelDefinition } from './funnel.ts';

/** Keys of the registry (DynamoDB, pk and sk strings) that more than one function uses. */
export const REGISTRY_KEY = {
  app: (appId: string): string => `APP#${appId}`,
  version: 'VERSION',
  /** Partition key of what is known of raw_events. */
  raw: 'RAW',
  /** One arrival hour, as 2026-11-21T19. An empty hour gives the prefix of all. */
  hour: (hour: string): string => `HOUR#${hour}`,
  /** Rows of an arrival hour that fall on an event date. Empty values give prefixes. */
  touch: (eventDate: string, hour: string): string =>
    eventDate === '' ? 'TOUCH#' : `TOUCH#${eventDate}#${hour}`,
  /** What the counts of an hour of receipt came to. */
  reconciled: (hour: string): string => `RECONCILED#${hour}`,
} as const;

/** What the registry says of an app's data as a whole: item APP#<app>, VERSION. */
export interface DataVersion {
  /** Grows by one with every partition that is published. */
  readonly version: number;
  /** Epoch ms: every event received before it is in the facts. Null before the first build. */
  readonly settled_until: number | null;
  /** `funnelKey` of each funnel's definition whose facts were all built at the end of an execution, by name. */
  readonly built_funnels: Readonly<Record<string, string>>;
}

/** Which tables a funnel's facts are: changes where a question may read one that an earlier version did not build. */
const FACTS = 'funnel_attempts funnel_months';

/**
 * What a funnel's facts are built of: where the registry holds another key than the config gives, or none, the facts are an
 * earlier definition's, or not all there yet.
 */
export function funnelKey(
  funnel: FunnelDefinition,
  dimensions: readonly PropertyDimension[],
): string {
  return JSON.stringify([FACTS, funnel, dimensions]);
}
