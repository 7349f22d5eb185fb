import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { logger } from '../runtime/logger.ts';

/** Longest answer that is cached, in bytes of JSON: a DynamoDB item holds 400 KB with its names. */
export const MAX_CACHED_BYTES = 350_000;

/** Days that an answer is kept. Its key holds the data version, so this is about room only. */
const KEEP_SECONDS = 7 * 24 * 3600;

/** Cached answers by key. Its failures are logged and never fail an answer: a question can always be asked again. */
export interface AnswerCache {
  get(key: string): Promise<object | undefined>;
  put(key: string, answer: object): Promise<void>;
}

/**
 * Answers in a DynamoDB table with the key attribute `pk` and the time to live `expires_at` (epoch seconds). The table's
 * clean-up comes up to days late, so an expired answer is skipped here.
 * @param now epoch ms.
 */
export function answerCache(
  client: DynamoDBClient,
  table: string,
  now: () => number = Date.now,
): AnswerCache {
  const seconds = (): number => Math.floor(now() / 1000);
  return {
    async get(key) {
      try {
        const { Item: item } = await client.send(
          new GetItemCommand({ TableName: table, Key: { pk: { S: key } } }),
        );
        const text = item?.answer?.S;
        if (text === undefined || Number(item?.expires_at?.N ?? 0) <= seconds()) {
          return undefined;
        }
        return JSON.parse(text) as object;
      } catch (error) {
        logger.warn('cannot read a cached answer', { error, key });
        return undefined;
      }
    },
    async put(key, answer) {
      const text = JSON.stringify(answer);
      if (Buffer.byteLength(text) > MAX_CACHED_BYTES) return;
      try {
        await client.send(
          new PutItemCommand({
            TableName: table,
            Item: {
              pk: { S: key },
              answer: { S: text },
              expires_at: { N: String(seconds() + KEEP_SECONDS) },
            },
          }),
        );
      } catch (error) {
        logger.warn('cannot cache an answer', { error, key });
      }
    },
  };
}
