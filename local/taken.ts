import { createServer } from 'node:net';
import path from 'node:path';
import { DataFolderTakenError, holderOf } from './data-folder.ts';
import { portHolder } from './port-holder.ts';
import type { StackOptions } from './stack.ts';

/**
 * What a stack needs and others have: a line each, that says who has it and what to do. Changes nothing, so that it can be asked
 * before anything is made.
 */
export async function whatIsTaken(
  options: Pick<StackOptions, 'data' | 'apiPort' | 'awsPort'>,
): Promise<string[]> {
  const { data, apiPort, awsPort } = options;
  const folder = path.resolve(data);
  const holder = holderOf(folder);
  const lines = holder === undefined ? [] : [new DataFolderTakenError(folder, holder).message];
  if (apiPort !== 0 && apiPort === awsPort) {
    return [...lines, `--port and --aws-port are both ${apiPort}: each needs a port of its own`];
  }
  const ports = [
    ['--port', apiPort],
    ['--aws-port', awsPort],
  ] as const;
  for (const [flag, port] of ports) {
    const code = port === 0 ? undefined : await refusalOf(port);
    if (code !== undefined) lines.push(portTaken(flag, port, code));
  }
  return lines;
}

/** What to say of a port that cannot be listened on. @param code of the error, as EADDRINUSE */
export function portTaken(flag: string, port: number, code: string): string {
  if (code !== 'EADDRINUSE') {
    return `port ${port} cannot be taken (${code}): choose another with ${flag}, 0 takes a free one`;
  }
  const holder = portHolder(port);
  const who = holder === undefined ? 'another program' : `process ${holder}`;
  return `port ${port} is taken by ${who}: stop it, or choose another with ${flag}, 0 takes a free one`;
}

/** Why a port cannot be listened on; undefined where it can. */
function refusalOf(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}
