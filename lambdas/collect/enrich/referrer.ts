import {
  AMBIGUOUS_NAMES,
  MAILERS,
  MORE_ASSISTANTS,
  MORE_ENGINES,
  MORE_NETWORKS,
  SOURCE_KINDS,
} from './rules/marketing.ts';
import { AI_ASSISTANTS, SEARCH_ENGINES, SOCIAL_NETWORKS } from './rules/matomo.gen.ts';
import { type Place, placeOf } from './site.ts';

/** What a referrer or a source is. */
export type Kind = 'ai' | 'search' | 'social' | 'email';

/** A site that the lists know. */
export interface KnownSite {
  readonly kind: Kind;
  /** Its name in lower case, as campaigns write sources. */
  readonly source: string;
}

/** Sites of the lists by host, and those that are a part of a host by host and path, longest path first. */
const hosts = new Map<string, KnownSite>();
const parts = new Map<string, (readonly [path: string, site: KnownSite])[]>();
const names = new Map<string, Kind>();

// What comes first stays: the engines' list has assistants and networks too.
add('ai', AI_ASSISTANTS, MORE_ASSISTANTS);
add('email', MAILERS);
add('social', SOCIAL_NETWORKS, MORE_NETWORKS);
add('search', SEARCH_ENGINES, MORE_ENGINES);
for (const name of AMBIGUOUS_NAMES.split(' ')) names.delete(name);
for (const [kind, words] of Object.entries(SOURCE_KINDS)) {
  for (const word of words.split(' ')) names.set(word, kind as Kind);
}

function add(kind: Kind, ...lists: readonly Readonly<Record<string, string>>[]): void {
  for (const [name, urls] of lists.flatMap((list) => Object.entries(list))) {
    const source = name.toLowerCase().replace(/!$/, '');
    const site = { kind, source };
    if (!names.has(wordOf(source))) names.set(wordOf(source), kind);
    for (const url of urls.split(' ')) addUrl(url.replace(/^android-app\/\//, ''), site);
  }
}

function addUrl(url: string, site: KnownSite): void {
  // The list has Facebook's search among the engines; all else there is the network.
  const isFacebook = url === 'www.facebook.com' && site.kind === 'search';
  const [host = '', ...path] = (isFacebook ? `${url}/search` : url).split('/');
  if (path.length === 0) {
    if (hosts.has(bare(host))) return;
    hosts.set(host, site);
    hosts.set(bare(host), site);
    return;
  }
  const known = [...(parts.get(bare(host)) ?? []), [`/${path.join('/')}`, site] as const];
  parts.set(
    bare(host),
    known.sort(([a], [b]) => b.length - a.length),
  );
}

/** The site of the lists that a place belongs to; undefined where it is another one. */
export function knownSite({ host, path }: Place): KnownSite | undefined {
  const bareHost = bare(host);
  for (const form of [bareHost, anyTop(bareHost), anyFirst(bareHost)]) {
    const part = parts.get(form)?.find(([start]) => path.startsWith(start));
    if (part) return part[1];
  }
  const exact =
    hosts.get(host) ??
    hosts.get(bareHost) ??
    hosts.get(anyTop(bareHost)) ??
    hosts.get(anyFirst(bareHost));
  if (exact) return exact;
  if (/^(web)?mail\./.test(host)) return { kind: 'email', source: host };
  // Engines have other services on their subdomains; networks and assistants do not.
  for (let dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1)) {
    const site = hosts.get(host.slice(dot + 1));
    if (site && site.kind !== 'search') return site;
  }
  return undefined;
}

/** What a campaign's source is, by a name, by a word that is in use, or by a host. */
export function kindOfSource(source: string): Kind | undefined {
  const known = names.get(wordOf(source));
  if (known || !source.includes('.')) return known;
  const place = placeOf(source.includes('://') ? source : `https://${source.trim()}`);
  return place && knownSite(place)?.kind;
}

/** A word as rules write it: lower case, spaces and hyphens as _. */
export function wordOf(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
}

function bare(host: string): string {
  return host.replace(/^(?:www\d*|m)\.(?=.*\.)/, '');
}

/** google.co.uk as google.{}, which is how the lists write a site of many countries. */
function anyTop(host: string): string {
  return host.replace(/(?:(?:\.(?:com|org|net|co|it|edu))?\.[a-z]{2}|\.com)$/, '.{}');
}

/** de.search.yahoo.com as {}.search.yahoo.com, images.de.ask.com as images.{}.ask.com. */
function anyFirst(host: string): string {
  return host.replace(/^(images\.)?[a-z]{2}\./, '$1{}.');
}
