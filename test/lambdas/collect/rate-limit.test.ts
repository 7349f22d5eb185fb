import { jest } from '@jest/globals';
import type { Sender } from '../../../lambdas/collect/authenticate.ts';
import { rateCounter } from '../../../lambdas/collect/rate-counter.ts';
import { RATE_WINDOW_MS, RateLimits } from '../../../lambdas/collect/rate-limit.ts';
import { TooManyRequestsError } from '../../../lambdas/runtime/http-error.ts';
import { logger } from '../../../lambdas/runtime/logger.ts';
import { DynamoDb } from '../../../local/dynamodb/dynamodb.ts';
import { createGateway } from '../../../local/gateway/gateway.ts';
import { ROOT } from '../../../local/iam/callers.ts';
import { createS3 } from '../../../local/s3/s3.ts';
import { removeTemporaryFolders, temporaryFolder } from '../../local/fixture.ts';
import { testApp } from '../query/app-fixture.ts';

const TABLE = 'rate-limits';
const START = 1_795_284_020_000 - (1_795_284_020_000 % RATE_WINDOW_MS);
const tables = new DynamoDb(temporaryFolder());
const gateway = createGateway({
  services: [tables.service],
  s3: createS3({ folder: temporaryFolder(), region: 'us-east-1' }).endpoint,
  callers: () => ROOT,
});
let keys = 0;

beforeAll(async () => {
  await tables.resources['AWS::DynamoDB::Table']!.create({
    logicalId: TABLE,
    type: 'AWS::DynamoDB::Table',
    generatedName: TABLE,
    properties: {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    },
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: await gateway.listen(0),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await gateway.close();
  await tables.close();
  removeTemporaryFolders();
});

/** A key that nobody used, of an app with this limit. */
function sender(requestsPerSecond: number): Sender {
  keys++;
  return { app: testApp('shop', { requestsPerSecond }), kind: 'public', keyId: `key-${keys}` };
}

/** Requests that are admitted of so many. */
async function admitted(limits: RateLimits, from: Sender, requests: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < requests; i++) {
    try {
      limits.admit(from);
      count++;
    } catch (error) {
      if (!(error instanceof TooManyRequestsError)) throw error;
    }
    await limits.settled();
  }
  return count;
}

describe('RateLimits', () => {
  it('admits ten seconds of requests in a window, and again in the next', async () => {
    let now = START;
    const limits = new RateLimits(rateCounter(TABLE), () => now);
    const from = sender(2);

    const first = await admitted(limits, from, 30);
    now += RATE_WINDOW_MS;
    const second = await admitted(limits, from, 30);

    expect([first, second]).toEqual([20, 20]);
  });

  it('says what is allowed and when to come again', async () => {
    const limits = new RateLimits(rateCounter(TABLE), () => START + 3_500);
    const from = sender(1);
    await admitted(limits, from, 10);

    expect(() => limits.admit(from)).toThrow(
      expect.objectContaining({
        status: 429,
        headers: { 'retry-after': '7' },
        message: expect.stringContaining('more than 10 requests in 10 seconds (1 a second)'),
      }),
    );
  });

  it('holds for all functions together', async () => {
    const functions = [0, 1, 2].map(() => new RateLimits(rateCounter(TABLE), () => START));
    const from = sender(30);

    let count = 0;
    for (let i = 0; i < 200; i++) {
      for (const limits of functions) count += await admitted(limits, from, 1);
    }

    // Each function may be one report behind the others.
    expect(count).toBeGreaterThanOrEqual(300);
    expect(count).toBeLessThanOrEqual(306);
  });

  it('keeps keys apart', async () => {
    const limits = new RateLimits(rateCounter(TABLE), () => START);

    expect(await admitted(limits, sender(1), 20)).toBe(10);
    expect(await admitted(limits, sender(1), 20)).toBe(10);
  });

  it('writes nothing while little comes', async () => {
    const add = jest.fn(async () => 0);
    const limits = new RateLimits({ add }, () => START);

    await admitted(limits, sender(1_000), 19);

    expect(add).not.toHaveBeenCalled();
  });

  it('limits by its own count where the shared one fails, and does not ask it with every request', async () => {
    const warn = jest.spyOn(logger, 'warn').mockImplementation(() => undefined);
    const limits = new RateLimits(rateCounter('no-such-table'), () => START);

    const count = await admitted(limits, sender(100), 1_200);

    expect(count).toBe(1_000);
    expect(warn.mock.calls.length).toBeLessThanOrEqual(500);
  });
});
