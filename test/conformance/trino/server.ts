import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A value as Trino's protocol gives it; whole numbers as texts, so that 64 bits survive. */
export type TrinoValue =
  | string
  | number
  | boolean
  | null
  | readonly TrinoValue[]
  | { readonly [name: string]: TrinoValue };

/** What a statement gave. */
export interface TrinoResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly TrinoValue[])[];
}

/** A statement that Trino refused or that failed. */
export class TrinoError extends Error {
  override readonly name = 'TrinoError';
}

const START_TIMEOUT_MS = 120_000;
const HEAP = '-Xmx1536m';

/** A Trino server of its own, with one Hive catalog over local files. */
export class Trino {
  readonly #process: ChildProcess;
  readonly #url: string;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.#url = url;
  }

  /** Starts Trino on a free port. @param home where .ci/trino/check.sh keeps it; @param folder for its configuration, log and metastore */
  static async start(home: string, folder: string): Promise<Trino> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    configure(home, folder, url, port);
    const log = createWriteStream(join(folder, 'trino.log'));
    await once(log, 'open');
    const child = spawn('java', javaArguments(home, folder), {
      cwd: folder,
      stdio: ['ignore', log, log],
    });
    const trino = new Trino(child, url);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await trino.#isStarted())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill('SIGKILL');
        const tail = readFileSync(join(folder, 'trino.log'), 'utf8').slice(-4000);
        throw new Error(`trino did not start:\n${tail}`);
      }
      await sleep(500);
    }
    return trino;
  }

  /** Runs a statement. @param session session properties, as {"hive.compression_codec": "ZSTD"} */
  async run(
    statement: string,
    session: Readonly<Record<string, string>> = {},
  ): Promise<TrinoResult> {
    const properties = Object.entries(session)
      .map(([name, value]) => `${name}=${value}`)
      .join(',');
    const headers = {
      'X-Trino-User': 'check',
      'X-Trino-Catalog': 'hive',
      'X-Trino-Schema': 'lake',
      'X-Trino-Time-Zone': 'UTC',
      ...(properties === '' ? {} : { 'X-Trino-Session': properties }),
    };
    let answer = await this.#request(`${this.#url}/v1/statement`, {
      method: 'POST',
      body: statement,
      headers,
    });
    let columns: TrinoResult['columns'] = [];
    const rows: (readonly TrinoValue[])[] = [];
    for (;;) {
      if (answer.error !== undefined)
        throw new TrinoError(`${answer.error.errorName}: ${answer.error.message}`);
      columns = answer.columns ?? columns;
      rows.push(...(answer.data ?? []));
      if (answer.nextUri === undefined) return { columns, rows };
      answer = await this.#request(answer.nextUri, { headers });
    }
  }

  /** Ends the server. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  async #request(url: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(url, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`trino answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text, exactIntegers) as Answer;
  }

  async #isStarted(): Promise<boolean> {
    try {
      const response = await fetch(`${this.#url}/v1/info`);
      return response.ok && ((await response.json()) as { starting: boolean }).starting === false;
    } catch {
      // Nobody listens yet: that is what this asks.
      return false;
    }
  }
}

interface Answer {
  readonly columns?: TrinoResult['columns'];
  readonly data?: readonly (readonly TrinoValue[])[];
  readonly nextUri?: string;
  readonly error?: { readonly errorName: string; readonly message: string };
}

/** Whole numbers beyond 2^53 stay the text that they are. */
function exactIntegers(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? source : value;
}

function configure(home: string, folder: string, url: string, port: number): void {
  mkdirSync(join(folder, 'catalog'), { recursive: true });
  mkdirSync(join(folder, 'metastore'), { recursive: true });
  write(join(folder, 'config.properties'), {
    'node.environment': 'check',
    'node.id': 'check',
    coordinator: 'true',
    'node-scheduler.include-coordinator': 'true',
    'http-server.http.port': String(port),
    'discovery.uri': url,
    'node.internal-address': '127.0.0.1',
    'plugin.dir': join(home, 'plugin'),
    'catalog.config-dir': join(folder, 'catalog'),
    'query.max-memory': '400MB',
    'query.max-memory-per-node': '400MB',
    'memory.heap-headroom-per-node': '200MB',
  });
  write(join(folder, 'log.properties'), { 'io.trino': 'WARN', io: 'WARN', Bootstrap: 'WARN' });
  write(join(folder, 'catalog/hive.properties'), {
    'connector.name': 'hive',
    'hive.metastore': 'file',
    'hive.metastore.catalog.dir': `local://${join(folder, 'metastore')}`,
    'hive.metastore.user': 'check',
    'hive.security': 'allow-all',
    'hive.non-managed-table-writes-enabled': 'true',
    'hive.allow-register-partition-procedure': 'true',
    'hive.parquet.time-zone': 'UTC',
    // By name, as Athena reads Parquet.
    'hive.parquet.use-column-names': 'true',
  });
}

function write(file: string, properties: Readonly<Record<string, string>>): void {
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
}

function javaArguments(home: string, folder: string): string[] {
  return [
    HEAP,
    '-XX:+UseG1GC',
    '-XX:ReservedCodeCacheSize=256M',
    '-Djdk.attach.allowAttachSelf=true',
    '--add-opens=java.base/java.nio=ALL-UNNAMED',
    '-Duser.timezone=UTC',
    `-Dconfig=${join(folder, 'config.properties')}`,
    `-Dlog.levels-file=${join(folder, 'log.properties')}`,
    '-cp',
    `${join(home, 'start')}:${join(home, 'lib')}/*`,
    'StartTrino',
  ];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
