import type { Channel } from '../../../core/channels.ts';
import type { ChannelRules } from './channel-rules.ts';
import { type Kind, kindOfSource, knownSite, wordOf } from './referrer.ts';
import { CLICK_IDS, type ClickId, MEDIUM_CHANNELS, PAID_MEDIUMS } from './rules/marketing.ts';
import { placeOf } from './site.ts';

/** What says where a visit comes from. */
export interface Origin {
  readonly channel?: string;
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
  readonly term?: string;
  readonly content?: string;
}

/** A visit before the rules. */
export interface Visit extends Origin {
  readonly url?: string;
  /** The page's query, where the URL has none. */
  readonly search?: string;
  readonly referrer?: string;
}

interface Referrer {
  readonly host: string;
  readonly kind?: Kind;
  readonly source: string;
}

/** What a page's query says. */
interface Query {
  /** By name in lower case: the first value that is not blank. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The first click id of the list that it has. */
  readonly click?: ClickId;
  /** Whether it names its campaign. */
  readonly isTagged: boolean;
}

const NO_QUERY: Query = { parameters: new Map(), isTagged: false };
/** Characters of a parameter's value that are kept. */
const MAX_VALUE = 500;
const UTM = ['utm_source', 'utm_medium', 'utm_campaign'];
const PAID: ReadonlySet<string> = new Set(PAID_MEDIUMS.split(' '));
const MEDIUMS: ReadonlyMap<string, Channel> = new Map(
  Object.entries(MEDIUM_CHANNELS).flatMap(([channel, words]) =>
    words.split(' ').map((word) => [word, channel as Channel] as const),
  ),
);
const ORGANIC_MEDIUM: Readonly<Record<Kind, string>> = {
  ai: 'ai',
  search: 'organic',
  social: 'social',
  email: 'email',
};

/**
 * Where a visit comes from, by the rules of docs/ENRICHMENT.md in their order. What the client states stays as it is.
 * @param tagged whether the client states its campaign: then an unknown one is `other`.
 */
export function attribute(visit: Visit, tagged: boolean, rules: ChannelRules): Origin {
  const { parameters, click, isTagged } = queries.of(queryOf(visit));
  const stated = statedOf(visit, parameters);
  const page = pages.of(visit.url);
  const from = referrers.of(visit.referrer);
  const isInternal = from !== undefined && rules.isInternal(from.host, page?.host);
  const referrer: Referrer | undefined =
    from && !isInternal
      ? { host: from.host, source: from.host.replace(/^www\./, ''), ...knownSite(from) }
      : undefined;
  const origin = filled(stated, click, referrer);
  if (origin.channel !== undefined) return origin;
  const channel =
    rules.channelOf({
      source: origin.source,
      medium: origin.medium,
      campaign: origin.campaign,
      referrer: referrer?.host,
      parameters,
    }) ??
    taggedChannel(stated, click) ??
    (tagged || isTagged ? 'other' : undefined);
  // A source that only a property names may be anything: then nothing is said of the visit.
  if (channel !== undefined || stated.source !== undefined || stated.medium !== undefined) {
    return { ...origin, channel };
  }
  const isLanding = page !== undefined && !isInternal;
  return { ...origin, channel: untaggedChannel(referrer, click, isLanding) };
}

/** What the client states, and the UTM parameters where it leaves something open. */
function statedOf(visit: Visit, parameters: ReadonlyMap<string, string>): Origin {
  return {
    channel: visit.channel,
    source: visit.source ?? parameters.get('utm_source'),
    medium: visit.medium ?? parameters.get('utm_medium'),
    campaign: visit.campaign ?? parameters.get('utm_campaign'),
    term: visit.term ?? parameters.get('utm_term'),
    content: visit.content ?? parameters.get('utm_content'),
  };
}

/** Source and medium of a visit that states neither: of the click id, else of the referrer. */
function filled(
  stated: Origin,
  click: ClickId | undefined,
  referrer: Referrer | undefined,
): Origin {
  if (stated.source !== undefined || stated.medium !== undefined) return stated;
  if (click && !(click.weak && referrer?.kind)) {
    return { ...stated, source: click.source, medium: click.medium };
  }
  if (referrer === undefined) return stated;
  const medium = referrer.kind ? ORGANIC_MEDIUM[referrer.kind] : 'referral';
  return { ...stated, source: referrer.source, medium };
}

function taggedChannel(
  { source, medium }: Origin,
  click: ClickId | undefined,
): Channel | undefined {
  const kind = source === undefined ? undefined : kinds.of(source);
  const word = medium === undefined ? undefined : wordOf(medium);
  const byMedium = word && mediumChannel(word, kind ?? (click && kindOfSource(click.source)));
  if (byMedium) return byMedium;
  if (click && !click.weak) return click.channel;
  return kind ?? (source === undefined && medium === undefined ? undefined : click?.channel);
}

function mediumChannel(medium: string, kind: Kind | undefined): Channel | undefined {
  const channel = MEDIUMS.get(medium);
  if (channel) return channel;
  if (PAID.has(medium) || medium.startsWith('paid')) {
    if (kind === 'search') return 'paid_search';
    if (kind === 'social') return 'paid_social';
    return medium === 'cpm' ? 'display' : 'paid_other';
  }
  if (medium === 'organic') return kind ?? 'search';
  if (medium === 'referral') return kind ?? 'referral';
  return undefined;
}

function untaggedChannel(
  referrer: Referrer | undefined,
  click: ClickId | undefined,
  isLanding: boolean,
): Channel | undefined {
  if (referrer?.kind) return referrer.kind;
  if (click) return click.channel;
  if (referrer) return 'referral';
  return isLanding ? 'direct' : undefined;
}

function clickOf(parameters: ReadonlyMap<string, string>): ClickId | undefined {
  for (const name in CLICK_IDS) if (parameters.has(name)) return CLICK_IDS[name];
  return undefined;
}

function queryOf({ url = '', search }: Visit): string | undefined {
  const start = url.indexOf('?') + 1;
  const end = start === 0 ? 0 : url.indexOf('#', start);
  const query = end < 0 ? url.slice(start) : url.slice(start, end);
  return query || search?.replace(/^\?/, '');
}

function readQuery(query: string): Query {
  if (query === '') return NO_QUERY;
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const key = name.toLowerCase();
    const text = value.trim().slice(0, MAX_VALUE).toWellFormed();
    if (text !== '' && !parameters.has(key)) parameters.set(key, text);
  }
  const isTagged = UTM.some((name) => parameters.has(name));
  return { parameters, click: clickOf(parameters), isTagged };
}

/** Reads a text, and remembers the last one: the events of a request are mostly of one page. */
class LastRead<T> {
  readonly #read: (text: string) => T;
  #text: string | undefined;
  #result: T;

  constructor(read: (text: string) => T) {
    this.#read = read;
    this.#result = read('');
  }

  /** Of no text as of an empty one. */
  of(text = ''): T {
    if (text !== this.#text) {
      this.#result = this.#read(text);
      this.#text = text;
    }
    return this.#result;
  }
}

const pages = new LastRead(placeOf);
const referrers = new LastRead(placeOf);
const queries = new LastRead(readQuery);
const kinds = new LastRead(kindOfSource);
