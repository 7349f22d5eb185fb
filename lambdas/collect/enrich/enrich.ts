import type { EventRecord } from '../../../core/event.ts';
import { attribute, type Origin } from './attribute.ts';
import type { ChannelRules } from './channel-rules.ts';
import { preferredLocale } from './locale.ts';
import { type Agent, AgentCache, agentOf } from './user-agent.ts';

/** What a request says of the visitor. */
export interface VisitorHints {
  /** Header User-Agent. */
  readonly userAgent?: string;
  /** Header Accept-Language. */
  readonly acceptLanguage?: string;
  /** Header CloudFront-Viewer-Country, which the CDN sets. */
  readonly country?: string;
}

/** What an event is enriched from, beside itself. */
export interface EnrichmentFacts extends VisitorHints {
  readonly kind: 'public' | 'server';
  /** User agent that the event's context states. */
  readonly statedUserAgent?: string;
  /** Whether the event's context states a campaign. */
  readonly hasCampaign: boolean;
  readonly rules: ChannelRules;
}

/** What the enrichment fills. */
export type Enriched = Origin & Agent & Pick<EventRecord, 'country' | 'locale'>;

/** A server sees few distinct user agents: about half a megabyte. */
const agents = new AgentCache(2000);

/**
 * The columns that are parsed or taken from the request, of docs/ENRICHMENT.md. Each that the client states stays as it is,
 * but the country, which the CDN knows better.
 */
export function enrich(
  event: Omit<EventRecord, 'is_bot'>,
  { kind, rules, ...facts }: EnrichmentFacts,
): Enriched {
  const agent = agentOf({ stated: facts.statedUserAgent, request: facts.userAgent, kind }, agents);
  const isPublic = kind === 'public';
  return {
    ...attribute(event, facts.hasCampaign, rules),
    device: event.device ?? agent.device,
    browser: event.browser ?? agent.browser,
    os: event.os ?? agent.os,
    is_bot: agent.is_bot,
    country: (isPublic ? viewerCountry(facts.country) : undefined) ?? event.country,
    locale: event.locale ?? (isPublic ? preferredLocale(facts.acceptLanguage) : undefined),
  };
}

/** XX is the CDN's word for none, and so is T1 for Tor. */
function viewerCountry(country: string | undefined): string | undefined {
  return country && /^[A-Z]{2}$/.test(country) && country !== 'XX' ? country : undefined;
}
