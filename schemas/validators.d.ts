/** What a compiled schema says of the first thing that is wrong. */
export interface Violation {
  /** JSON pointer to the value. */
  readonly instancePath: string;
  /** JSON Schema keyword: type, required, pattern, … */
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** A compiled schema: true if the value passes, else `errors` holds why, until the next call. */
export interface Validator {
  (value: unknown): boolean;
  errors?: readonly Violation[] | null;
}

/** One version of an event's schema. */
export interface VersionedValidator {
  /** <major>-<minor>-<patch> */
  readonly version: string;
  readonly validate: Validator;
}

/** Schemas of the calls. */
export const envelopes: Readonly<
  Record<
    | ('track' | 'page' | 'screen' | 'identify' | 'group' | 'alias')
    | ('click' | 'url_change' | 'element_time' | 'stage_change'),
    Validator
  >
>;
/** Schemas of events by folder name. */
export const events: Readonly<Record<string, readonly VersionedValidator[]>>;
