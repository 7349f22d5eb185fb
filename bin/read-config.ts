import { accessSync, constants, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { MillraceConfig } from '../core/config.ts';

const ROOT = join(import.meta.dirname, '..');
const CONFIG = join(ROOT, 'millrace.config.ts');
const TO_DO = 'mend it there, npm run typecheck tells more';

/** millrace.config.ts is no config file. The message names the file, what is wrong, the line where it is known, and what to do. */
export class UnreadableConfigError extends Error {
  override readonly name = 'UnreadableConfigError';
}

/**
 * What the config file exports. Nothing of it is checked: that is `parseConfig`'s.
 * @throws UnreadableConfigError where the file is missing, cannot be read, is no TypeScript, fails while it runs, or exports nothing.
 */
export async function readConfig(file = CONFIG): Promise<MillraceConfig> {
  checkFile(file);
  let module: { readonly default?: MillraceConfig };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new UnreadableConfigError(`${placeOf(cause, file)}: ${reasonOf(cause)}; ${TO_DO}`, {
      cause,
    });
  }
  if (module.default !== undefined) return module.default;
  throw new UnreadableConfigError(
    `${shown(file)}: exports no config, allowed: export default defineConfig({ apps: […] }), as docs/DEPLOY.md tells`,
  );
}

/** Node's own words for these name its modules, not what a person can do. */
function checkFile(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new UnreadableConfigError(
      `${shown(file)} is missing, looked for at ${file}: write one as docs/DEPLOY.md tells, or take the sample: git checkout -- millrace.config.ts`,
    );
  }
  if (!stat.isFile()) {
    throw new UnreadableConfigError(
      `${shown(file)} is a ${stat.isDirectory() ? 'folder' : 'special file'}, allowed: a file of TypeScript, as docs/DEPLOY.md tells`,
    );
  }
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    throw new UnreadableConfigError(
      `${shown(file)} cannot be read (${(cause as NodeJS.ErrnoException).code}): allow it, as with chmod u+r ${file}`,
      { cause },
    );
  }
}

/** The file that is wrong, the config or what it imports, and the line. Node has it in the error's stack only. */
function placeOf(cause: unknown, file: string): string {
  const stack = cause instanceof Error ? (cause.stack ?? '') : '';
  const [, url, line] = /(file:\/\/[^\s:()]+):(\d+)/.exec(stack) ?? [];
  // Where the first place is this program's own, the error says nothing of lines.
  if (url === undefined || url === import.meta.url) return shown(file);
  return `${shown(fileURLToPath(url))}, line ${line}`;
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return `it throws ${String(cause)}`;
  return cause.name === 'Error' ? cause.message : `${cause.name}: ${cause.message}`;
}

function shown(file: string): string {
  const path = relative(ROOT, file);
  return path.startsWith('..') ? file : path;
}
