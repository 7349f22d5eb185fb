import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { invalidRequest } from './errors.ts';

/** A column of a result. */
export interface ResultColumn {
  readonly name: string;
  readonly type: string;
  readonly precision: number;
  readonly scale: number;
}

/** What is known of a query, from its start on. */
export interface Execution {
  readonly id: string;
  readonly query: string;
  readonly parameters?: readonly string[];
  readonly workgroup: string;
  readonly database?: string;
  readonly catalog?: string;
  /** Configured place of results, with a slash at its end. */
  readonly output: string;
  /** Epoch ms. */
  readonly submittedAt: number;
  readonly startedAt?: number;
  readonly completedAt?: number;
  readonly state: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly reason?: string;
  readonly statementType: 'DML' | 'DDL' | 'UTILITY';
  readonly substatementType?: string;
  readonly bytesScanned: number;
  /** Where the result lies, s3://… */
  readonly resultLocation?: string;
  readonly manifestLocation?: string;
  readonly columns?: readonly ResultColumn[];
  readonly header?: boolean;
  readonly updateCount?: number;
}

/** Finished executions that stay in memory; older ones are read from disk. */
const IN_MEMORY = 500;

/**
 * Records of queries, a file each, so that a poll after a restart gets a clear answer: a query that ran when the stack stopped has
 * FAILED. A file has a line for each state, and the last whole line counts.
 */
export class Executions {
  readonly #folder: string;
  readonly #live = new Map<string, Execution>();

  /** @param folder where records are kept; made where it is missing. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(join(folder, 'tokens'), { recursive: true });
    for (const place of [folder, join(folder, 'tokens')]) removeOld(place);
  }

  /** @throws ServiceError InvalidRequestException */
  get(id: string): Execution {
    const live = this.#live.get(id);
    if (live !== undefined) return live;
    const file = this.#file(id);
    const stored =
      /^[0-9a-f-]{36}$/.test(id) && existsSync(file) ? lastLine<Execution>(file) : undefined;
    if (stored === undefined) throw invalidRequest(`QueryExecution ${id} was not found`);
    if (!isEnded(stored)) {
      const reason = 'GENERIC_INTERNAL_ERROR: the local stack stopped while the query ran';
      return this.put({ ...stored, state: 'FAILED', reason, completedAt: Date.now() });
    }
    return stored;
  }

  /** Stores a record. It is on disk when this returns. */
  put(execution: Execution): Execution {
    // A kill may have left a part of a line: the next one starts anew.
    appendFileSync(this.#file(execution.id), `\n${JSON.stringify(execution)}\n`);
    return this.note(execution);
  }

  /** Changes a record in memory only: for what a restart need not know. */
  note(execution: Execution): Execution {
    this.#live.delete(execution.id);
    this.#live.set(execution.id, execution);
    for (const [id, old] of this.#live) {
      if (this.#live.size <= IN_MEMORY) break;
      if (isEnded(old)) this.#live.delete(id);
    }
    return execution;
  }

  /** Ids of all executions of a workgroup, newest first. */
  ids(workgroup: string): string[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -5))
      .filter((id) => this.#live.has(id) || lastLine(this.#file(id)) !== undefined)
      .map((id) => this.get(id))
      .filter((execution) => execution.workgroup === workgroup)
      .toSorted((a, b) => b.submittedAt - a.submittedAt)
      .map((execution) => execution.id);
  }

  /**
   * The execution that this token has started before.
   * @throws ServiceError InvalidRequestException where it started another statement.
   */
  byToken(token: string, request: object): string | null {
    const file = this.#tokenFile(token);
    const stored = existsSync(file) ? lastLine<{ id: string; digest: string }>(file) : undefined;
    if (stored === undefined) return null;
    if (stored.digest !== digest(JSON.stringify(request)))
      throw invalidRequest('Idempotent parameters do not match');
    return stored.id;
  }

  /** Keeps which execution a token has started. */
  putToken(token: string, request: object, id: string): void {
    const kept = { id, digest: digest(JSON.stringify(request)) };
    writeFileSync(this.#tokenFile(token), JSON.stringify(kept));
  }

  #file(id: string): string {
    return join(this.#folder, `${id}.json`);
  }

  #tokenFile(token: string): string {
    return join(this.#folder, 'tokens', digest(token));
  }
}

/** Whether a query has come to its end. */
export function isEnded(execution: Execution): boolean {
  return ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(execution.state);
}

/** Athena keeps the history of queries for 45 days. */
const KEPT_MS = 45 * 86_400_000;

function removeOld(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = join(folder, entry.name);
    if (entry.isFile() && Date.now() - statSync(file).mtimeMs > KEPT_MS) rmSync(file);
  }
}

/** The last whole line of a file; undefined where a kill came before the first one was written. */
function lastLine<T>(file: string): T | undefined {
  for (const line of readFileSync(file, 'utf8').split('\n').reverse()) {
    if (line === '') continue;
    try {
      return JSON.parse(line) as T;
    } catch (error) {
      // A part of a line: the one before it counts.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
