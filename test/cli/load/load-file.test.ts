import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { parquetWriteFile } from 'hyparquet-writer';
import { type LoadOptions, previewFile } from '../../../cli/load/load-file.ts';
import { parseMapping } from '../../../cli/load/mapping.ts';
import { IngestServer } from './ingest-server.ts';
import { csv, useLoading } from './loading.ts';

const loading = useLoading();
const { file, load } = loading;

describe('files', () => {
  test('a CSV file with quotes, CRLF and a byte order mark becomes events', async () => {
    const path = await file(
      'a.csv',
      '\uFEFFUser ID,event_name,timestamp,note,empty\r\n7,"a ""b"", c",2026-01-01T00:00:00+01:00,"two\r\nlines",\r\n',
    );

    const summary = await load(path);

    expect(summary).toMatchObject({ sent: 1, accepted: 1, refused: {}, bad: 0, skipped: 0 });
    expect(loading.server.accepted).toEqual([
      {
        type: 'track',
        event: 'a "b", c',
        userId: '7',
        timestamp: '2025-12-31T23:00:00.000Z',
        properties: { note: 'two\r\nlines' },
        messageId: expect.stringMatching(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        ),
      },
    ]);
    expect([...loading.server.authorizations]).toEqual([
      `Basic ${Buffer.from('server-key:').toString('base64')}`,
    ]);
  });

  test('JSON lines that are Segment calls keep their members', async () => {
    const lines = [
      {
        type: 'page',
        event: 'Home',
        userId: 'u',
        timestamp: '2026-01-01T00:00:00Z',
        messageId: 'm1',
        properties: { a: [1, { b: true }] },
        context: { locale: 'de' },
      },
      {
        type: 'track',
        event: 'Buy',
        anonymousId: 'x',
        timestamp: '2026-01-01T00:00:01Z',
        messageId: 'm2',
      },
    ];
    const path = await file(
      'a.jsonl.gz',
      gzipSync(lines.map((line) => JSON.stringify(line)).join('\n')),
    );

    await load(path, {
      mapping: {
        type: 'type',
        event: 'event',
        user_id: 'userId',
        anonymous_id: 'anonymousId',
        timestamp: 'timestamp',
        message_id: 'messageId',
        properties: 'properties',
        context: 'context',
      },
    });

    expect(loading.server.accepted).toEqual([
      {
        type: 'page',
        name: 'Home',
        userId: 'u',
        timestamp: '2026-01-01T00:00:00.000Z',
        messageId: 'm1',
        properties: { a: [1, { b: true }] },
        context: { locale: 'de' },
      },
      {
        type: 'track',
        event: 'Buy',
        anonymousId: 'x',
        timestamp: '2026-01-01T00:00:01.000Z',
        messageId: 'm2',
      },
    ]);
  });

  test('a Parquet file is read over all of its row groups', async () => {
    const path = join(loading.folder, 'a.parquet');
    const rows = Array.from({ length: 2_500 }, (_, i) => i);
    await parquetWriteFile({
      filename: path,
      rowGroupSize: 1_000,
      columnData: [
        { name: 'user_id', data: rows.map((i) => BigInt(i)), type: 'INT64' },
        { name: 'event', data: rows.map(() => 'view'), type: 'STRING' },
        { name: 'ts', data: rows.map((i) => new Date(1_767_225_600_000 + i)), type: 'TIMESTAMP' },
        { name: 'big', data: rows.map(() => 9_007_199_254_740_993n), type: 'INT64' },
      ],
    });

    const summary = await load(path);

    expect(summary.accepted).toBe(2_500);
    expect(new Set(loading.server.accepted.map(({ userId }) => userId)).size).toBe(2_500);
    const last = loading.server.accepted.find(({ userId }) => userId === '2499');
    expect(last).toMatchObject({
      timestamp: '2026-01-01T00:00:02.499Z',
      properties: { big: '9007199254740993' },
    });
  });

  test('an empty file is an error, a file with a header only is not', async () => {
    await expect(load(await file('a.csv', ''))).rejects.toThrow('a CSV file needs a header line');
    await expect(
      load(await file('b.csv', 'user_id,event,ts\n'), { statePath: join(loading.folder, 'b') }),
    ).resolves.toMatchObject({ sent: 0 });
  });

  test('a damaged gzip file is an error and not a short file', async () => {
    const whole = gzipSync(csv(50_000));
    const path = await file('a.csv.gz', whole.subarray(0, whole.length / 2));
    await expect(load(path)).rejects.toThrow(/unexpected end of file/);
  });
});

