import { ServiceError } from './service.ts';

/** What goes wrong. `disconnect` does the operation and closes the connection without an answer. */
export type FaultAction = 'throttle' | 'error' | 'partial' | 'delay' | 'crash' | 'disconnect';

/** One fault: which calls it strikes and what it does to them. */
export interface Fault {
  /** kinesis, firehose, s3, dynamodb, athena, glue, states, lambda; `*` is any. */
  readonly service: string;
  /** As PutRecords; `*` is any. */
  readonly operation: string;
  readonly action: FaultAction;
  /** Spares the first n calls that match. Default 0. */
  readonly after?: number;
  /** Strikes at most n times. Default: until cleared. */
  readonly times?: number;
  /** Strikes calls of this principal only. */
  readonly principal?: string;
  /** `error`: AWS's exception name. Default InternalFailure. */
  readonly code?: string;
  /** `partial`: share of the entries that fail, 0 to 1. Either this or count. */
  readonly fraction?: number;
  /** `partial`: number of entries that fail, from the first on. */
  readonly count?: number;
  /** `delay`: milliseconds. */
  readonly ms?: number;
  /** `crash`: whether the process dies before the operation is done (default) or after it, unanswered. */
  readonly when?: 'before' | 'after';
}

/** A call as faults see it. */
export interface FaultCall {
  readonly service: string;
  readonly operation: string;
  readonly principal: string;
}

const ACTIONS: readonly FaultAction[] = [
  'throttle',
  'error',
  'partial',
  'delay',
  'crash',
  'disconnect',
];
const PARTIAL = ['kinesis PutRecords', 'firehose PutRecordBatch'];
const KEYS = new Set(
  'service operation action after times principal code fraction count ms when'.split(' '),
);
const THROTTLED: Readonly<Record<string, readonly [code: string, status: number]>> = {
  kinesis: ['ProvisionedThroughputExceededException', 400],
  dynamodb: ['ProvisionedThroughputExceededException', 400],
  firehose: ['ServiceUnavailableException', 503],
  s3: ['SlowDown', 503],
  athena: ['TooManyRequestsException', 400],
  lambda: ['TooManyRequestsException', 429],
};

interface Armed {
  readonly fault: Fault;
  seen: number;
  struck: number;
}

/** The list of faults that are in force. The gateway consults it around each operation. */
export class Faults {
  #armed: Armed[] = [];

  /**
   * Replaces the list.
   * @throws Error that names the wrong member.
   */
  set(faults: readonly Fault[]): void {
    this.#armed = faults.map((fault) => ({ fault, seen: 0, struck: 0 }));
  }

  /** Removes all. */
  clear(): void {
    this.#armed = [];
  }

  /** The list with how often each matched and struck. */
  list(): readonly (Fault & { readonly seen: number; readonly struck: number })[] {
    return this.#armed.map(({ fault, seen, struck }) => ({ ...fault, seen, struck }));
  }

  /**
   * Before an operation: delays, throttles, errors, crashes.
   * @throws ServiceError of the fault.
   */
  async before(call: FaultCall): Promise<void> {
    if (this.#armed.length === 0) return;
    const delay = this.#strike(call, 'delay');
    if (delay !== null) await new Promise((resolve) => setTimeout(resolve, delay.ms ?? 0));
    const crash = this.#strike(call, 'crash', (fault) => fault.when !== 'after');
    if (crash !== null) process.kill(process.pid, 'SIGKILL');
    if (this.#strike(call, 'throttle') !== null) {
      const [code, status] = THROTTLED[call.service] ?? ['ThrottlingException', 400];
      throw new ServiceError(code, 'rate exceeded (a fault that was set)', status);
    }
    const error = this.#strike(call, 'error');
    if (error !== null) {
      const code = error.code ?? 'InternalFailure';
      throw new ServiceError(code, 'a fault that was set', error.code === undefined ? 500 : 400);
    }
  }

  /** After an operation: crashes, or says that the connection is to be closed unanswered. */
  after(call: FaultCall): 'answer' | 'disconnect' {
    if (this.#armed.length === 0) return 'answer';
    const crash = this.#strike(call, 'crash', (fault) => fault.when === 'after');
    if (crash !== null) process.kill(process.pid, 'SIGKILL');
    return this.#strike(call, 'disconnect') === null ? 'answer' : 'disconnect';
  }

  /** How many entries of a batch fail, from the first on: 0 where no `partial` fault strikes. */
  failing(call: FaultCall, entries: number): number {
    if (this.#armed.length === 0) return 0;
    const fault = this.#strike(call, 'partial');
    if (fault === null) return 0;
    return Math.min(entries, fault.count ?? Math.ceil((fault.fraction ?? 1) * entries));
  }

  #strike(call: FaultCall, action: FaultAction, also = (_: Fault) => true): Fault | null {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (fault.action !== action || !also(fault) || !matches(fault, call)) continue;
      armed.seen += 1;
      if (armed.seen <= (fault.after ?? 0)) continue;
      if (fault.times !== undefined && armed.struck >= fault.times) continue;
      armed.struck += 1;
      return fault;
    }
    return null;
  }
}

function matches(fault: Fault, call: FaultCall): boolean {
  return (
    (fault.service === '*' || fault.service === call.service) &&
    (fault.operation === '*' || fault.operation === call.operation) &&
    (fault.principal === undefined || fault.principal === call.principal)
  );
}

/**
 * Reads a list of faults from JSON: the body of POST /_local/faults, or MILLRACE_FAULTS.
 * @throws Error that names the place, the value and what is allowed.
 */
export function parseFaults(json: string): Fault[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new Error(
      `faults must be a JSON list, got ${JSON.stringify(json.slice(0, 80))}: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (!Array.isArray(value))
    throw new Error(`faults must be a JSON list, got ${json.slice(0, 80)}`);
  return value.map((item, index) => parseFault(item, `faults[${index}]`));
}

function parseFault(item: unknown, place: string): Fault {
  if (typeof item !== 'object' || item === null) throw new Error(`${place} must be an object`);
  const fault = item as Record<string, unknown>;
  for (const key of Object.keys(fault)) {
    if (!KEYS.has(key))
      throw new Error(`${place}.${key} is unknown; allowed: ${[...KEYS].join(', ')}`);
  }
  for (const key of ['service', 'operation']) {
    if (typeof fault[key] !== 'string') throw new Error(`${place}.${key} must be a string or "*"`);
  }
  if (!ACTIONS.includes(fault.action as FaultAction)) {
    throw new Error(`${place}.action must be one of ${ACTIONS.join(', ')}, got ${fault.action}`);
  }
  if (fault.action === 'partial' && !PARTIAL.includes(`${fault.service} ${fault.operation}`)) {
    throw new Error(`${place}: partial failures are those of ${PARTIAL.join(' and ')} only`);
  }
  for (const key of ['after', 'times', 'count', 'ms', 'fraction']) {
    const number = fault[key];
    if (number !== undefined && !(typeof number === 'number' && number >= 0)) {
      throw new Error(`${place}.${key} must be a number of at least 0, got ${number}`);
    }
  }
  if (typeof fault.fraction === 'number' && fault.fraction > 1) {
    throw new Error(`${place}.fraction must be 0 to 1, got ${fault.fraction}`);
  }
  if (fault.when !== undefined && fault.when !== 'before' && fault.when !== 'after') {
    throw new Error(`${place}.when must be before or after, got ${fault.when}`);
  }
  return item as Fault;
}
