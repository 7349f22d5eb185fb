import { list, oneOf, section, text } from './config-values.ts';
import { DEFAULT_PRIVACY, NATIONAL_IDS, PII_ACTIONS } from './privacy.ts';

const actions = oneOf(PII_ACTIONS);
const name = text(
  /^(?=.{1,200}$)(?:\*?[^.*]*[^\s.*][^.*]*\*?|[^\s.*]+(?:\.[^\s.*]+)+)$/u,
  'a name as cardNumber, *token or session*, or a path as properties.customer.name',
);
const hashed = text(
  /^(?:userId|groupId|anonymousId|(?:traits|properties|context)(?:\.[^\s.*]{1,100}){1,10})$/u,
  'userId, groupId, anonymousId, or a path that begins with traits., properties. or context.',
);

/** Rules of `privacy` in an app's config, with its defaults. */
export const privacySchema = section({
  card: actions.default(DEFAULT_PRIVACY.card),
  iban: actions.default(DEFAULT_PRIVACY.iban),
  email: actions.default(DEFAULT_PRIVACY.email),
  phone: actions.default(DEFAULT_PRIVACY.phone),
  nationalId: actions.default(DEFAULT_PRIVACY.nationalId),
  nationalIds: list(oneOf(NATIONAL_IDS)).default([...DEFAULT_PRIVACY.nationalIds]),
  ip: oneOf(['truncate', 'redact', 'keep']).default(DEFAULT_PRIVACY.ip),
  keys: list(name).default([...DEFAULT_PRIVACY.keys]),
  hash: list(hashed).default([]),
});
