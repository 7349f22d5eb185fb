/** Channels that the built-in rules give (docs/ENRICHMENT.md). A rule of the config may name others. */
export const CHANNELS = [
  'search',
  'paid_search',
  'social',
  'paid_social',
  'ai',
  'email',
  'sms',
  'push',
  'affiliate',
  'display',
  'paid_other',
  'referral',
  'direct',
  'other',
] as const;

/** A channel of the built-in rules. */
export type Channel = (typeof CHANNELS)[number];

/** What a rule of the config names where its referrers are the app's own: then such a referrer is none. */
export const INTERNAL = 'internal';

/**
 * A rule of an app that goes before the built-in ones. All members given must fit, of each list one entry. Letter case does
 * not matter, and a `*` at an entry's end stands for any rest.
 * @example { channel: 'partner', mediums: ['partner', 'coop-*'] }
 */
export interface ChannelRule {
  /** [a-z][a-z0-9_]*, at most 40 characters. `internal`, with referrers alone: visits that they lead to have no new origin. */
  readonly channel: string;
  readonly sources?: readonly string[];
  readonly mediums?: readonly string[];
  readonly campaigns?: readonly string[];
  /** Hosts of referrers, each with its subdomains, without a `*`. */
  readonly referrers?: readonly string[];
  /** Names of parameters of the page's URL that must be there. */
  readonly parameters?: readonly string[];
}
