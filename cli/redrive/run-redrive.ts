import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  InvalidRedriveError,
  NO_LETTERS,
  type RedriveInput,
  type RedrivePage,
  type RedriveReason,
} from '../../core/redrive.ts';
import type { RedriveTarget } from './redrive-arguments.ts';

/** What a redrive did, over all of its pages. */
export interface RedriveSummary extends Omit<RedrivePage, 'cursor' | 'total' | 'done'> {
  /** Whether letters are settled without being sent. */
  readonly dismissing: boolean;
  /** Why it ended before its end. */
  readonly stopped?: string;
}

/** Is told how far a redrive is. */
export type RedriveListener = (progress: {
  /** 0 to 1. */
  readonly share: number;
  readonly found: number;
  readonly passed: number;
}) => void;

/** Longer than the function may take. */
const TIMEOUT_MS = 150_000;

/**
 * Invokes the function page by page until it is done.
 * @param signal ends it after the page that is under way: what that page sent is noted.
 * @throws InvalidRedriveError where the function refuses the choice. What else goes wrong after the first page is `stopped`.
 */
export async function runRedrive(
  input: RedriveInput,
  target: RedriveTarget,
  listener: RedriveListener,
  signal: AbortSignal,
): Promise<RedriveSummary> {
  const client = clientOf(target);
  const { dismiss, dry_run: dryRun = dismiss !== undefined } = input;
  let summary: RedriveSummary = {
    ...NO_LETTERS,
    reasons: [],
    dismissing: dismiss !== undefined,
    dry_run: dryRun,
  };
  let total = 0;
  let done = 0;
  let cursor: RedrivePage['cursor'] = null;
  try {
    do {
      if (signal.aborted) return { ...summary, stopped: 'interrupted' };
      const page: RedrivePage = await invoke(client, target.functionName, { ...input, cursor });
      total = page.total?.bytes ?? total;
      done += page.done.bytes;
      summary = sum(summary, page);
      cursor = page.cursor;
      const share = cursor === null ? 1 : Math.min(done / Math.max(total, 1), 0.999);
      listener({ share, found: summary.found, passed: summary.passed });
    } while (cursor !== null);
    return summary;
  } catch (error) {
    if (error instanceof InvalidRedriveError) throw error;
    if (cursor === null) throw explained(error, target);
    return { ...summary, stopped: error instanceof Error ? error.message : String(error) };
  } finally {
    client.destroy();
  }
}

/** What a person can do about it stands with what the SDK says. */
function explained(error: unknown, { endpoint }: RedriveTarget): unknown {
  if (!(error instanceof Error)) return error;
  const hint =
    endpoint === undefined && (error.message === 'Region is missing' || isCredentialsError(error))
      ? 'your AWS region and credentials are needed; for the local stack: --endpoint http://127.0.0.1:4566'
      : endpoint !== undefined && isNotThere(error)
        ? `is npm start running, and ${endpoint} its AWS endpoint?`
        : undefined;
  return hint === undefined ? error : new Error(`${error.message}: ${hint}`, { cause: error });
}

/** Nothing listens at the endpoint, or something else does, as the stack's HTTP API. */
function isNotThere({ message }: Error): boolean {
  return message === 'Not Found' || /\bE(CONNREFUSED|HOSTUNREACH|NOTFOUND)\b/.test(message);
}

function isCredentialsError({ name }: Error): boolean {
  return name === 'CredentialsProviderError';
}

function clientOf({ endpoint }: RedriveTarget): LambdaClient {
  const requestHandler = { requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true };
  if (endpoint === undefined) return new LambdaClient({ requestHandler });
  // The local stack takes any key; a person's own are not shown to it.
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new LambdaClient({ endpoint, region: 'us-east-1', credentials, requestHandler });
}

async function invoke(
  client: LambdaClient,
  functionName: string,
  input: RedriveInput,
): Promise<RedrivePage> {
  const answer = await client.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(input) }),
  );
  const value: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString() || 'null');
  // A function of an earlier version leaves out what it does not count yet.
  if (answer.FunctionError === undefined) return { ...NO_LETTERS, ...(value as RedrivePage) };
  const { errorType = 'Error', errorMessage = '' } = Object(value) as Record<string, string>;
  if (errorType === 'InvalidRedriveError') throw new InvalidRedriveError(errorMessage);
  throw new Error(`the function ${functionName} failed: ${errorType}: ${errorMessage}`);
}

function sum(one: RedriveSummary, page: RedrivePage): RedriveSummary {
  return {
    dismissing: one.dismissing,
    dry_run: page.dry_run,
    found: one.found + page.found,
    passed: one.passed + page.passed,
    events: one.events + page.events,
    refused_calls: one.refused_calls + page.refused_calls,
    failed: one.failed + page.failed,
    not_redrivable: one.not_redrivable + page.not_redrivable,
    dismissed: one.dismissed + page.dismissed,
    already_redriven: one.already_redriven + page.already_redriven,
    already_dismissed: one.already_dismissed + page.already_dismissed,
    reasons: merged([...one.reasons, ...page.reasons]),
  };
}

function merged(reasons: readonly RedriveReason[]): RedriveReason[] {
  const byCode = new Map<string, RedriveReason>();
  for (const reason of reasons) {
    const key = `${reason.outcome} ${reason.code}`;
    const known = byCode.get(key);
    byCode.set(key, known ? { ...known, count: known.count + reason.count } : reason);
  }
  return [...byCode.values()].sort((a, b) => b.count - a.count);
}
