/** Kinds of personal data that are found by their form. */
export const PII_KINDS = ['card', 'iban', 'email', 'phone', 'nationalId'] as const;
/** A kind of personal data. */
export type PiiKind = (typeof PII_KINDS)[number];

/** What becomes of it: a placeholder, a keyed hash that joins, or nothing. */
export const PII_ACTIONS = ['redact', 'hash', 'keep'] as const;
/** What becomes of what is found. */
export type PiiAction = (typeof PII_ACTIONS)[number];

/**
 * National ids that are looked for, by country. Their forms are strict enough that other numbers are hardly ever taken for
 * one, but pl and nl: 11 and 9 bare digits of which 2 % and 9 % pass.
 */
export const NATIONAL_IDS = ['us', 'es', 'it', 'fr', 'br', 'cn', 'pl', 'nl'] as const;
/** A country whose national id is looked for. */
export type NationalId = (typeof NATIONAL_IDS)[number];

/** Countries that are on where the config says nothing. */
export const DEFAULT_NATIONAL_IDS: readonly NationalId[] = ['us', 'es', 'it', 'fr', 'br', 'cn'];

/**
 * Names whose values are always redacted. Case, `_`, `-`, blanks and dots do not matter; `*` at the start or the end stands for any
 * text. Spread it to add names: `keys: [...SECRET_KEYS, 'diagnosis']`.
 */
export const SECRET_KEYS: readonly string[] = [
  ...['*password', '*passwd', 'pwd', '*passphrase', 'passcode', 'pin', 'otp', 'bearer'],
  ...['*secret', '*token', 'authorization', 'proxyAuthorization', 'credentials', 'apikey'],
  ...['xapikey', '*privatekey', '*accesskey', 'cookie', 'setCookie', 'sessionCookie', 'jwt'],
  ...['cardnumber', 'creditcard', 'creditcardnumber', 'debitcard', 'ccnumber', 'ccnum'],
  ...['cvv', 'cvv2', 'cvc', 'cvc2', 'csc', 'cardcvv', 'cardcvc', 'cardcode', 'securitycode'],
  ...['iban', 'accountnumber', 'bankaccount', 'routingnumber', 'sortcode'],
  ...['ssn', 'socialsecuritynumber', 'nationalid', 'taxid', 'passport', 'passportnumber'],
  ...['dni', 'nie', 'codicefiscale', 'cpf', 'pesel', 'bsn', 'nino', 'aadhaar', 'driverslicense'],
];

/** What an app does with personal data: docs/PRIVACY.md. */
export interface PrivacyConfig extends Partial<Readonly<Record<PiiKind, PiiAction>>> {
  /** National ids that are looked for. Default: us, es, it, fr, br, cn. */
  readonly nationalIds?: readonly NationalId[];
  /** Values of keys that name an address (ip, ipAddress, …). Default: truncate, to /24 and /48. */
  readonly ip?: 'truncate' | 'redact' | 'keep';
  /**
   * Names of properties and URL parameters whose values are always redacted, at any depth; or paths from the call, as
   * `properties.customer.name`. Default: SECRET_KEYS.
   */
  readonly keys?: readonly string[];
  /**
   * Paths from the call whose values are replaced by a keyed hash, so that they join without being known: `traits.email`,
   * `userId`. Default: none.
   */
  readonly hash?: readonly string[];
}

/** The privacy of a parsed config. */
export type Privacy = Required<PrivacyConfig>;

/** Whether events of this app are hashed, and so a key is needed. */
export function needsHashKey(privacy: Privacy): boolean {
  return privacy.hash.length > 0 || PII_KINDS.some((kind) => privacy[kind] === 'hash');
}

/** What holds where an app's config says nothing. */
export const DEFAULT_PRIVACY: Privacy = {
  card: 'redact',
  iban: 'redact',
  email: 'redact',
  phone: 'redact',
  nationalId: 'redact',
  nationalIds: DEFAULT_NATIONAL_IDS,
  ip: 'truncate',
  keys: SECRET_KEYS,
  hash: [],
};
