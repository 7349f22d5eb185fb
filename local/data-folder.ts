import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  const [pid, startedAt] = existsSync(file) ? readFileSync(file, 'utf8').split(' ') : [];
  const holder = Number(pid);
  if (own.has(folder) || (pid !== undefined && holder !== process.pid && runs(holder, startedAt)))
    throw new Error(
      `the data folder ${folder} is in use by process ${holder}: stop it, or take another folder with --data`,
    );
  own.add(folder);
  writeFileSync(file, `${process.pid} ${startOf(process.pid) ?? ''}`);
  return () => {
    own.delete(folder);
    rmSync(file, { force: true });
  };
}

/** A kill leaves the file behind, so the process may be gone, or be another one with the same number. */
function runs(pid: number, startedAt: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !existsSync('/proc/self/stat') || startOf(pid) === startedAt;
}

/** When a process started, in ticks since boot; undefined for one that is dead but not yet reaped. Linux only. */
function startOf(pid: number): string | undefined {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  const stat = readFileSync(file, 'utf8');
  // The name in brackets may hold spaces; state is the third field, start the twenty-second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}
