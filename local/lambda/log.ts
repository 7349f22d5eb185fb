import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import type { FunctionError } from './protocol.ts';

/** Where a function's output goes: all of it to a file, errors to the terminal too. */
export class FunctionLog {
  readonly #name: string;
  readonly #file: WriteStream;
  readonly #terminal: (line: string) => void;

  /** @param terminal takes lines that a person should see. */
  constructor(folder: string, name: string, terminal: (line: string) => void) {
    mkdirSync(folder, { recursive: true });
    this.#name = name;
    this.#file = createWriteStream(path.join(folder, `${name}.log`), { flags: 'a' });
    this.#file.on('error', (error) => terminal(`log of ${name}: ${error.message}`));
    this.#terminal = terminal;
  }

  /** Takes what the function writes. */
  write(text: string, stream: 'stdout' | 'stderr'): void {
    this.#file.write(text);
    if (stream === 'stdout') return;
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
