import path from 'node:path';
import {
  type Caller,
  type ResolvedResource,
  type ResourceHandlers,
  ServiceError,
} from '../service.ts';
import type { StackTemplate } from '../template/assembly.ts';
import { ACCOUNT, REGION } from '../template/intrinsics.ts';
import type { Roles } from '../template/roles.ts';
import { number, optionalText, record, text } from '../template/values.ts';
import { LambdaFunction } from './function.ts';
import { FunctionLog } from './log.ts';
import type { Outcome } from './protocol.ts';

/** What functions need of the rest of the stack. */
export interface FunctionsOptions {
  readonly stacks: readonly StackTemplate[];
  /** Folder of the log files. */
  readonly logs: string;
  /** Invocations of one function at the same time. */
  readonly concurrency: number;
  readonly roles: Roles;
  /** The runtime's own variables for a role: credentials and endpoint. */
  readonly runtimeVariables: (roleArn: string) => Readonly<Record<string, string>>;
  /** Takes lines that a person should see. */
  readonly terminal: (line: string) => void;
  /** Takes the lines of all functions' logs: they may hold metrics. */
  readonly metrics: (line: string) => void;
}

/** A statement of a function's resource policy. */
interface Permission {
  readonly functionName: string;
  readonly principal: string;
  readonly sourceArn: string | undefined;
}

const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MIB = 128;

/** All functions of the template: made from resources, invoked by name or ARN. */
export class Functions {
  readonly #options: FunctionsOptions;
  readonly #functions = new Map<string, LambdaFunction>();
  readonly #permissions: Permission[] = [];
  readonly #logs: FunctionLog[] = [];
  readonly #logGroups = new Map<string, string>();

  constructor(options: FunctionsOptions) {
    this.#options = options;
  }

