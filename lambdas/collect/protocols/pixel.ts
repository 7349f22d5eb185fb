import { headerKey } from '../authenticate.ts';
import type { CollectRequest } from '../request.ts';
import { gifOfError, gifResponse } from './gif.ts';
import type { Protocol } from './protocol.ts';
import { parameterOf, parametersOf, textOfQuery } from './query.ts';
import { segment } from './segment.ts';

/** Parameters that are no properties: what they fill, and `_`, which pages add so that no cache answers. */
const RESERVED: ReadonlySet<string> = new Set(['k', 'e', 'u', 'a', 'm', 'url', 'title', '_']);
/** Parameters of campaigns: they stand in the context. */
const CAMPAIGN: Readonly<Record<string, string>> = {
  utm_source: 'source',
  utm_medium: 'medium',
  utm_campaign: 'name',
  utm_term: 'term',
  utm_content: 'content',
};

/**
 * A pixel for pages and mails without a script: `?k=<write key>&e=<event>&u=<user id>`, all other parameters are properties.
 * Without an event it is a page call. The page is the one that the header referer names.
 */
export const pixel: Protocol = {
  keyOf: ({ authorization, query }) => headerKey(authorization) ?? parameterOf(query, 'k'),
  senderOf: segment.senderOf,
  textOf: (request) => textOfQuery(JSON.stringify({ batch: [callOf(request)] })),
  split: segment.split,
  namesNobody: 'newcomer',
  wrap: segment.wrap,
  answer: gifResponse,
  answerError: gifOfError,
};

function callOf({ query, referer }: CollectRequest): object {
  const parameters = parametersOf(query);
  const given = (name: string) => parameters.get(name) || undefined;
  const event = given('e');
  const [userId, anonymousId] = [given('u'), given('a')];
  const campaign: Record<string, string> = {};
  const properties: [string, string][] = [];
  for (const [name, value] of parameters) {
    const part = Object.hasOwn(CAMPAIGN, name) ? CAMPAIGN[name] : undefined;
    if (part !== undefined) campaign[part] = value;
    else if (!RESERVED.has(name)) properties.push([name, value]);
  }
  return {
    type: event === undefined ? 'page' : 'track',
    event,
    messageId: given('m'),
    userId,
    anonymousId,
    properties: Object.fromEntries(properties),
    context: {
      page: pageOf(given('url') ?? referer, given('title')),
      ...(Object.keys(campaign).length > 0 && { campaign }),
    },
  };
}

function pageOf(url: string | undefined, title: string | undefined): object {
  const parsed = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  return { url, path: parsed?.pathname, search: parsed?.search || undefined, title };
}
