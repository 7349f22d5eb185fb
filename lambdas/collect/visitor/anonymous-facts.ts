import type { RequestFacts } from '../dead-letter.ts';
import { preferredLocale } from '../enrich/locale.ts';
import { type Agent, AgentCache } from '../enrich/user-agent.ts';

const agents = new AgentCache(200);

/** Facts of an anonymous visitor's request: what an event is enriched with, and no more that tells its browser from others. */
export function anonymousFacts(facts: RequestFacts): RequestFacts {
  return {
    ...facts,
    userAgent: facts.userAgent && reducedAgent(facts.userAgent),
    acceptLanguage: preferredLocale(facts.acceptLanguage),
  };
}

/**
 * A user agent without the device's model and with the first numbers of versions only, as Chrome's are; undefined where then it says
 * something else. Bots are nobody: theirs stay.
 */
function reducedAgent(userAgent: string): string | undefined {
  const whole = userAgent.slice(0, 500);
  const agent = agents.of(whole);
  if (agent.is_bot) return whole;
  const reduced = whole
    .replace(/(Android \d+)[^)]*\)/g, '$1; K)')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/(\d+)[._]\d[\w.]*/g, '$1.0');
  return isSame(agent, agents.of(reduced)) ? reduced : undefined;
}

function isSame(a: Agent, b: Agent): boolean {
  return a.device === b.device && a.browser === b.browser && a.os === b.os && a.is_bot === b.is_bot;
}
