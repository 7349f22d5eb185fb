import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { type LoadOptions, loadFile } from '../../../cli/load/load-file.ts';
import { IngestServer } from './ingest-server.ts';

/** A folder with files to load and a server that takes them, new for each test. */
export interface Loading {
  folder: string;
  server: IngestServer;
  url: string;
  /** What the listener was told of, in order. */
  problems: string[];
  file(name: string, content: string | Uint8Array): Promise<string>;
  options(path: string, more?: Partial<LoadOptions>): LoadOptions;
  load(
    path: string,
    more?: Partial<LoadOptions>,
    signal?: AbortSignal,
  ): ReturnType<typeof loadFile>;
}

/** Sets up and tears down for each test of a file. */
export function useLoading(): Loading {
  const loading: Loading = {
    folder: '',
    server: new IngestServer(),
    url: '',
    problems: [],
    file: async (name, content) => {
      const path = join(loading.folder, name);
      await writeFile(path, content);
      return path;
    },
    options: (path, more = {}) => ({
      file: path,
      target: { url: loading.url, writeKey: 'server-key', retries: 3, firstWaitMs: 1 },
      statePath: join(loading.folder, 'state.json'),
      batchSize: 500,
      concurrency: 4,
      maxBadRows: 100,
      ...more,
    }),
    load: (path, more, signal) => {
      const { problems } = loading;
      const listener = {
        progress: () => undefined,
        problem: (message: string) => void problems.push(message),
      };
      return loadFile(loading.options(path, more), listener, signal);
    },
  };
  beforeEach(async () => {
    loading.folder = await mkdtemp(join(tmpdir(), 'millrace-load-'));
    loading.server = new IngestServer();
    loading.url = await loading.server.start();
    loading.problems = [];
  });
  afterEach(async () => {
    await loading.server.stop();
    await rm(loading.folder, { recursive: true });
  });
  return loading;
}

/** A CSV file of page views, one a row, a second apart. */
export function csv(rows: number): string {
  const lines = Array.from(
    { length: rows },
    (_, i) => `user-${i},view,2026-01-01T00:00:${String(i % 60).padStart(2, '0')}Z,mobile`,
  );
  return ['user_id,event,ts,device', ...lines, ''].join('\n');
}