describe('mappings', () => {
  test('constants, types, nested context and local times', async () => {
    const path = await file('a.csv', 'who,when,cents,device\nx,2026-03-29 03:30,5,phone\n');
    const calls = await previewFile(
      {
        file: path,
        mapping: {
          event: { value: 'Bought' },
          anonymous_id: 'who',
          timestamp: 'when',
          time_zone: 'Europe/Berlin',
          properties: { price: { column: 'cents', as: 'number' }, source: { value: 'till' } },
          context: { 'device.type': 'device' },
        },
      },
      3,
    );
    expect(calls).toMatchObject([
      {
        event: 'Bought',
        anonymousId: 'x',
        timestamp: '2026-03-29T01:30:00.000Z',
        properties: { price: 5, source: 'till' },
        context: { device: { type: 'phone' } },
      },
    ]);
  });

  test.each([
    [
      'a time without an offset',
      'u,e,2026-01-01 10:00',
      {},
      'row 1: column t holds "2026-01-01 10:00": an ISO time with an offset or Z (else say "time_zone"',
    ],
    [
      'a number as an ISO time',
      'u,e,1767225600',
      {},
      'row 1: column t holds "1767225600": an ISO time',
    ],
    [
      'text as seconds',
      'u,e,now',
      { timestamp_format: 'epoch_s' },
      'row 1: column t holds "now": a number of seconds since 1970 is needed',
    ],
    ['no time', 'u,e,', {}, 'row 1: column t holds "": an ISO time'],
    ['no event', 'u,,2026-01-01T10:00Z', {}, "row 1: column e is empty: an event's name is needed"],
    ['too few values', 'u,e', {}, 'row 1: has 2 values, the header has 3 columns'],
  ])('%s is a bad row that names row, column and value', async (_, line, more, message) => {
    const path = await file(
      'a.csv',
      `u,e,t\n${line}\nv,e,${'timestamp_format' in more ? '1767225600' : '2026-01-01T10:00Z'}\n`,
    );

    const summary = await load(path, {
      mapping: { user_id: 'u', event: 'e', timestamp: 't', ...more } as LoadOptions['mapping'] &
        object,
    });

    expect(loading.problems).toEqual([expect.stringContaining(message)]);
    expect(summary).toMatchObject({ sent: 1, accepted: 1, bad: 1 });
  });

  test('too many bad rows stop the load', async () => {
    const path = await file('a.csv', `user_id,event,ts\n${'u,e,never\n'.repeat(10)}`);
    const summary = await load(path, { maxBadRows: 4 });
    expect(summary.stopped).toContain('more than 4 bad rows');
  });

  test('columns without common names need a mapping, and the error lists them', async () => {
    const path = await file('a.csv', 'foo,bar\n1,2\n');
    await expect(load(path)).rejects.toThrow(
      'no column found for event, timestamp, user_id or anonymous_id among foo, bar',
    );
  });

  test('a mapping that names an unknown column lists the known ones', async () => {
    const path = await file('a.csv', 'u,e,t\n1,2,3\n');
    await expect(
      load(path, { mapping: { user_id: 'u', event: 'e', timestamp: 'time' } }),
    ).rejects.toThrow('the mapping names time, the file has the columns u, e, t');
  });
});

describe('sending', () => {
  test('batches keep to the number of events and to the bytes of a request', async () => {
    const wide = `user_id,event,ts,text\n${Array.from({ length: 100 }, (_, i) => `${i},e,2026-01-01T00:00:00Z,${'x'.repeat(20_000)}`).join('\n')}\n`;
    await load(await file('a.csv', csv(1_200)));
    await load(await file('b.csv', wide), { statePath: join(loading.folder, 'b') });
    expect(Math.max(...loading.server.batchSizes)).toBe(500);
    expect(loading.server.batchSizes.filter((size) => size > 22 && size < 200)).toEqual([]);
    expect(loading.server.accepted.length).toBe(1_300);
  });

  test('429, 5xx and broken connections are tried again, as late as Retry-After says', async () => {
    loading.server.fault = (request) =>
      request === 1
        ? { status: 429, headers: { 'retry-after': '1' } }
        : request === 2
          ? { status: 503 }
          : request === 3
            ? 'drop'
            : undefined;
    const summary = await load(await file('a.csv', csv(10)), { concurrency: 1 });
    expect(summary).toMatchObject({ sent: 10, accepted: 10 });
    expect(summary.seconds).toBeGreaterThanOrEqual(1);
    expect(loading.server.requests).toBe(4);
  });

  test('refused events are counted by code and named by row', async () => {
    loading.server.fault = (_, batch) => ({
      status: 200,
      body: {
        accepted: batch.length - 1,
        refused: [{ index: 2, code: 'missing_id', pointer: '', message: 'no id' }],
      },
    });
    const summary = await load(await file('a.csv', csv(10)));
    expect(summary).toMatchObject({ sent: 10, accepted: 9, refused: { missing_id: 1 } });
    expect(loading.problems).toEqual(['row 3: refused, missing_id: no id']);
  });

  test('a refused key stops the load with what the server said', async () => {
    loading.server.fault = () => ({ status: 401, body: { detail: 'unknown write key' } });
    const summary = await load(await file('a.csv', csv(3_000)));
    expect(summary.stopped).toContain('answered 401: unknown write key');
    expect(loading.server.requests).toBeLessThanOrEqual(4);
  });

  test('an answer that does not account for every event stops the load', async () => {
    loading.server.fault = () => ({ status: 200, body: { accepted: 1, refused: [] } });
    const summary = await load(await file('a.csv', csv(10)));
    expect(summary.stopped).toContain('does not account for the 10 events sent');
  });
});

