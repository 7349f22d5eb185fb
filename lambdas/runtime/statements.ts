import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** In a bundle the statements lie beside the code, in the repository in sql/. */
const besideBundle = join(import.meta.dirname, 'sql');
const folder = existsSync(besideBundle) ? besideBundle : join(import.meta.dirname, '../../sql');

const texts = new Map<string, string>();

/** Text of a statement's template by its path under sql/, without the suffix: `facts/funnel_steps`. */
export function statementText(name: string): string {
  let text = texts.get(name);
  if (text === undefined) {
    text = readFileSync(join(folder, `${name}.sql`), 'utf8');
    texts.set(name, text);
  }
  return text;
}
