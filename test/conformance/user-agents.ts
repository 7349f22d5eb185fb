import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { knownSite } from '../../lambdas/collect/enrich/referrer.ts';
import { placeOf } from '../../lambdas/collect/enrich/site.ts';
import { type Agent, AgentCache, readAgent } from '../../lambdas/collect/enrich/user-agent.ts';
import { folderArgument, wrongCall } from '../tool-arguments.ts';
import { deviceSaid, sameBrowser, sameSystem } from './user-agent-families.ts';

/**
 * `npm run user-agents -- FOLDER`: how far the enrichment agrees with lists that others keep, in FOLDER/user-agents (uap-core
 * and isbot) and FOLDER/referers (Matomo). A report: it fails only where a referrer of the lists is not of its kind.
 */
const folder = folderArgument('npm run user-agents -- FOLDER', '../shared/data');
if (!existsSync(join(folder, 'user-agents'))) {
  wrongCall(
    `no lists at ${folder}: npm run user-agents -- FOLDER, that holds user-agents and referers`,
  );
}

interface Case {
  readonly user_agent_string: string;
  readonly family: string;
  readonly brand?: string | null;
}

const agents = new Map<string, Agent>();
let micros = 0;

function agentOf(userAgent: string): Agent {
  let agent = agents.get(userAgent);
  if (agent === undefined) {
    const start = performance.now();
    agent = readAgent(userAgent.slice(0, 500));
    micros += (performance.now() - start) * 1000;
    agents.set(userAgent, agent);
  }
  return agent;
}

function read(file: string): unknown {
  const bytes = readFileSync(join(folder, file));
  return parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
}

function cases(file: string): readonly Case[] {
  return (read(`user-agents/uap-core/${file}`) as { readonly test_cases: readonly Case[] })
    .test_cases;
}

function listed(file: string): readonly string[] {
  return Object.values(read(`user-agents/isbot/${file}`) as Record<string, string[]>).flat();
}

/** Counts verdicts; those that are undefined do not count: the list says nothing there, or we do. */
function row<T>(
  what: string,
  entries: readonly T[],
  verdict: (entry: T) => boolean | undefined,
  text: (entry: T) => string,
) {
  const counted = entries
    .map((entry) => [entry, verdict(entry)] as const)
    .filter(([, found]) => found !== undefined);
  const agreed = counted.filter(([, found]) => found).length;
  if (process.env.SHOW === what) {
    for (const [entry, found] of counted) if (!found) console.log(text(entry));
  }
  const share = `${((100 * agreed) / Math.max(1, counted.length)).toFixed(2)} %`;
  return { what, strings: entries.length, compared: counted.length, agreed, share };
}

const devices = cases('test_device.yaml.gz');
const browsers = [
  ...cases('test_ua.yaml'),
  ...cases('firefox_user_agent_strings.yaml'),
  ...cases('opera_mini_user_agent_strings.yaml'),
];
const pgts = cases('pgts_browser_list.yaml.gz');
const systems = [...cases('test_os.yaml'), ...cases('additional_os_tests.yaml')];
const show = (one: Case) =>
  `${one.family} | ${JSON.stringify(agentOf(one.user_agent_string))} | ${one.user_agent_string}`;

function device(one: Case): boolean | undefined {
  const said = deviceSaid(one.family, one.brand ?? undefined);
  const { device: got } = agentOf(one.user_agent_string);
  return said && got !== undefined && said.includes(got);
}
const browser = (one: Case) => sameBrowser(one.family, agentOf(one.user_agent_string));
const system = (one: Case) => sameSystem(one.family, agentOf(one.user_agent_string));
const isBot = (userAgent: string) => agentOf(userAgent).is_bot;
const itself = (userAgent: string) => userAgent;

console.table([
  row('device: uap-core test_device', devices, device, show),
  row('browser: uap-core test_ua, firefox, opera mini', browsers, browser, show),
  row('browser: uap-core pgts list', pgts, browser, show),
  row('os: uap-core test_os, additional', systems, system, show),
  row('bot: isbot crawlers', listed('crawlers.yml'), isBot, itself),
  row('no bot: isbot browsers', listed('browsers.yml'), (userAgent) => !isBot(userAgent), itself),
  row(
    'bot: uap-core devices that are spiders',
    devices.filter(({ family }) => family === 'Spider'),
    (one) => isBot(one.user_agent_string),
    show,
  ),
  row(
    'no bot: uap-core devices that are none',
    devices.filter(({ family }) => family !== 'Spider'),
    (one) => !isBot(one.user_agent_string),
    show,
  ),
]);
const warm = new AgentCache(2000);
const [sample = ''] = listed('browsers.yml').slice(20);
warm.of(sample);
const start = performance.now();
for (let i = 0; i < 1e5; i++) warm.of(sample);
console.log(
  `${Math.round(micros / agents.size)} µs a string of ${agents.size} distinct ones, ${((performance.now() - start) / 100).toFixed(3)} µs where it is known`,
);

type Engines = Readonly<Record<string, readonly { readonly urls?: readonly string[] }[]>>;
type Lists = Readonly<Record<string, readonly string[]>>;

const assistants = read('referers/matomo-cc0/AIAssistants.yml') as Lists;
const aiHosts = new Set(Object.values(assistants).flat());
const socials = read('referers/matomo-cc0/Socials.yml') as Lists;
const engines = Object.fromEntries(
  Object.entries(read('referers/matomo-cc0/SearchEngines.yml') as Engines).map(
    ([name, entries]) => [name, entries.flatMap(({ urls = [] }) => urls)],
  ),
);

/** Referrers that an entry of the lists stands for. */
function referrers(entry: string): string[] {
  if (entry.startsWith('android-app//')) return [entry.replace('//', '://')];
  const fitted = entry === 'www.facebook.com' ? `${entry}/search` : entry;
  const hosts = /(?:^|\.)\{\}\./.test(fitted)
    ? ['de', 'fr'].map((top) => fitted.replace('{}', top))
    : ['de', 'co.uk', 'com.br'].map((top) => fitted.replace('{}', top));
  return [...new Set(hosts)].map(
    (host) => `https://${host}${host.includes('/') ? '?q=x' : '/?q=x'}`,
  );
}

/** Names of which not each URL is of the kind. */
function referrerRow(kind: string, lists: Lists) {
  const wrong = Object.entries(lists).flatMap(([name, urls]) => {
    const bad = urls.filter((url) => {
      // The engines' list names some assistants too.
      const wanted = kind === 'search' && aiHosts.has(url.replace(/^www\./, '')) ? 'ai' : kind;
      const hosts = kind === 'social' ? [`https://${url}/x`] : referrers(url);
      return hosts.some((referrer) => {
        const place = placeOf(referrer);
        return place === undefined || knownSite(place)?.kind !== wanted;
      });
    });
    return bad.length > 0 ? [`${name}: ${bad.join(' ')}`] : [];
  });
  for (const one of wrong) console.log(`not ${kind}: ${one}`);
  const count = Object.keys(lists).length;
  return {
    kind,
    names: count,
    urls: Object.values(lists).flat().length,
    'of its kind': count - wrong.length,
  };
}

const rows = [
  referrerRow('search', engines),
  referrerRow('social', socials),
  referrerRow('ai', assistants),
];
console.table(rows);
if (rows.some((one) => one['of its kind'] < one.names)) process.exitCode = 1;
