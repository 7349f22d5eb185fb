import type { EventRecord } from '../../../core/event.ts';
import { attribute } from './attribute.ts';
import type { ChannelRules } from './channel-rules.ts';
import { preferredLocale } from './locale.ts';
import { AgentCache, agentOf } from './user-agent.ts';

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
export interface EnrichmentFacts {
  readonly visitor: VisitorHints;
  readonly kind: 'public' | 'server';
  /** User agent that the event's context states. */
  readonly statedUserAgent?: string;
  /** Whether the event's context states a campaign. */
  readonly hasCampaign: boolean;
  readonly rules: ChannelRules;
}

/** A server sees few distinct user agents: about half a megabyte. */
const agents = new AgentCache(2000);

/**
 * Fills the columns that are parsed or taken from the request, of docs/ENRICHMENT.md. Each that the client states stays as it is,
 * but the country, which the CDN knows better.
 */
export function enrich(
  event: EventRecord,
  { visitor, kind, statedUserAgent, hasCampaign, rules }: EnrichmentFacts,
): void {
  const agent = agentOf({ stated: statedUserAgent, request: visitor.userAgent, kind }, agents);
  const origin = attribute(event, hasCampaign, rules);
  event.channel = origin.channel;
  event.source = origin.source;
  event.medium = origin.medium;
  event.campaign = origin.campaign;
  event.term = origin.term;
  event.content = origin.content;
  event.device ??= agent.device;
  event.browser ??= agent.browser;
  event.os ??= agent.os;
  event.is_bot = agent.is_bot;
  if (kind === 'server') return;
  event.country = viewerCountry(visitor.country) ?? event.country;
  event.locale ??= preferredLocale(visitor.acceptLanguage);
}

/** XX is the CDN's word for none, and so is T1 for Tor. */
function viewerCountry(country: string | undefined): string | undefined {
  return country && /^[A-Z]{2}$/.test(country) && country !== 'XX' ? country : undefined;
}
