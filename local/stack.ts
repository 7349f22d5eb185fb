import path from 'node:path';
import { HttpApi } from './api/http-api.ts';
import { Clock } from './clock.ts';
import { takeDataFolder } from './data-folder.ts';
import { type Fault, type FaultCall, Faults } from './faults.ts';
import { createGateway } from './gateway/gateway.ts';
import { ROOT } from './iam/callers.ts';
import { Functions, logFolder } from './lambda/functions.ts';
import { invokeEndpoint } from './lambda/invoke.ts';
import { createLogs } from './logs/logs.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { ServiceError } from './service.ts';
import { openServices } from './services.ts';
import type { Execution } from './stepfunctions/executions.ts';
import { StepFunctions } from './stepfunctions/step-functions.ts';
import { portTaken } from './taken.ts';
import { readAssembly } from './template/assembly.ts';
import { type Deployment, deploy } from './template/deploy.ts';
import { REGION } from './template/intrinsics.ts';
import { Roles } from './template/roles.ts';

/** What a local stack runs, and how. */
export interface StackOptions {
  /** The cloud assembly: cdk.out. */
  readonly assembly: string;
  /** Folder of everything that is kept; made where there is none. */
  readonly data: string;
  /** Port of the HTTP API. 0 takes a free one. */
  readonly apiPort: number;
  /** Port of the AWS protocols. 0 takes a free one. */
  readonly awsPort: number;
  /** How many times faster than on AWS buffers, waits and schedules run. */
  readonly speed: number;
  /** Whether schedules run by themselves. */
  readonly schedules: boolean;
  readonly faults?: readonly Fault[];
  /**
   * Makes the assembly, once the data folder is taken.
   *
   * @default - it is there
   */
  readonly prepare?: () => Promise<void>;
  /**
   * Invocations of one function at the same time.
   *
   * @default 4
   */
  readonly concurrency?: number;
  /**
   * Takes lines that a person should see: errors of functions and schedules.
   *
   * @default - standard error
   */
  readonly terminal?: (line: string) => void;
}

/** A local stack that runs. */
export interface Stack {
  /** The HTTP API, without a slash at the end. */
  readonly apiUrl: string;
  /** The endpoint of all AWS protocols. */
  readonly awsUrl: string;
  readonly region: string;
  /** Outputs of the template by name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What the template became. */
  readonly deployment: Deployment;
  /** Names of the template's schedules. */
  readonly schedules: readonly string[];
  /** Folders of the functions' bundles. */
  readonly bundles: readonly string[];
  readonly faults: Faults;
  /** Delivers what the delivery streams have buffered. */
  flush(): Promise<void>;
  /**
   * Invokes a function by its name, logical id or a part of its construct path, as Collect.
   * @throws Error of the function.
   */
  invoke(name: string, event: unknown): Promise<unknown>;
  /** Runs a state machine, called like a function, to its end: Builds. */
  startExecution(name: string, input: unknown): Promise<Execution>;
  /** Runs a schedule's target, called like a function, to its end: Builds/Hourly. */
  runSchedule(name: string): Promise<void>;
  /** Answers what runs, keeps what is buffered, closes all. */
  stop(): Promise<void>;
}

const CONCURRENCY = 4;
/** The secret of every key: signatures are not checked on one machine. */
const SECRET_ACCESS_KEY = 'local';

