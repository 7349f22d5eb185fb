import { createHash } from 'node:crypto';
import type { AnswerEnvelope } from '../../core/api.ts';
import type { DataVersion } from '../../core/registry.ts';
import { scanCostUsd } from '../../core/scan-cost.ts';
import { type Sql, sql, sqlInteger, sqlString } from '../../core/sql/quote.ts';
import type { StatementResult } from '../runtime/athena.ts';
import { BadRequestError } from '../runtime/http-error.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { AskedQuestion } from './asked-question.ts';

/** Grows where the same statement's answer gets another form, so that no cached answer has the old one. */
const ANSWER_FORM = 1;

/** Athena's limit of a statement's text. */
const MAX_STATEMENT_BYTES = 262_144;

/** What an answer needs beside the question. */
export interface AnswerSources {
  readonly cache: AnswerCache;
  readonly dataVersion: (appId: string) => Promise<DataVersion>;
  readonly run: (statement: Sql) => Promise<StatementResult>;
}

/** An answer's numbers, and what is said around them. */
export interface Answer {
  readonly envelope: Omit<AnswerEnvelope, 'query_ms'>;
  readonly numbers: object;
}

/** A question at a version of the data: what may be compared before it is answered. */
export interface PreparedAnswer {
  /** Changes where the answer may: with the data, the definition, what is settled. Says nothing of who asks. */
  readonly etag: string;
  answer(): Promise<Answer>;
}

/** Looks up the data's version, which everything about an answer hangs on. */
export async function prepareAnswer(
  asked: AskedQuestion,
  range: AnswerEnvelope['range'],
  sources: AnswerSources,
): Promise<PreparedAnswer> {
  const { id } = asked.scope.app;
  const version = await sources.dataVersion(id);
  // Athena reuses results by the statement's text: the version in it makes a swap of partitions another statement.
  const { definition, statement: text } = asked.at(version);
  const statement = sql`/* ${sqlString(id)} facts@v${sqlInteger(version.version)} */
${text}`;
  const bytes = Buffer.byteLength(statement);
  if (bytes > MAX_STATEMENT_BYTES) {
    throw new BadRequestError(
      'question_too_large',
      `the question makes a statement of ${bytes} bytes, athena takes ${MAX_STATEMENT_BYTES}: ask with fewer steps, filters or values`,
    );
  }
  const key = keyOf(asked, definition, statement);
  return {
    etag: `W/"v${version.version}-${hash([key, version.settled_until]).slice(0, 32)}"`,
    answer: async () => {
      const { numbers, bytesScanned, cached, free } = await numbersOf(
        asked,
        key,
        statement,
        version,
        sources,
      );
      return {
        envelope: {
          app: id,
          question: asked.question,
          definition,
          range,
          settled_until:
            version.settled_until === null ? null : new Date(version.settled_until).toISOString(),
          data_version: version.version,
          cached,
          bytes_scanned: bytesScanned,
          cost_usd: free ? 0 : scanCostUsd(bytesScanned),
        },
        numbers,
      };
    },
  };
}

async function numbersOf(
  asked: AskedQuestion,
  key: string,
  statement: Sql,
  { version }: DataVersion,
  { cache, run }: AnswerSources,
) {
  // Before the first build there is no partition to ask.
  if (version === 0) return { numbers: asked.read([]), bytesScanned: 0, cached: false, free: true };
  const known = await cache.get(key);
  if (known !== undefined) return { numbers: known, bytesScanned: 0, cached: true, free: true };
  const { rows, bytesScanned } = await run(statement);
  const numbers = asked.read(rows);
  await cache.put(key, numbers);
  return { numbers, bytesScanned, cached: false, free: false };
}

/** The statement holds app, data version, range, filters and all else that the numbers come from. */
function keyOf({ question, scope }: AskedQuestion, definition: object, statement: Sql): string {
  return `${scope.app.id}/${question}/${hash([ANSWER_FORM, definition, scope.tz, statement])}`;
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
