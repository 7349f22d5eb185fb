import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Data folders that this process uses. */
const own = new Set<string>();

/**
 * Takes a data folder for this process alone.
 * @returns gives it back
 * @throws DataFolderTakenError where a process has it, Error where it cannot be made.
 */
export function takeDataFolder(folder: string): () => void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new Error(
      `the data folder ${folder} cannot be made (${(cause as Error).message}): name another with --data`,
      { cause },
    );
  }
  const holder = holderOf(folder);
  if (holder !== undefined) throw new DataFolderTakenError(folder, holder);
  const file = processFile(folder);
  own.add(folder);
  writeFileSync(file, `${process.pid} ${startOf(process.pid) ?? ''}`);
  return () => {
    own.delete(folder);
    rmSync(file, { force: true });
  };
}

/** Another process has the data folder, or this one has it already. */
export class DataFolderTakenError extends Error {
  override readonly name = 'DataFolderTakenError';

  constructor(folder: string, holder: number) {
    super(
      `the data folder ${folder} is in use by process ${holder}: stop it, or take another folder with --data`,
    );
  }
}

/** The process that has a data folder; undefined where none has it. Changes nothing. */
export function holderOf(folder: string): number | undefined {
  if (own.has(folder)) return process.pid;
  const file = processFile(folder);
  const [pid, startedAt] = existsSync(file) ? readFileSync(file, 'utf8').split(' ') : [];
  const holder = Number(pid);
  if (pid === undefined || holder === process.pid || !runs(holder, startedAt)) return undefined;
  return holder;
}

function processFile(folder: string): string {
  return path.join(folder, 'process');
}

/** A kill leaves the file behind, so the process may be gone, or be another one with the same number. */
function runs(pid: number, startedAt: string | undefined): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
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
