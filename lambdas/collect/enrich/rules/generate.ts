import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/**
 * `npm run referrer-rules -- FOLDER`: makes matomo.gen.ts of a clone of matomo-org/searchengine-and-social-list (CC0), from
 * SearchEngines.yml, Socials.yml and AIAssistants.yml.
 */
const [folder] = process.argv.slice(2);
if (folder === undefined || !existsSync(join(folder, 'SearchEngines.yml'))) {
  process.stderr.write(
    `no SearchEngines.yml in ${folder ?? 'no folder'}: npm run referrer-rules -- FOLDER, a clone of matomo-org/searchengine-and-social-list\n`,
  );
  process.exit(2);
}

type Lists = Readonly<Record<string, readonly string[]>>;
type Engines = Readonly<Record<string, readonly { readonly urls?: readonly string[] }[]>>;

function read(file: string): unknown {
  return parse(readFileSync(join(folder as string, file), 'utf8'));
}

function constant(name: string, what: string, lists: Lists): string {
  const rows = Object.entries(lists).map(
    ([site, urls]) =>
      `  ${JSON.stringify(decodeURIComponent(site))}: ${JSON.stringify(urls.join(' '))},`,
  );
  return `/** ${what}: name, then hosts, some with a path; {} stands for a country. */
export const ${name}: Readonly<Record<string, string>> = {\n${rows.join('\n')}\n};\n`;
}

const engines = Object.fromEntries(
  Object.entries(read('SearchEngines.yml') as Engines).map(([site, entries]) => [
    site,
    entries.flatMap(({ urls = [] }) => urls),
  ]),
);
const text = [
  '// Made by generate.ts from github.com/matomo-org/searchengine-and-social-list, which is CC0 1.0 (public domain). Do not edit.\n',
  constant('SEARCH_ENGINES', 'Search engines', engines),
  constant('SOCIAL_NETWORKS', 'Social networks', read('Socials.yml') as Lists),
  constant('AI_ASSISTANTS', 'AI assistants', read('AIAssistants.yml') as Lists),
].join('\n');
writeFileSync(join(import.meta.dirname, 'matomo.gen.ts'), text);
