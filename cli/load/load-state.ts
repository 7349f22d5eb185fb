import { hash } from 'node:crypto';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';

const SAMPLE_BYTES = 1024 * 1024;

/** What became of the rows so far. */
export interface LoadCounts {
  accepted: number;
  refused: Record<string, number>;
  /** Rows that the mapping made no event of. */
  bad: number;
}

interface Stored {
  readonly format: 1;
  /** What is loaded where: file, mapping and target. */
  readonly job: string;
  readonly done: boolean;
  /** All rows up to this one are settled. */
  readonly upTo: number;
  /** Settled rows after it, as [first, last]. */
  readonly beyond: readonly (readonly [number, number])[];
  readonly counts: LoadCounts;
}

/** A file's fingerprint: its size and its first and last MiB. A path or a date is no part of it. */
export async function fingerprint(file: string): Promise<string> {
  const { size } = await stat(file);
  const handle = await open(file);
  try {
    const parts = await Promise.all(
      [0, Math.max(0, size - SAMPLE_BYTES)].map(async (position) => {
        const { buffer, bytesRead } = await handle.read(
          Buffer.alloc(Math.min(SAMPLE_BYTES, size)),
          0,
          Math.min(SAMPLE_BYTES, size),
          position,
        );
        return hash('sha256', buffer.subarray(0, bytesRead));
      }),
    );
    return hash('sha256', `${size} ${parts.join(' ')}`);
  } finally {
    await handle.close();
  }
}

/**
 * Which rows of a file are settled (sent and answered, or bad), kept in a file, so that a load goes on after a crash. What
 * was under way at the crash is sent again with the same message ids.
 */
export class LoadState {
  readonly counts: LoadCounts;
  /** Whether there was no state file: nothing of this load was ever sent before. */
  readonly isNew: boolean;
  done: boolean;
  readonly #path: string;
  readonly #job: string;
  #upTo: number;
  #beyond: readonly (readonly [number, number])[];
  #saving: Promise<void> | undefined;
  #savedAt = 0;

  private constructor(path: string, stored: Stored, isNew: boolean) {
    this.isNew = isNew;
    this.#path = path;
    this.#job = stored.job;
    this.#upTo = stored.upTo;
    this.#beyond = stored.beyond;
    this.counts = structuredClone(stored.counts);
    this.done = stored.done;
  }

  /**
   * Reads the state file, or starts anew where there is none.
   * @param job What is loaded where.
   * @throws Error where the file belongs to another job.
   */
  static async open(path: string, job: string): Promise<LoadState> {
    const counts: LoadCounts = { accepted: 0, refused: {}, bad: 0 };
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new Error(
        `cannot read the state ${path} (${error.message}): name another file with --state`,
        { cause: error },
      );
    });
    if (text === undefined) {
      const stored: Stored = { format: 1, job, done: false, upTo: 0, beyond: [], counts };
      return new LoadState(path, stored, true);
    }
    const stored = parseStored(path, text);
    if (stored.format !== 1 || stored.job !== job) {
      throw new Error(
        `${path} is of another load (other file content, mapping, URL or key): remove it, or name another one with --state; rows that both loads send count twice, unless message_id is a column`,
      );
    }
    return new LoadState(path, stored, false);
  }

  /** Rows that are settled. */
  get settledRows(): number {
    return this.#beyond.reduce((sum, [first, last]) => sum + last - first + 1, this.#upTo);
  }

  /** Whether a row was settled. */
  has(row: number): boolean {
    return row <= this.#upTo || this.#beyond.some(([first, last]) => row >= first && row <= last);
  }

  /** Marks rows as settled and saves, at most twice a second. */
  async settle(first: number, last: number): Promise<void> {
    const settled: [number, number][] = [[1, this.#upTo]];
    const others = [...this.#beyond, [first, last] as const].sort((a, b) => a[0] - b[0]);
    for (const [start, end] of others) {
      const before = settled.at(-1)!;
      if (start <= before[1] + 1) before[1] = Math.max(before[1], end);
      else settled.push([start, end]);
    }
    this.#upTo = settled.shift()![1];
    this.#beyond = settled;
    if (this.#saving === undefined && Date.now() - this.#savedAt > 500) await this.save();
  }

  /** Writes the file, whole or not at all. */
  async save(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving;
    this.#saving = this.#write().finally(() => {
      this.#saving = undefined;
      this.#savedAt = Date.now();
    });
    await this.#saving;
  }

  /** Removes the file: of a load that sent nothing there is nothing to go on from. */
  async remove(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving;
    await rm(this.#path, { force: true });
  }

  async #write(): Promise<void> {
    const stored: Stored = {
      format: 1,
      job: this.#job,
      done: this.done,
      upTo: this.#upTo,
      beyond: this.#beyond,
      counts: this.counts,
    };
    try {
      await writeFile(`${this.#path}.tmp`, `${JSON.stringify(stored)}\n`);
      await rename(`${this.#path}.tmp`, this.#path);
    } catch (cause) {
      throw new Error(
        `cannot keep what is sent in ${this.#path} (${cause instanceof Error ? cause.message : String(cause)}): name a file that can be written with --state`,
        { cause },
      );
    }
  }
}

function parseStored(path: string, text: string): Stored {
  try {
    return JSON.parse(text) as Stored;
  } catch (cause) {
    throw new Error(
      `${path} is no state of a load (${(cause as Error).message}): name another one with --state, or remove it to send the file from its beginning, with the same message ids`,
      { cause },
    );
  }
}
