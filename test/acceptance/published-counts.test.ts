import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { removeStacks, startTestStack, type TestStack } from '../end-to-end/stack.ts';
import { compare } from './compare.ts';
import { acceptanceConfig, type DataSet, SERVER_KEY } from './config.ts';
import { ecommerceExpectations, systemDesignExpectations } from './expected.ts';
import { ecommerceCalls, systemDesignCalls } from './population.ts';

/** What `npm run acceptance` proves with the data sets themselves, on populations made to have their published counts. */
const published = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/published-counts.json'), 'utf8'),
) as Record<DataSet, Record<string, unknown>>;
const BATCH = 1500;
let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ config: acceptanceConfig });
  await sendAll('ecommerce', ecommerceCalls(published.ecommerce));
  await sendAll('system_design', systemDesignCalls(published.system_design));
  await stack.build();
}, 240_000);

afterAll(async () => {
  await stack.stop();
  removeStacks();
});

describe('populations with published counts, sent over HTTP, built and asked through the API', () => {
  test('every number of the four-step shop comes out', async () => {
    const mismatches = await compare(stack.apiUrl, ecommerceExpectations(published.ecommerce));
    expect(mismatches).toEqual([]);
  });

  test('every number of the six-step funnel comes out, in both readings and in the published tables', async () => {
    const expectations = systemDesignExpectations(published.system_design);
    expect(await compare(stack.apiUrl, expectations)).toEqual([]);
  });
});

/** Sends calls in batches, four requests at a time. */
async function sendAll(dataSet: DataSet, calls: Generator<object>): Promise<void> {
  const sender = async () => {
    for (let batch = take(calls); batch.length > 0; batch = take(calls)) {
      const response = await stack.send('/v1/batch', { batch }, SERVER_KEY(dataSet));
      expect(await response.json()).toMatchObject({ accepted: batch.length, refused: [] });
    }
  };
  await Promise.all(Array.from({ length: 4 }, sender));
}

function take(calls: Generator<object>): object[] {
  const batch: object[] = [];
  while (batch.length < BATCH) {
    const next = calls.next();
    if (next.done) break;
    batch.push(next.value);
  }
  return batch;
}
