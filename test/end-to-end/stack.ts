import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { MillraceConfig } from '../../core/config.ts';
import type { Fault } from '../../local/faults.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import sampleConfig from '../../millrace.config.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** What an assembly is made of. */
const SOURCES = [
  'bin',
  'core',
  'lambdas',
  'lib',
  'schemas',
  'sql',
  'cdk.json',
  'package-lock.json',
];
const CACHE = path.join(ROOT, 'node_modules/.cache/millrace-assemblies');
const CACHED_MS = 24 * 3_600_000;
const folders: string[] = [];
const assemblies = new Map<string, Promise<string>>();

/** How a stack of a test runs. */
export interface TestStackOptions {
  /**
   * What the template is made of.
   *
   * @default - millrace.config.ts
   */
  readonly config?: MillraceConfig;
  /**
   * Buffers and waits run so many times faster; what a test waits for it should flush or build itself.
   *
   * @default 60
   */
  readonly speed?: number;
  /**
   * Data folder: an earlier stack's, to go on where it ended.
   *
   * @default - a new one
   */
  readonly data?: string;
  /** Assembly to run instead of the config's: one that a test has changed. */
  readonly assembly?: string;
  readonly faults?: readonly Fault[];
}

/** Resources of a template by logical id, to be changed. */
export type Resources = Record<
  string,
  { Type: string; Properties: Record<string, unknown>; Metadata?: Record<string, unknown> }
>;

/** A stack in this process. */
export interface TestStack extends Stack, Client {
  readonly data: string;
  /** What a person would have seen on the terminal. */
  readonly terminal: readonly string[];
  /** Delivers what is buffered, then runs builds to their end; gives the execution's output. */
  build(input?: object): Promise<unknown>;
}

/** A stack in a process of its own, which a test can kill. */
export interface ChildStack extends Client {
  readonly awsUrl: string;
  readonly data: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly process: ChildProcess;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>;
}

/** What a client of the HTTP API does. */
export interface Client {
  readonly apiUrl: string;
  /** POSTs JSON with a write key. */
  send(route: string, body: unknown, writeKey?: string): Promise<Response>;
  /** Asks a question with a read key: `funnels?name=checkout&from=…`. */
  ask(app: string, question: string, readKey?: string): Promise<Response>;
}

/** The cloud assembly of a config; made once in a process. */
export function assemblyOf(config: MillraceConfig = sampleConfig): Promise<string> {
  const json = JSON.stringify(config);
  const known = assemblies.get(json);
  if (known) return known;
  const made = synthesizeOnce(json);
  assemblies.set(json, made);
  return made;
}

/**
 * A copy of an assembly with resources changed: what a mistake in lib/ would make.
 * @param change may change files of the copy, whose folder it gets, too.
 */
export async function changedAssembly(
  change: (resources: Resources, copy: string) => void,
): Promise<string> {
  const assembly = await assemblyOf();
  const copy = path.join(temporaryFolder(), 'cdk.out');
  cpSync(assembly, copy, { recursive: true });
  for (const name of readdirSync(copy).filter((file) => file.endsWith('.template.json'))) {
    const file = path.join(copy, name);
    const template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Resources };
    change(template.Resources, copy);
    writeFileSync(file, JSON.stringify(template));
  }
  return copy;
}

/** Starts a stack in this process, on free ports, without schedules. */
export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const data = options.data ?? temporaryFolder();
  const terminal: string[] = [];
  const stack = await startStack({
    assembly: options.assembly ?? (await assemblyOf(options.config)),
    data,
    apiPort: 0,
    awsPort: 0,
    speed: options.speed ?? 60,
    schedules: false,
    terminal: (line) => terminal.push(line),
    ...(options.faults && { faults: options.faults }),
  });
  const build = async (input: object = {}) => {
    await stack.flush();
    const { status, output, error, cause } = await stack.startExecution('Builds', input);
    if (status !== 'SUCCEEDED') throw new Error(`builds ${status}: ${error ?? ''} ${cause ?? ''}`);
    return JSON.parse(output ?? 'null');
  };
  return { ...stack, ...client(stack.apiUrl), data, terminal, build };
}

/** Starts `npm start`'s own program in a process of its own, on free ports, without schedules and sample traffic. */
export async function startChild(options: TestStackOptions = {}): Promise<ChildStack> {
  const data = options.data ?? temporaryFolder();
  const assembly = options.assembly ?? (await assemblyOf(options.config));
  const args = ['--assembly', assembly, '--data', data, '--speed', String(options.speed ?? 60)];
  const child = spawn(
    process.execPath,
    [
      '--no-warnings',
      path.join(ROOT, 'local/start.ts'),
      ...args,
      ...['--port', '0', '--aws-port', '0', '--no-schedules', '--no-sample'],
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        ...process.env,
        ...(options.faults && { MILLRACE_FAULTS: JSON.stringify(options.faults) }),
      },
    },
  );
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  const started = await Promise.race([
    once(child, 'message').then(
      ([message]) => message as Pick<ChildStack, 'apiUrl' | 'awsUrl' | 'outputs'>,
    ),
    once(child, 'exit').then(() => undefined),
  ]);
  if (!started) throw new Error(`the local stack did not start: ${complaints}`);
  return {
    ...started,
    ...client(started.apiUrl),
    data,
    process: child,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

/** A folder that {@link removeStacks} removes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-stack-'));
  folders.push(folder);
  return folder;
}

/** Removes data folders and changed assemblies: for afterAll, after all stacks have stopped. */
export function removeStacks(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Test files share assemblies: one is made anew where the config or a source that goes into it has changed. */
async function synthesizeOnce(json: string): Promise<string> {
  const hash = createHash('sha256').update(json);
  for (const file of SOURCES.flatMap(filesIn)) hash.update(file).update(readFileSync(file));
  const cached = path.join(CACHE, hash.digest('hex').slice(0, 16));
  if (existsSync(cached)) return cached;
  forgetOldAssemblies();
  const made = mkdtempSync(`${cached}-`);
  const file = path.join(made, 'config.json');
  writeFileSync(file, json);
  const script = path.join(import.meta.dirname, 'synthesize.ts');
  const args = ['--no-warnings', script, file, path.join(made, 'cdk.out')];
  const env = { ...process.env, CDK_VALIDATION: 'false' };
  await promisify(execFile)(process.execPath, args, { env });
  try {
    renameSync(path.join(made, 'cdk.out'), cached);
  } catch (error) {
    // Another test file was faster: its assembly is the same.
    if (!existsSync(cached)) throw error;
  }
  rmSync(made, { recursive: true });
  return cached;
}

function forgetOldAssemblies(): void {
  mkdirSync(CACHE, { recursive: true });
  for (const name of readdirSync(CACHE)) {
    const folder = path.join(CACHE, name);
    if (Date.now() - statSync(folder).mtimeMs > CACHED_MS) rmSync(folder, { recursive: true });
  }
}

function filesIn(source: string): string[] {
  const whole = path.join(ROOT, source);
  if (!statSync(whole).isDirectory()) return [whole];
  return readdirSync(whole, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

function client(apiUrl: string): Client {
  return {
    apiUrl,
    send: (route, body, writeKey = 'shop-server-key') =>
      fetch(`${apiUrl}${route}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
        },
        body: JSON.stringify(body),
      }),
    ask: (app, question, readKey = 'local-read-key') =>
      fetch(`${apiUrl}/v1/apps/${app}/${question}`, {
        headers: { authorization: `Bearer ${readKey}` },
      }),
  };
}
