import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Data folders that this process uses. */
const own = new Set<string>();

/**
 * Takes a data folder for this process alone.
 * @returns gives it back
 * @throws Error that names the process that has it.
 */
export function takeDataFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'process');
  const holder = holderOf(file);
  if (own.has(folder) || (holder !== undefined && holder !== process.pid && isAlive(holder)))
    throw new Error(
      `the data folder ${folder} is in use by process ${holder}: stop it, or take another folder with --data`,
    );
  own.add(folder);
  writeFileSync(file, String(process.pid));
  return () => {
    own.delete(folder);
    rmSync(file, { force: true });
  };
}

function holderOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A kill leaves the file behind, so the process that it names may be gone. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
