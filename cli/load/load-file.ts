import { hash } from 'node:crypto';
import { fingerprint, LoadState } from './load-state.ts';
import { BadRowError, type Call, rowMapper, type SourceRow } from './map-row.ts';
import { defaultMapping, type Mapping } from './mapping.ts';
import { openRows, type ReadOptions, type RowOrError, type RowSource } from './read-rows.ts';
import { type BatchAnswer, LoadStoppedError, sendBatch, type Target } from './send-batch.ts';

/** What to load, and how. */
export interface LoadOptions extends ReadOptions {
  readonly file: string;
  readonly target: Target;
  /** Default: by common names of columns. */
  readonly mapping?: Mapping;
  readonly statePath: string;
  /** Events a request, at most. */
  readonly batchSize: number;
  /** Requests at a time. */
  readonly concurrency: number;
  /** The load stops after so many rows that the mapping makes no event of. */
  readonly maxBadRows: number;
}

/** What a load tells while it runs. */
export interface LoadListener {
  /** Rows settled so far, those of earlier runs among them, and the share of the file read, 0 to 1. */
  progress(rows: number, share: number): void;
  /** A row that is not in the lake, and why. */
  problem(message: string): void;
}

/** What a load did. */
export interface LoadSummary {
  /** Rows that an earlier run had settled. */
  readonly skipped: number;
  /** Events that this run sent and got answers for. */
  readonly sent: number;
  /** Of the whole file, over all runs. */
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly bad: number;
  readonly seconds: number;
  /** Why it ended before the file's end; undefined where it did not. */
  readonly stopped?: string;
  /** Whether nothing of the file was ever taken: there is no state then, and a mended call may differ. */
  readonly untouched: boolean;
}

/** Below the server's limit of 500 KB a request. */
const MAX_BATCH_BYTES = 450_000;

interface Batch {
  readonly first: number;
  last: number;
  readonly events: string[];
  readonly rows: number[];
  bytes: number;
  bad: number;
}

/**
 * Sends a file's rows as events, in batches, several at a time. Goes on where an earlier run of the same file, mapping and
 * target stopped.
 * @param signal Ends the load after the requests under way.
 */
