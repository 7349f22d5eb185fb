import { describe, expect, test } from '@jest/globals';
import { authorize } from '../../../lambdas/query/authorize.ts';
import { HttpError } from '../../../lambdas/runtime/http-error.ts';
import { sha256, testApp } from './app-fixture.ts';

const apps = [
  testApp('shop'),
  testApp('blog'),
  testApp('careless', { readKeys: [{ name: 'oops', sha256: sha256('write-careless') }] }),
];

function outcome(app: string, headers: Record<string, string>): string {
  try {
    return authorize(apps, app, headers).id;
  } catch (error) {
    if (error instanceof HttpError) return `${error.status} ${error.message.replace(app, '<app>')}`;
    throw error;
  }
}

const FOREIGN = '403 the key does not read the app "<app>"';
const UNKNOWN = '401 the key is no read key of this deployment';
const NONE = '401 no read key: send it as Authorization: Bearer <key> or as X-Api-Key';

describe('who may read what', () => {
  test.each<[string, Record<string, string>, string]>([
    ['shop', { authorization: 'Bearer read-shop' }, 'shop'],
    ['shop', { authorization: 'bearer  read-shop ' }, 'shop'],
    ['shop', { 'x-api-key': 'read-shop' }, 'shop'],
    ['blog', { authorization: 'Bearer read-blog' }, 'blog'],
    ['blog', { authorization: 'Bearer read-shop' }, FOREIGN],
    ['nothing', { authorization: 'Bearer read-shop' }, FOREIGN],
    ['shop', { authorization: 'Bearer read-nothing' }, UNKNOWN],
    ['nothing', { authorization: 'Bearer read-nothing' }, UNKNOWN],
    ['shop', { authorization: 'Bearer write-shop' }, UNKNOWN],
    ['careless', { authorization: 'Bearer write-careless' }, UNKNOWN],
    ['shop', { authorization: `Bearer ${sha256('read-shop')}` }, UNKNOWN],
    ['shop', { authorization: 'Basic cmVhZC1zaG9wOg==' }, NONE],
    ['shop', { authorization: 'Bearer ' }, NONE],
    ['shop', { 'x-api-key': '' }, NONE],
    ['shop', {}, NONE],
  ])('%s with %j: %s', (app, headers, expected) => {
    expect(outcome(app, headers)).toBe(expected);
  });
});
