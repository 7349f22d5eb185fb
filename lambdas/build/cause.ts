import { object } from './task.ts';

/**
 * Why a task failed, from Step Functions' error output: its name and the reason. The Cause of a function's error and of a failed
 * query is JSON; of a query it starts with the statement, so that a shortened one would never reach the reason.
 */
export function parseCause(value: unknown): string {
  const { Error: name, Cause: cause } = object(value ?? {}, 'error');
  return [name, typeof cause === 'string' ? reasonOf(cause) : undefined]
    .filter((part) => typeof part === 'string')
    .join(': ');
}

function reasonOf(cause: string): string {
  const report = parse(cause);
  const query = member(report, 'QueryExecution') ?? report;
  const reason =
    member(report, 'errorMessage') ?? member(member(query, 'Status'), 'StateChangeReason');
  return typeof reason === 'string' ? reason : cause;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A cause may be plain text.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
