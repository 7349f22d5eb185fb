import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { text, wholeNumber } from '../gateway/input.ts';
import type { Caller, JsonService } from '../service.ts';
import { ServiceError } from '../service.ts';
import { ACCOUNT, REGION } from '../template/intrinsics.ts';
import { isRecord } from '../template/values.ts';
import { type InsightsRow, runInsights } from './insights.ts';

type Input = Readonly<Record<string, unknown>>;

const LATEST_SECONDS = 253_402_300_799;

/**
 * CloudWatch Logs: queries over what functions have logged.
 * @param fileOf the log file of a log group; undefined where no function writes into the group.
 */
export function createLogs(fileOf: (logGroup: string) => string | undefined): JsonService {
  const results = new Map<string, readonly InsightsRow[]>();

  async function startQuery(input: Input, caller: Caller): Promise<object> {
    const group = text(input, 'logGroupName');
    caller.authorize('logs:StartQuery', `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${group}:*`);
    const from = wholeNumber(input, 'startTime', 0, LATEST_SECONDS) ?? 0;
    const to = wholeNumber(input, 'endTime', 0, LATEST_SECONDS) ?? LATEST_SECONDS;
    const file = fileOf(group);
    if (file === undefined) {
      throw new ServiceError(
        'ResourceNotFoundException',
        `Log group '${group}' does not exist or no function writes into it`,
      );
    }
    const lines = await linesOf(file);
    const within = lines.filter((line) => isWithin(line, from * 1000, (to + 1) * 1000));
    const queryId = randomUUID();
    results.set(queryId, runInsights(text(input, 'queryString'), within));
    return { queryId };
  }

  function getQueryResults(input: Input, caller: Caller): object {
    caller.authorize('logs:GetQueryResults', '*');
    const id = text(input, 'queryId');
    const rows = results.get(id);
    if (rows === undefined) {
      throw new ServiceError('ResourceNotFoundException', `Query ${id} does not exist`);
    }
    return {
      status: 'Complete',
      results: rows.map((row) => Object.entries(row).map(([field, value]) => ({ field, value }))),
    };
  }

  return {
    target: 'Logs_20140328',
    contentType: 'application/x-amz-json-1.1',
    operations: { StartQuery: startQuery, GetQueryResults: getQueryResults },
  };
}

/** Lines of a log file that are JSON objects. */
async function linesOf(file: string): Promise<Record<string, unknown>[]> {
  return (await readFile(file, 'utf8')).split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      const value: unknown = JSON.parse(line);
      return isRecord(value) ? [value] : [];
    } catch (error) {
      // A text that begins like an object is a line as any other.
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
}

/** Log files keep no times; lines with metrics have their own. */
function isWithin({ _aws: head }: Input, from: number, to: number): boolean {
  const time = isRecord(head) ? head.Timestamp : undefined;
  return typeof time === 'number' && time >= from && time < to;
}
