import { describe, expect, test } from '@jest/globals';
import { csv, useLoading } from './loading.ts';

const loading = useLoading();
const { file, load } = loading;

describe('files that could lose or merge events', () => {
  test('a column that may hold message ids by its name is none where they repeat', async () => {
    const path = await file(
      'a.csv',
      'user_id,event,ts,event_id\nu,a,2026-01-01T00:00:00Z,1\nv,b,2026-01-01T00:00:00Z,2\nw,a,2026-01-01T00:00:00Z,1\n',
    );

    await expect(load(path)).rejects.toThrow('3 rows have 2 different ones');
    const mapping = { user_id: 'user_id', event: 'event', timestamp: 'ts', properties: '*' };
    expect(await load(path, { mapping })).toMatchObject({ accepted: 3 });
    expect(new Set(loading.server.accepted.map(({ messageId }) => messageId)).size).toBe(3);
  });

  test('a row without the column constructor has no value for it', async () => {
    const mapping = { user_id: 'u', event: 'constructor', timestamp: 't' };
    const path = await file('a.jsonl', '{"u":"1","t":"2026-01-01T00:00:00Z"}');

    expect(await load(path, { mapping })).toMatchObject({ accepted: 0, bad: 1 });
  });

  test('JSON lines end at line feeds alone, and integers beyond 2^53 keep their digits', async () => {
    const path = await file(
      'a.jsonl',
      '{"user_id":1234567890123456789,"event":"x","ts":"2026-01-01T00:00:00Z","text":"a\u2028b","n":[9007199254740993]}\r\n\n{"user_id":1234567890123456788,"event":"y","ts":"2026-01-01T00:00:00Z"}',
    );

    expect(await load(path)).toMatchObject({ accepted: 2, bad: 0 });
    expect(loading.server.accepted).toMatchObject([
      {
        userId: '1234567890123456789',
        properties: { text: 'a\u2028b', n: ['9007199254740993'] },
      },
      { userId: '1234567890123456788' },
    ]);
  });
});

describe('servers that could lose or double events', () => {
  test('413 for several events stops the load: they are fine, something on the way takes less', async () => {
    const path = await file('a.csv', csv(100));
    loading.server.fault = (_, batch) => (batch.length > 10 ? { status: 413 } : undefined);

    expect(await load(path)).toMatchObject({
      accepted: 0,
      refused: {},
      stopped: expect.stringContaining('a smaller --batch-size may pass'),
    });
    expect(await load(path, { batchSize: 10 })).toMatchObject({ accepted: 100 });
  });

  test('an answer that breaks off is asked for again', async () => {
    const path = await file('a.csv', csv(10));
    loading.server.fault = (request) => (request === 1 ? 'cut' : undefined);

    expect(await load(path)).toMatchObject({ accepted: 10, sent: 10 });
    expect(loading.server.accepted).toHaveLength(20);
    expect(new Set(loading.server.accepted.map(({ messageId }) => messageId)).size).toBe(10);
  });
});
