import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Up to which sequence number each shard is delivered, by shard id; null is before its first record. */
export type Positions = Readonly<Record<string, string | null>>;

/** What a delivery stream must know after a crash. */
export interface Checkpoint {
  readonly positions: Positions;
  /**
   * Positions that the delivery under way will reach. Written before its objects are: a delivery that a crash cut short is
   * done again over the same records into objects of the same names, so that none is there twice.
   */
  readonly underWay: Positions | null;
}

/** Reads a checkpoint; null before the first. */
export async function readCheckpoint(file: string): Promise<Checkpoint | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Checkpoint;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Writes a checkpoint atomically. */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, JSON.stringify(checkpoint));
  await rename(`${file}.new`, file);
}
