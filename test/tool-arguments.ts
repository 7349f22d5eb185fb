import { statSync } from 'node:fs';

/** Arguments of the tools among the tests and benchmarks: what is wrong with them is one line, and ends the tool with 2. */
export function wrongCall(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/** The one argument, a folder that is there. @param usage as `npm run cases -- FOLDER`. @param fallback without one it is needed. */
export function folderArgument(usage: string, fallback?: string): string {
  const [given, ...more] = process.argv.slice(2);
  if (more.length > 0) wrongCall(`one folder is allowed, got ${process.argv.length - 2}: ${usage}`);
  const folder = given ?? fallback;
  if (folder === undefined) wrongCall(`a folder is needed: ${usage}`);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  return wrongCall(`${folder} is no folder: ${usage}`);
}

/** Whole numbers from 1, each an argument. @param most how many are allowed. */
export function countArguments(usage: string, fallback: readonly number[], most: number): number[] {
  const given = process.argv.slice(2);
  if (given.length === 0) return [...fallback];
  if (given.length > most)
    wrongCall(`at most ${most} numbers are allowed, got ${given.length}: ${usage}`);
  return given.map((text) => {
    const count = Number(text);
    if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
    return wrongCall(`a whole number from 1 is needed, got ${text}: ${usage}`);
  });
}

/** For tools that take none. */
export function noArguments(usage: string): void {
  const [given] = process.argv.slice(2);
  if (given !== undefined) wrongCall(`no argument is allowed, got ${given}: ${usage}`);
}
