import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { FunctionError } from './protocol.ts';

/** Who reads along in a log. */
export interface LogReaders {
  /** Takes lines that a person should see. */
  readonly terminal: (line: string) => void;
  /** Takes each line of standard output: it may hold metrics. */
  readonly metrics: (line: string) => void;
}

/** Where a function's output goes: all of it to a file, errors to the terminal too, metrics to CloudWatch. */
export class FunctionLog {
  /** Path of the log file. */
  readonly file: string;
  readonly #name: string;
  /** Written at once: what a function logged before it answered survives kill -9. */
  readonly #file: number;
  readonly #terminal: (line: string) => void;
  readonly #metrics: (line: string) => void;
  #closed = false;

  constructor(folder: string, name: string, { terminal, metrics }: LogReaders) {
    mkdirSync(folder, { recursive: true });
    this.#name = name;
    this.#metrics = metrics;
    this.file = path.join(folder, `${name}.log`);
    this.#file = openSync(this.file, 'a');
    this.#terminal = terminal;
  }

  /** Takes what the function writes. */
  write(text: string, stream: 'stdout' | 'stderr'): void {
    if (this.#closed) return;
    writeSync(this.#file, text);
    if (stream === 'stdout') {
      // A line is written in one piece.
      for (const line of text.split('\n')) this.#metrics(line);
      return;
    }
    for (const line of text.split('\n'))
      if (line.trim() !== '' && !isWarning(line)) this.#terminal(`${this.#name}: ${line}`);
  }

  /** Takes an invocation's error. */
  failure(error: FunctionError, requestId: string): void {
    if (this.#closed) return;
    const entry = { time: new Date().toISOString(), requestId, ...error };
    writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    this.#terminal(`${this.#name}: ${error.errorType}: ${error.errorMessage}`);
  }

  /** Closes the file; what a function still writes while it ends is lost. */
  close(): void {
    // The number of a closed file is soon another one's.
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
  }
}

/** Loggers write warnings to standard error too; they stay in the file. */
function isWarning(line: string): boolean {
  return /"level":\s*"(WARN|INFO|DEBUG)"/.test(line);
}
