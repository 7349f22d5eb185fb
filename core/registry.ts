/** Keys of the registry (DynamoDB, pk and sk strings) that more than one function uses. */
export const REGISTRY_KEY = {
  app: (appId: string): string => `APP#${appId}`,
  version: 'VERSION',
} as const;

/** What the registry says of an app's data as a whole: item APP#<app>, VERSION. */
export interface DataVersion {
  /** Grows by one with every partition that is published. */
  readonly version: number;
  /** Epoch ms: every event received before it is in the facts. Null before the first build. */
  readonly settled_until: number | null;
}
