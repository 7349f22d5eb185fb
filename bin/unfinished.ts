import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Stands in the folder of a cloud assembly while it is being made, with the number of the process. */
const MARK = '.unfinished';

/**
 * Makes a cloud assembly so that one that was interrupted leaves nothing for the next: CDK copies a bundle file by file, and takes
 * a folder that is there for a whole copy. Where a mark says that the last one did not end, its copies go first.
 * @param folder of the assembly; made where there is none.
 */
export function finishing(folder: string, make: () => void): void {
  mkdirSync(folder, { recursive: true });
  const mark = join(folder, MARK);
  if (isLeftBehind(mark)) {
    for (const name of readdirSync(folder).filter((entry) => entry.startsWith('asset.'))) {
      rmSync(join(folder, name), { recursive: true });
    }
  }
  writeFileSync(mark, `${process.pid}`);
  make();
  rmSync(mark, { force: true });
}

/** One that runs beside this one still needs its copies. */
function isLeftBehind(mark: string): boolean {
  let text: string;
  try {
    text = readFileSync(mark, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  const pid = Number(text);
  if (pid === process.pid || !Number.isSafeInteger(pid) || pid < 1) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
