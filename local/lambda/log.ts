import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
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
  readonly #name: string;
  readonly #file: WriteStream;
  readonly #terminal: (line: string) => void;
  readonly #metrics: (line: string) => void;

  constructor(folder: string, name: string, { terminal, metrics }: LogReaders) {
    mkdirSync(folder, { recursive: true });
    this.#name = name;
    this.#metrics = metrics;
    this.#file = createWriteStream(path.join(folder, `${name}.log`), { flags: 'a' });
    this.#file.on('error', (error) => terminal(`log of ${name}: ${error.message}`));
    this.#terminal = terminal;
  }

  /** Takes what the function writes. */
  write(text: string, stream: 'stdout' | 'stderr'): void {
    this.#file.write(text);
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
    const entry = { time: new Date().toISOString(), requestId, ...error };
    this.#file.write(`${JSON.stringify(entry)}\n`);
    this.#terminal(`${this.#name}: ${error.errorType}: ${error.errorMessage}`);
  }

  /** Writes out what is left and closes the file. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#file.end(resolve);
    });
  }
}

/** Loggers write warnings to standard error too; they stay in the file. */
function isWarning(line: string): boolean {
  return /"level":\s*"(WARN|INFO|DEBUG)"/.test(line);
}
