import { type ChannelRule, INTERNAL } from '../../../core/channels.ts';
import type { App } from '../../../core/config.ts';
import { placeOf, siteOf } from './site.ts';

/** What a rule of the config looks at. */
export interface RuleFacts {
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
  /** Host of the referrer. */
  readonly referrer?: string;
  /** Names of the page's parameters, in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** An app's own rules, ready to use. */
export class ChannelRules {
  readonly #hosts: ReadonlySet<string>;
  readonly #internal: readonly string[];
  readonly #rules: readonly ChannelRule[];

  /** @param app its rules, and its origins, whose hosts are its own. */
  constructor({ origins, channelRules }: Pick<App, 'origins' | 'channelRules'>) {
    this.#hosts = new Set(origins.flatMap((origin) => placeOf(origin)?.host ?? []));
    const internal = ({ channel }: ChannelRule) => channel === INTERNAL;
    this.#internal = channelRules
      .filter(internal)
      .flatMap(({ referrers }) => referrers ?? [])
      .map((host) => host.toLowerCase());
    this.#rules = channelRules.filter((rule) => !internal(rule)).map(inLowerCase);
  }

  /** Whether a referrer is the app's own: of the page's site, of its origins, or of a rule for internal hosts. */
  isInternal(referrer: string, page: string | undefined): boolean {
    return (
      (page !== undefined && siteOf(referrer) === siteOf(page)) ||
      this.#hosts.has(referrer) ||
      this.#internal.some((host) => isOrUnder(referrer, host))
    );
  }

  /** The channel of the first rule that fits. */
  channelOf(facts: RuleFacts): string | undefined {
    return this.#rules.find((rule) => fits(rule, facts))?.channel;
  }
}

const ready = new WeakMap<App, ChannelRules>();

/** The rules of an app, made once. */
export function channelRulesOf(app: App): ChannelRules {
  let rules = ready.get(app);
  if (rules === undefined) {
    rules = new ChannelRules(app);
    ready.set(app, rules);
  }
  return rules;
}

function inLowerCase(rule: ChannelRule): ChannelRule {
  const lower = (words: readonly string[] | undefined) => words?.map((word) => word.toLowerCase());
  return {
    channel: rule.channel,
    sources: lower(rule.sources),
    mediums: lower(rule.mediums),
    campaigns: lower(rule.campaigns),
    referrers: lower(rule.referrers),
    parameters: lower(rule.parameters),
  };
}

function fits(rule: ChannelRule, facts: RuleFacts): boolean {
  const { referrer } = facts;
  return (
    fitsOne(rule.sources, facts.source) &&
    fitsOne(rule.mediums, facts.medium) &&
    fitsOne(rule.campaigns, facts.campaign) &&
    (rule.referrers === undefined ||
      (referrer !== undefined && rule.referrers.some((host) => isOrUnder(referrer, host)))) &&
    (rule.parameters === undefined || rule.parameters.some((name) => facts.parameters.has(name)))
  );
}

function fitsOne(words: readonly string[] | undefined, text: string | undefined): boolean {
  if (words === undefined) return true;
  const lower = text?.trim().toLowerCase();
  return (
    lower !== undefined &&
    words.some((word) =>
      word.endsWith('*') ? lower.startsWith(word.slice(0, -1)) : lower === word,
    )
  );
}

function isOrUnder(host: string, parent: string): boolean {
  return host === parent || host.endsWith(`.${parent}`);
}
