import { readFileSync } from 'node:fs';
import { join } from 'node:path';

let parsed: unknown;

/**
 * The validated configuration, config.json beside the bundle. Read once; the deployment wrote and checked it, so T is
 * trusted.
 * @throws Error that names the file where it is missing or no JSON.
 */
export function bundleConfig<T>(): T {
  parsed ??= readConfig(join(import.meta.dirname, 'config.json'));
  return parsed as T;
}

function readConfig(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`cannot read the configuration beside the bundle, ${file}`, { cause });
  }
}
