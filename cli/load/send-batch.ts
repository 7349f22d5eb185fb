import { setTimeout as sleep } from 'node:timers/promises';

/** Where batches go. */
export interface Target {
  /** The API's base URL, as http://127.0.0.1:8080. */
  readonly url: string;
  readonly writeKey: string;
  /** Attempts after the first, for what may work later. */
  readonly retries: number;
  /** Wait before the first retry, in ms; doubles up to 30 s. Default 250. */
  readonly firstWaitMs?: number;
  /** Ends the waiting between attempts. */
  readonly signal?: AbortSignal;
}

/** One event that the server refused. */
export interface Refusal {
  /** Position in the batch, from 0. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

/** The server's answer to a batch. */
export interface BatchAnswer {
  readonly accepted: number;
  readonly refused: readonly Refusal[];
}

/** The server will not take any batch, or could not be reached often enough: the load stops. */
export class LoadStoppedError extends Error {
  override readonly name = 'LoadStoppedError';
  /** The server took nothing of the batch, for sure. */
  readonly nothingTaken: boolean;

  constructor(message: string, { nothingTaken = false } = {}) {
    super(message);
    this.nothingTaken = nothingTaken;
  }
}

const REQUEST_TIMEOUT_MS = 30_000;
const LONGEST_WAIT_MS = 30_000;
/** Statuses that a later attempt may turn into a success (Segment's clients retry the same). */
const RETRIED = new Set([408, 425, 429, 500, 502, 503, 504]);

/** An answer, whole, or why there is none. */
type Outcome = { readonly response: Response; readonly text: string } | { readonly error: Error };

/**
 * Sends one batch; again after network errors, 429 and 5xx, waiting as long as Retry-After says.
 * @param events JSON texts of the calls.
 * @throws LoadStoppedError where the retries are used up, the signal ends them, or the server refuses the whole request.
 */
export async function sendBatch(target: Target, events: readonly string[]): Promise<BatchAnswer> {
  const body = `{"batch":[${events.join(',')}]}`;
  // What failed before may have been taken all the same: a lost answer, a server's error.
  let nothingTaken = true;
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await post(target, body);
    nothingTaken &&=
      'response' in outcome ? tookNothing(outcome.response) : wasNotReached(outcome.error);
    if ('response' in outcome) {
      const { response, text } = outcome;
      if (response.ok) return parseAnswer(text, events.length);
      // Of one event only: of several, something on the way takes less than the server does, and the events are fine.
      if (response.status === 413 && events.length === 1) return tooLarge(text);
      const refused = refusalsOf(text);
      if (response.status === 400 && refused.length === events.length) {
        return { accepted: 0, refused };
      }
      if (!RETRIED.has(response.status) || attempt >= target.retries) {
        throw new LoadStoppedError(
          `${target.url} answered ${response.status}: ${detailOf(text)}${hintFor(response)}`,
          { nothingTaken },
        );
      }
    } else if (attempt >= target.retries) {
      throw new LoadStoppedError(`${target.url} cannot be reached: ${reasonOf(outcome.error)}`, {
        nothingTaken,
      });
    }
    const asked = 'response' in outcome ? retryAfterMs(outcome.response) : undefined;
    const longest = Math.min((target.firstWaitMs ?? 250) * 2 ** attempt, LONGEST_WAIT_MS);
    const wait = asked ?? longest * (0.5 + Math.random() / 2);
    await sleep(wait, undefined, target.signal && { signal: target.signal }).catch(
      (error: Error) => {
        if (!target.signal?.aborted) throw error;
        throw new LoadStoppedError('interrupted', { nothingTaken });
      },
    );
  }
}

function hintFor({ status }: Response): string {
  if (status === 413) return '; a smaller --batch-size may pass';
  const isNoApi = status === 404 || status === 405 || status === 501;
  return isNoApi ? '; is it the address of the HTTP API, without /v1?' : '';
}

/** What a server does not know how to do it does not do. */
function tookNothing({ status }: Response): boolean {
  return status < 500 || status === 501;
}

/** Below a base path where the address has one, as http://127.0.0.1:8080/in. */
function batchUrl(base: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/batch`;
  return url;
}

/** An answer that breaks off is none: what became of the events is not known, so they are sent again. */
async function post(target: Target, body: string): Promise<Outcome> {
  try {
    const response = await fetch(batchUrl(target.url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(`${target.writeKey}:`).toString('base64')}`,
      },
      body,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return { response, text: await response.text() };
  } catch (error) {
    return { error: error as Error };
  }
}

/** Only ever what the server said: an answer that does not account for every event stops the load. */
function parseAnswer(text: string, sent: number): BatchAnswer {
  const answer = parseObject(text);
  const refused = refusalsOf(text);
  if (typeof answer?.accepted !== 'number' || answer.accepted + refused.length !== sent) {
    throw new LoadStoppedError(
      `the server's answer does not account for the ${sent} events sent: ${text.slice(0, 200)}`,
    );
  }
  return { accepted: answer.accepted, refused };
}

/** The list of refused events in an answer; the server answers 400 with it where it refuses them all. */
function refusalsOf(text: string): readonly Refusal[] {
  const refused = parseObject(text)?.refused;
  return Array.isArray(refused) ? (refused as Refusal[]) : [];
}

/** One event that is larger than a request may be. */
function tooLarge(text: string): BatchAnswer {
  const problem = parseObject(text);
  const code = typeof problem?.code === 'string' ? problem.code : 'request_too_large';
  return { accepted: 0, refused: [{ index: 0, code, message: detailOf(text) }] };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function detailOf(text: string): string {
  const detail = parseObject(text)?.detail;
  return typeof detail === 'string'
    ? detail
    : text.slice(0, 200).replaceAll(/\s+/g, ' ') || 'no text';
}

/** fetch says only "fetch failed"; the cause has the reason. */
function reasonOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? `${cause.message || cause.name}` : error.message;
}

/** Whether no connection was made, so that the server saw nothing. */
function wasNotReached({ cause }: Error): boolean {
  const { code, message } = Object(cause) as NodeJS.ErrnoException;
  // A bad port is one that fetch itself refuses, as browsers do.
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || message === 'bad port';
}

function retryAfterMs(response: Response): number | undefined {
  const text = response.headers.get('retry-after');
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 300_000);
}