describe('going on', () => {
  test('after a failure in the middle every row is there once', async () => {
    const path = await file('a.csv', csv(10_000));
    loading.server.fault = (request) =>
      request > 7 ? { status: 400, body: { detail: 'down' } } : undefined;
    const first = await load(path);
    loading.server.fault = () => undefined;

    const second = await load(path);

    expect(first.stopped).toContain('answered 400');
    expect(second.skipped).toBe(7 * 500);
    expect(second).toMatchObject({ sent: 10_000 - 3_500, accepted: 10_000 });
    expect(loading.server.accepted.length).toBe(10_000);
    expect(loading.server.messages).toBe(10_000);
  });

  test('a batch whose answer was lost is sent again with the same message ids', async () => {
    const path = await file('a.csv', csv(1_000));
    let lost: readonly unknown[] = [];
    loading.server.fault = (request, batch) => {
      if (request !== 1) return undefined;
      lost = batch;
      return 'drop';
    };
    await load(path, { concurrency: 1 });
    expect(loading.server.accepted.slice(0, 500)).toEqual(lost);
  });

  test('a finished load sends nothing again', async () => {
    const path = await file('a.csv', csv(100));
    await load(path);
    const again = await load(path);
    expect(again).toMatchObject({ sent: 0, skipped: 100, accepted: 100 });
    expect(loading.server.accepted.length).toBe(100);
  });

  test('an interrupted load goes on where it was', async () => {
    const path = await file('a.csv', csv(20_000));
    const interrupt = new AbortController();
    loading.server.fault = (request) => {
      if (request === 5) interrupt.abort();
      return undefined;
    };
    const first = await load(path, {}, interrupt.signal);
    const second = await load(path);
    expect(first.stopped).toBe('interrupted');
    expect(first.sent).toBeLessThan(20_000);
    expect(second.accepted).toBe(20_000);
    expect(loading.server.messages).toBe(20_000);
    expect(loading.server.accepted.length).toBe(20_000);
  });

  test('a state file of another load is not touched', async () => {
    await load(await file('a.csv', csv(10)));
    await expect(load(await file('b.csv', csv(11)))).rejects.toThrow(
      /is of another load .* name another one with --state/,
    );
  });

  test('a load of which nothing was taken leaves no state: a mended key, mapping or address may follow', async () => {
    const path = await file('a.csv', csv(1_000));
    loading.server.fault = () => ({ status: 401, body: { detail: 'the write key is not known' } });
    expect(await load(path)).toMatchObject({ untouched: true, accepted: 0 });
    loading.server.fault = () => undefined;
    const gone = new IngestServer();
    const nowhere = { url: await gone.start(), writeKey: 'server-key', retries: 0 };
    await gone.stop();
    expect(await load(path, { target: nowhere })).toMatchObject({ untouched: true });
    const mapping = { event: 'nope', user_id: 'user_id', timestamp: 'ts' };
    await expect(load(path, { mapping: parseMapping(mapping) })).rejects.toThrow('names nope');
    expect(
      await load(path, { target: { url: loading.url, writeKey: 'another', retries: 0 } }),
    ).toMatchObject({
      untouched: false,
      accepted: 1_000,
    });
  });

  test.each(['drop', { status: 503 }] as const)(
    'a load whose first batch may have been taken keeps its state: %j',
    async (fault) => {
      const path = await file('a.csv', csv(100));
      loading.server.fault = () => fault;
      const target = { url: loading.url, writeKey: 'server-key', retries: 0 };
      expect(await load(path, { target })).toMatchObject({ untouched: false, accepted: 0 });
      loading.server.fault = () => undefined;
      await expect(load(path, { target: { ...target, writeKey: 'another' } })).rejects.toThrow(
        'is of another load',
      );
      expect(await load(path)).toMatchObject({ accepted: 100, untouched: false });
    },
  );

  test('bad rows of the first run are counted once', async () => {
    const path = await file('a.csv', `${csv(3_000)}u,e,never,\n`);
    loading.server.fault = (request) => (request > 2 ? { status: 400 } : undefined);
    await load(path, { concurrency: 1 });
    loading.server.fault = () => undefined;
    const summary = await load(path);
    expect(summary).toMatchObject({ accepted: 3_000, bad: 1 });
    expect(await load(path)).toMatchObject({ accepted: 3_000, bad: 1, skipped: 3_001 });
  });
});
