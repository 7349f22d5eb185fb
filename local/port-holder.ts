import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** State of a socket that listens, in /proc/net/tcp. */
const LISTEN = '0A';

/** The process that listens on a TCP port. Undefined where it cannot be told: beyond Linux, and of another user's process. */
export function portHolder(port: number): number | undefined {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeners(file, port));
  if (inodes.length === 0) return undefined;
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const holder = pids.find((pid) => openFiles(pid).some((target) => wanted.has(target)));
  return holder === undefined ? undefined : Number(holder);
}

function listeners(file: string, port: number): string[] {
  if (!existsSync(file)) return [];
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && local?.endsWith(`:${hex}`))
    .flatMap((fields) => fields[9] ?? []);
}

/** What a process's descriptors are; none where it has ended meanwhile or is another user's. */
function openFiles(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  return attempt(() => readdirSync(folder), []).map((name) =>
    attempt(() => readlinkSync(`${folder}/${name}`), ''),
  );
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'EACCES', 'EPERM', 'ESRCH'].includes(code)) return otherwise;
    throw error;
  }
}
