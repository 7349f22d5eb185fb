import { namedEndpoint, regionalHost, signedFetch } from '../runtime/signed-fetch.ts';
import type { RateCounter } from './rate-limit.ts';

/** Seconds that a window's count is kept after it began. */
const KEEP_SECONDS = 3600;
/** A count that comes late is worth nothing; the request it belongs to waits for it. */
const LONGEST_MS = 500;

/** Counts in a DynamoDB table with the key attribute `pk` and the time to live `expires_at` (epoch seconds). */
export function rateCounter(table: string): RateCounter {
  return {
    async add(keyId, window, requests) {
      const answer = await signedFetch(
        'dynamodb',
        namedEndpoint('DYNAMODB') ?? `https://${regionalHost('dynamodb')}/`,
        {
          method: 'POST',
          headers: {
            'content-type': 'application/x-amz-json-1.0',
            'x-amz-target': 'DynamoDB_20120810.UpdateItem',
          },
          body: JSON.stringify({
            TableName: table,
            Key: { pk: { S: `${keyId}#${window}` } },
            UpdateExpression: 'ADD requests :requests SET expires_at = :expires_at',
            ExpressionAttributeValues: {
              ':requests': { N: String(requests) },
              ':expires_at': { N: String(Math.floor(window / 1000) + KEEP_SECONDS) },
            },
            ReturnValues: 'UPDATED_NEW',
          }),
          signal: AbortSignal.timeout(LONGEST_MS),
        },
      );
      const { Attributes } = JSON.parse(answer) as { Attributes: { requests: { N: string } } };
      return Number(Attributes.requests.N);
    },
  };
}
