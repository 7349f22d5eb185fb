import type { DeadLetter } from '../../../core/event.ts';
import { Delivery } from '../../../lambdas/collect/delivery.ts';
import type { Line } from '../../../lambdas/collect/map.ts';
import { kinesis } from '../../../lambdas/runtime/clients/kinesis.ts';
import { logger } from '../../../lambdas/runtime/logger.ts';
import { type Aws, DESTINATIONS, linesOf, startAws } from '../aws.ts';

let aws: Aws;

beforeEach(async () => {
  logger.setLogLevel('SILENT');
  aws ??= await startAws();
  aws.faults.clear();
});
afterAll(async () => {
  kinesis().destroy();
  await aws.close();
});

let made = 0;

/** Lines that no other test has, each of about as many bytes. */
function someLines(count: number, bytes = 100): Line[] {
  return Array.from({ length: count }, () => ({
    json: JSON.stringify({ message_id: `m${made++}`, padding: 'x'.repeat(bytes) }),
    appId: 'shop',
    personId: 'u1',
  }));
}

function someLetters(count: number): DeadLetter[] {
  return Array.from({ length: count }, () => ({
    dead_letter_id: `d${made++}`,
    received_at: 1,
    app_id: 'shop',
    code: 'invalid_event' as const,
    pointer: '',
    message: 'm',
    payload: '{}',
    request: '{}',
  }));
}

/** Stores and tells where the lines lie afterwards, sorted. */
async function store(lines: readonly Line[], letters: readonly DeadLetter[] = []) {
  const delivery = new Delivery(kinesis(), DESTINATIONS, 3_000);
  const error = await delivery.store(lines, letters).catch((thrown: unknown) => thrown);
  const wanted = new Set([
    ...lines.map(({ json }) => json),
    ...letters.map((l) => JSON.stringify(l)),
  ]);
  const own = (all: readonly string[]) => all.filter((line) => wanted.has(line)).sort();
  const records = await aws.streamRecords();
  const fallback = await aws.fallback();
  return {
    error,
    records: records.filter((text) => linesOf(text).some((line) => wanted.has(line))),
    stream: own(records.flatMap(linesOf)),
    deadLetters: own(aws.deadLetterLines()),
    fallback: own(fallback.flatMap(({ lines: kept }) => kept)),
    fallbackKeys: fallback
      .filter(({ lines: kept }) => kept.some((line) => wanted.has(line)))
      .map(({ key }) => key),
  };
}

const texts = (lines: readonly Line[]) => lines.map(({ json }) => json).sort();

describe('Delivery', () => {
  it('puts the events of a request into one record, one a line, each ended', async () => {
    const lines = someLines(100);

    const { error, records, stream, fallback } = await store(lines);

    expect([error, stream, fallback]).toEqual([undefined, texts(lines), []]);
    expect(records).toEqual([`${lines.map(({ json }) => json).join('\n')}\n`]);
  });

  it('splits what does not fit one record', async () => {
    const lines = someLines(100, 30_000);

    const { records, stream } = await store(lines);

    expect(stream).toEqual(texts(lines));
    expect(records.length).toBeGreaterThan(2);
    expect(records.every((record) => record.length < 1_000_000)).toBe(true);
  });

  it('sends again only what was not taken', async () => {
    aws.faults.set([
      { service: 'kinesis', operation: 'PutRecords', action: 'partial', count: 2, times: 2 },
    ]);
    const lines = someLines(70, 30_000);

    const { error, stream, fallback } = await store(lines);

    expect([error, stream, fallback]).toEqual([undefined, texts(lines), []]);
  });

  it.each([
    ['throttled', { action: 'throttle' }],
    ['broken', { action: 'error' }],
    ['not permitted', { action: 'error', code: 'AccessDeniedException' }],
    ['always partly full', { action: 'partial', count: 500 }],
  ] as const)('keeps events in the lake while the stream is %s', async (_, fault) => {
    aws.faults.set([{ service: 'kinesis', operation: 'PutRecords', ...fault }]);
    const lines = someLines(3);

    const { error, stream, fallback, fallbackKeys } = await store(lines);

    expect([error, stream, fallback]).toEqual([undefined, [], texts(lines)]);
    expect(fallbackKeys).toEqual([
      expect.stringMatching(/^fallback\/dt=\d{4}-\d\d-\d\d\/[0-9a-f-]{36}\.jsonl$/),
    ]);
  });

  it('keeps only what the stream did not take in the lake', async () => {
    aws.faults.set([{ service: 'kinesis', operation: 'PutRecords', action: 'partial', count: 1 }]);
    const lines = someLines(100, 30_000);

    const { stream, fallback } = await store(lines);

    expect(stream.length).toBeGreaterThan(0);
    expect(fallback.length).toBeGreaterThan(0);
    expect([...stream, ...fallback].sort()).toEqual(texts(lines));
  });

  it('keeps events in the lake where the stream takes too long', async () => {
    aws.faults.set([{ service: 'kinesis', operation: 'PutRecords', action: 'delay', ms: 3_000 }]);
    const lines = someLines(1);
    const before = Date.now();

    const { error, fallback } = await store(lines);

    expect([error, fallback]).toEqual([undefined, texts(lines)]);
    expect(Date.now() - before).toBeLessThan(3_000);
  });

  it('accepts nothing where neither stream nor lake takes it, and says when to come back', async () => {
    aws.faults.set([
      { service: 'kinesis', operation: 'PutRecords', action: 'error' },
      { service: 's3', operation: 'PutObject', action: 'error', code: 'AccessDenied' },
    ]);

    const { error } = await store(someLines(1));

    expect(error).toMatchObject({
      status: 503,
      code: 'not_stored',
      headers: { 'retry-after': '5' },
    });
  });

  it('puts refused events into Firehose, and sends again what was not taken', async () => {
    aws.faults.set([
      { service: 'firehose', operation: 'PutRecordBatch', action: 'partial', count: 1, times: 1 },
    ]);
    const letters = someLetters(5);

    const { error, deadLetters } = await store(someLines(1), letters);

    expect(error).toBeUndefined();
    expect(deadLetters).toEqual(letters.map((letter) => JSON.stringify(letter)).sort());
  });

  it('stores no refused events of a request whose others are not stored: it comes again', async () => {
    aws.faults.set([
      { service: 'kinesis', operation: 'PutRecords', action: 'error' },
      { service: 's3', operation: 'PutObject', action: 'error', code: 'AccessDenied' },
    ]);

    const { error, deadLetters, fallback } = await store(someLines(1), someLetters(1));

    expect(error).toMatchObject({ status: 503 });
    expect([deadLetters, fallback]).toEqual([[], []]);
  });

  it('keeps refused events in the lake where Firehose fails', async () => {
    aws.faults.set([{ service: 'firehose', operation: '*', action: 'throttle' }]);
    const letters = someLetters(2);

    const { error, fallback, fallbackKeys } = await store([], letters);

    expect(error).toBeUndefined();
    expect(fallback).toEqual(letters.map((letter) => JSON.stringify(letter)).sort());
    expect(fallbackKeys[0]).toMatch(/^fallback\/dead-letters\/dt=/);
  });
});