/**
 * Runs a cloud assembly on this machine.
 * @throws Error that says what the template holds that is not known here, which function cannot be loaded and why, or which port is taken.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const giveBack = takeDataFolder(path.resolve(options.data));
  const closing: (() => Promise<void> | void)[] = [giveBack];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    await options.prepare?.();
    return await start(options, closing, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: StackOptions,
  closing: (() => Promise<void> | void)[],
  stop: () => Promise<void>,
): Promise<Stack> {
  const terminal = options.terminal ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const clock = new Clock(options.speed);
  const faults = new Faults();
  faults.set(options.faults ?? []);
  const stacks = readAssembly(options.assembly);
  const roles = new Roles(once(terminal));
  const services = await openServices({ data: options.data, clock, roles, faults });
  closing.push(() => services.close());

  const awsUrl = { current: '' };
  const functions = new Functions({
    stacks,
    roles,
    logs: logFolder(options.data),
    concurrency: options.concurrency ?? CONCURRENCY,
    runtimeVariables: (roleArn) => ({
      AWS_ACCESS_KEY_ID: roles.accessKeyId(roleArn),
      AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
      AWS_ENDPOINT_URL: awsUrl.current,
      // Files of the person's own account have no say here.
      AWS_CONFIG_FILE: path.join(options.data, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: path.join(options.data, 'none'),
      AWS_EC2_METADATA_DISABLED: 'true',
    }),
    terminal,
    metrics: services.takeLogLine,
  });
  closing.push(() => functions.stop());
  const stepFunctions = new StepFunctions({
    folder: path.join(options.data, 'stepfunctions'),
    clock,
    roles,
    targets: {
      functions,
      services: services.byName,
      around: (service, operation, { principal }, call) =>
        withFaults(faults, { service, operation, principal }, call),
    },
  });
  closing.push(() => stepFunctions.stop());
  const api = new HttpApi(functions);
  const scheduler = new Scheduler({ clock, roles, functions, stepFunctions, terminal });

  const gateway = createGateway({
    services: [
      ...Object.values(services.byName),
      stepFunctions.service,
      createLogs((logGroup) => functions.logFileOf(logGroup)),
    ],
    s3: services.s3,
    rest: { lambda: invokeEndpoint(functions, terminal) },
    callers: roles.callerByAccessKey,
    faults,
  });
  awsUrl.current = await listen('--aws-port', options.awsPort, (port) => gateway.listen(port));
  closing.push(() => gateway.close());
  await listen('--port', options.apiPort, (port) => api.listen(port));
  closing.push(() => api.stop());

  const handlers = {
    ...services.resources,
    ...roles.resources,
    ...functions.resources,
    ...api.resources,
    ...stepFunctions.resources,
    ...scheduler.resources,
  };
  const deployment = await deploy(stacks, handlers, { references: services.references });
  await functions.load();
  api.open();
  if (options.schedules) scheduler.start();
  closing.push(() => scheduler.stop());

  return {
    apiUrl: api.url,
    awsUrl: awsUrl.current,
    region: REGION,
    outputs: deployment.outputs,
    deployment,
    schedules: scheduler.schedules.map(({ name }) => name),
    bundles: functions.folders,
    faults,
    flush: () => services.flush(),
    invoke: async (name, event) => {
      const found = functions.get(findResource(deployment, 'AWS::Lambda::Function', name));
      const outcome = await found.invoke(JSON.stringify(event ?? null));
      if (!outcome.error) return JSON.parse(outcome.payload);
      const { errorType, errorMessage, trace } = outcome.error;
      throw Object.assign(new Error(`${errorType}: ${errorMessage}`), { trace });
    },
    startExecution: (name, input) => {
      const arn = findResource(deployment, 'AWS::StepFunctions::StateMachine', name);
      return stepFunctions.ended(stepFunctions.start(arn, JSON.stringify(input ?? {}), ROOT));
    },
    runSchedule: (name) =>
      scheduler.run(findResource(deployment, 'AWS::Scheduler::Schedule', name)),
    stop,
  };
}

/**
 * What Ref gives of one resource of a type, by its name, logical id, construct path or a part of that path, as Builds/Hourly.
 * @throws Error that lists the resources where none or several are meant.
 */
function findResource({ resources }: Deployment, type: string, name: string): string {
  const all = resources.filter(({ resource }) => resource.type === type);
  const exact = all.find(
    ({ resource, created }) => resource.logicalId === name || created.ref === name,
  );
  const found = exact
    ? [exact]
    : all.filter(({ constructPath }) => `/${constructPath}/`.includes(`/${name}/`));
  if (found.length === 1) return found[0]!.created.ref;
  const known = all.map(({ constructPath, created }) => constructPath || created.ref).join(', ');
  throw new Error(
    `${found.length === 0 ? 'no' : 'more than one'} ${type} ${name}; there are ${known || 'none'}`,
  );
}

/** Faults strike calls inside the process as the gateway lets them strike those from outside. */
async function withFaults<T>(faults: Faults, call: FaultCall, run: () => Promise<T>): Promise<T> {
  await faults.before(call);
  const result = await run();
  if (faults.after(call) === 'disconnect')
    throw new ServiceError('SdkClientException', 'connection closed (a fault that was set)');
  return result;
}

/** Passes each message on once: a call that is refused is often tried again. */
function once(write: (line: string) => void): (line: string) => void {
  const seen = new Set<string>();
  return (line) => {
    if (seen.has(line)) return;
    seen.add(line);
    write(line);
  };
}

async function listen(
  flag: string,
  port: number,
  open: (port: number) => Promise<string>,
): Promise<string> {
  try {
    return await open(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Error(portTaken(flag, port, code), { cause: error });
  }
}