  /**
   * The function of a name or ARN.
   * @throws ServiceError ResourceNotFoundException.
   */
  get(nameOrArn: string): LambdaFunction {
    const name = functionName(nameOrArn);
    const found = this.#functions.get(name);
    if (found) return found;
    const known = [...this.#functions.keys()].join(', ') || 'none';
    throw new ServiceError(
      'ResourceNotFoundException',
      `Function not found: ${nameOrArn}; functions here: ${known}`,
      404,
    );
  }

  /** The log file of the function that writes into a log group. */
  logFileOf(logGroup: string): string | undefined {
    return this.#logGroups.get(logGroup);
  }

  /** Folders of the bundles. */
  get folders(): readonly string[] {
    return [...this.#functions.values()].map(({ options }) => options.folder);
  }

  /** Whether there is a function of that name or ARN. */
  has(nameOrArn: string): boolean {
    return this.#functions.has(functionName(nameOrArn));
  }

  /**
   * Invokes a function with an event as JSON text, after lambda:InvokeFunction was checked.
   * @throws ServiceError where the caller may not, or the function does not exist. A function's own error is an outcome.
   */
  invoke(nameOrArn: string, payload: string, caller: Caller): Promise<Outcome> {
    const found = this.get(nameOrArn);
    caller.authorize('lambda:InvokeFunction', found.options.arn);
    return found.invoke(payload);
  }

  /**
   * Whether a service may invoke a function by the function's own policy (AWS::Lambda::Permission).
   * @throws Error that shows the permission that would mend it.
   */
  checkPermission(functionArn: string, principal: string, sourceArn: string): void {
    const name = functionName(functionArn);
    const allowed = this.#permissions.some(
      (permission) =>
        permission.functionName === name &&
        permission.principal === principal &&
        (permission.sourceArn === undefined || matches(permission.sourceArn, sourceArn)),
    );
    if (allowed) return;
    throw new Error(
      `${principal} may not invoke function ${name}: the template has no AWS::Lambda::Permission with Action lambda:InvokeFunction, Principal ${principal} and a SourceArn that matches ${sourceArn}`,
    );
  }

  /**
   * Loads every function once, so that one that cannot be loaded is known at the start.
   * @throws Error that names each of them and what it threw.
   */
  async load(): Promise<void> {
    const loads = await Promise.allSettled([...this.#functions.values()].map((one) => one.load()));
    const failed = loads.filter((load) => load.status === 'rejected').map(({ reason }) => reason);
    if (failed.length > 0)
      throw new AggregateError(failed, failed.map((error: Error) => error.message).join('\n'));
  }

  /** Ends all environments and closes the logs. */
  async stop(): Promise<void> {
    await Promise.all([...this.#functions.values()].map((one) => one.stop()));
    for (const log of this.#logs) log.close();
  }

  /** Handlers of AWS::Lambda types. */
  get resources(): ResourceHandlers {
    return {
      'AWS::Lambda::Function': {
        properties: {
          'Code.S3Bucket': 'the code is read from the assembly',
          'Code.S3Key': true,
          FunctionName: true,
          Handler: true,
          Role: true,
          Runtime: 'functions run on the Node.js that runs the local stack',
          Timeout: true,
          MemorySize: true,
          'Environment.Variables': true,
          ReservedConcurrentExecutions: true,
          Description: 'is for people',
          Architectures: 'functions run on this machine',
          LoggingConfig: true,
          TracingConfig: 'nothing collects traces on one machine',
          EphemeralStorage: 'the temporary folder is shared and not limited',
          Tags: 'are for people',
        },
        create: (resource) => this.#create(resource),
      },
      'AWS::Lambda::Permission': {
        properties: {
          Action: true,
          FunctionName: true,
          Principal: true,
          SourceArn: true,
          SourceAccount: 'there is one account',
        },
        create: ({ properties, generatedName }) => {
          const action = text(properties.Action, 'Action');
          if (action !== 'lambda:InvokeFunction')
            throw new Error(`Action must be lambda:InvokeFunction, got ${action}`);
          this.#permissions.push({
            functionName: functionName(text(properties.FunctionName, 'FunctionName')),
            principal: text(properties.Principal, 'Principal'),
            sourceArn: optionalText(properties.SourceArn, 'SourceArn'),
          });
          return { ref: generatedName, attributes: {} };
        },
      },
    };
  }

  #create({ properties, generatedName }: ResolvedResource) {
    const name = optionalText(properties.FunctionName, 'FunctionName') ?? generatedName;
    const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
    const roleArn = text(properties.Role, 'Role');
    this.#options.roles.checkTrust(roleArn, 'lambda.amazonaws.com');
    const memoryMiB = number(properties.MemorySize ?? DEFAULT_MEMORY_MIB, 'MemorySize');
    const own = ownVariables(properties);
    const { concurrency, logs, terminal, metrics } = this.#options;
    const reserved = properties.ReservedConcurrentExecutions;
    const log = new FunctionLog(logs, name, { terminal, metrics });
    this.#logs.push(log);
    const { LogGroup } = record(properties.LoggingConfig, 'LoggingConfig');
    this.#logGroups.set(optionalText(LogGroup, 'LogGroup') ?? `/aws/lambda/${name}`, log.file);
    this.#functions.set(
      name,
      new LambdaFunction({
        name,
        arn,
        roleArn,
        folder: this.#codeFolder(properties),
        handler: text(properties.Handler, 'Handler'),
        timeoutMs: number(properties.Timeout ?? DEFAULT_TIMEOUT_SECONDS, 'Timeout') * 1000,
        memoryMiB,
        concurrency:
          reserved === undefined
            ? concurrency
            : Math.min(concurrency, number(reserved, 'ReservedConcurrentExecutions')),
        variables: () => ({
          ...lambdaVariables(name, memoryMiB, text(properties.Handler, 'Handler')),
          ...this.#options.runtimeVariables(roleArn),
          ...own,
        }),
        ownVariables: Object.keys(own),
        log,
      }),
    );
    return { ref: name, attributes: { Arn: arn } };
  }

  #codeFolder(properties: Readonly<Record<string, unknown>>): string {
    const key = text(record(properties.Code, 'Code').S3Key, 'Code.S3Key');
    for (const { assets } of this.#options.stacks) {
      const source = assets.get(key);
      if (source !== undefined) return source;
    }
    throw new Error(`Code.S3Key ${key} is no asset of the assembly`);
  }
}

function ownVariables(properties: Readonly<Record<string, unknown>>): Record<string, string> {
  const variables = record(
    record(properties.Environment, 'Environment').Variables,
    'Environment.Variables',
  );
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, String(value)]),
  );
}

/** Variables that Lambda itself sets: docs, "Defined runtime environment variables". */
function lambdaVariables(name: string, memoryMiB: number, handler: string): Record<string, string> {
  return {
    _HANDLER: handler,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}

/** Name of a function from its name, ARN or ARN with a qualifier. */
function functionName(nameOrArn: string): string {
  return /^arn:aws:lambda:[^:]+:\d+:function:([^:]+)/.exec(nameOrArn)?.[1] ?? nameOrArn;
}

function matches(pattern: string, value: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('.*');
  return new RegExp(`^${source}$`).test(value);
}

/** Folder of the log files inside the data folder. */
export function logFolder(data: string): string {
  return path.join(data, 'logs');
}