export async function loadFile(
  options: LoadOptions,
  listener: LoadListener,
  signal?: AbortSignal,
): Promise<LoadSummary> {
  const startedAt = performance.now();
  const mark = await fingerprint(options.file);
  const state = await LoadState.open(options.statePath, jobOf(options, mark));
  const skipped = state.settledRows;
  const run = { sent: 0, mayBeTaken: !state.isNew, stopped: undefined as string | undefined };
  if (!state.done) {
    // Before the first event: a load whose state cannot be kept would double after a crash.
    await state.save();
    const source = await openRows(options.file, options);
    const batches = makeBatches(options, source, mark, state, listener);
    const target = { ...options.target, ...(signal && { signal }) };
    const interruptible = { ...options, target };
    const work = async (): Promise<void> => {
      for await (const batch of batches) {
        await settle(interruptible, batch, state, run, listener);
        listener.progress(state.settledRows, source.progress());
        if (signal?.aborted) run.stopped ??= 'interrupted';
        if (run.stopped !== undefined) return;
      }
    };
    const workers = Array.from({ length: options.concurrency }, () =>
      work().catch((error: Error) => {
        run.stopped ??= error.message;
        if (!(error instanceof LoadStoppedError)) throw error;
      }),
    );
    const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected');
    state.done = run.stopped === undefined && failed === undefined;
    if (run.mayBeTaken || state.done) await state.save();
    else await state.remove();
    if (failed?.status === 'rejected') throw failed.reason;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { stopped } = run;
  return {
    skipped,
    sent: run.sent,
    ...state.counts,
    seconds,
    untouched: !run.mayBeTaken,
    ...(stopped === undefined ? {} : { stopped }),
  };
}

/** The first events that a load would send. Bad rows throw. */
export async function previewFile(
  options: Pick<LoadOptions, 'file' | 'mapping' | 'format' | 'delimiter'>,
  count: number,
): Promise<Call[]> {
  const mark = await fingerprint(options.file);
  const source = await openRows(options.file, options);
  for await (const chunk of source.chunks) {
    const map = mapperFor(options.mapping, source, chunk, mark);
    return chunk.slice(0, count).map((row) => {
      if (row instanceof BadRowError) throw row;
      return map(row);
    });
  }
  return [];
}

function jobOf({ mapping, target }: LoadOptions, mark: string): string {
  const { url, writeKey } = target;
  return hash('sha256', JSON.stringify([mark, mapping ?? 'default', new URL(url).href, writeKey]));
}

function mapperFor(
  mapping: Mapping | undefined,
  source: RowSource,
  chunk: readonly RowOrError[],
  mark: string,
): (row: SourceRow) => Call {
  const sample = chunk
    .slice(0, 100)
    .flatMap((row) => (row instanceof BadRowError ? [] : [row.values]));
  const [first] = chunk;
  // Columns can be guessed of nothing: what is wrong with the rows is the error.
  if (mapping === undefined && sample.length === 0 && first instanceof BadRowError) throw first;
  const columns = [...new Set(sample.flatMap((values) => Object.keys(values)))];
  return rowMapper(
    mapping ?? defaultMapping(columns, sample),
    // A line of JSON may leave out what it does not have; an unreadable first part says nothing of the columns.
    source.format === 'jsonl' || columns.length === 0 ? undefined : columns,
    mark,
  );
}

/** Batches of rows that are not settled, in the file's order. Together they cover every row, bad ones too. */
async function* makeBatches(
  { batchSize, mapping, maxBadRows }: LoadOptions,
  source: RowSource,
  mark: string,
  state: LoadState,
  listener: LoadListener,
): AsyncGenerator<Batch> {
  let map: ((row: SourceRow) => Call) | undefined;
  let batch: Batch | undefined;
  let bad = state.counts.bad;
  let number = 0;
  for await (const chunk of source.chunks) {
    map ??= mapperFor(mapping, source, chunk, mark);
    for (const row of chunk) {
      number += 1;
      if (state.has(number)) continue;
      const event = eventOf(row, map);
      const bytes = typeof event === 'string' ? Buffer.byteLength(event) + 1 : 0;
      if (
        batch !== undefined &&
        (batch.events.length >= batchSize || batch.bytes + bytes > MAX_BATCH_BYTES)
      ) {
        yield batch;
        batch = undefined;
      }
      batch ??= { first: number, last: number, events: [], rows: [], bytes: 0, bad: 0 };
      batch.last = number;
      if (typeof event === 'string') {
        batch.events.push(event);
        batch.rows.push(number);
        batch.bytes += bytes;
        continue;
      }
      batch.bad += 1;
      bad += 1;
      listener.problem(event.message);
      if (bad > maxBadRows) {
        throw new LoadStoppedError(
          `more than ${maxBadRows} bad rows: allow more with --max-bad-rows and load them from a file of their own; a mended file or mapping sends anew what is in already, as other events unless message_id is a column`,
        );
      }
    }
  }
  if (batch !== undefined) yield batch;
}

function eventOf(row: RowOrError, map: (row: SourceRow) => Call): string | BadRowError {
  if (row instanceof BadRowError) return row;
  try {
    return JSON.stringify(map(row));
  } catch (error) {
    if (error instanceof BadRowError) return error;
    throw error;
  }
}

async function settle(
  { target }: LoadOptions,
  batch: Batch,
  state: LoadState,
  run: { sent: number; mayBeTaken: boolean },
  listener: LoadListener,
): Promise<void> {
  const answer: BatchAnswer =
    batch.events.length === 0
      ? { accepted: 0, refused: [] }
      : await sendBatch(target, batch.events).catch((error: Error) => {
          run.mayBeTaken ||= !(error instanceof LoadStoppedError && error.nothingTaken);
          throw error;
        });
  run.sent += batch.events.length;
  run.mayBeTaken ||= batch.events.length > 0;
  state.counts.accepted += answer.accepted;
  state.counts.bad += batch.bad;
  for (const { index, code, message } of answer.refused) {
    state.counts.refused[code] = (state.counts.refused[code] ?? 0) + 1;
    listener.problem(`row ${batch.rows[index] ?? '?'}: refused, ${code}: ${message}`);
  }
  await state.settle(batch.first, batch.last);
}
