import path from 'node:path';
import { HttpApi } from '../../local/api/http-api.ts';
import { Clock } from '../../local/clock.ts';
import { Functions, logFolder } from '../../local/lambda/functions.ts';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import type { JsonService, ResourceHandlers } from '../../local/service.ts';
import { StepFunctions } from '../../local/stepfunctions/step-functions.ts';
import { type Deployment, deploy } from '../../local/template/deploy.ts';
import { Roles } from '../../local/template/roles.ts';
import { stacksOf, temporaryFolder } from './fixture.ts';

/** The parts that run functions, without the services behind the gateway. */
export interface Runtime {
  readonly data: string;
  readonly roles: Roles;
  readonly functions: Functions;
  readonly api: HttpApi;
  readonly stepFunctions: StepFunctions;
  readonly scheduler: Scheduler;
  readonly deployment: Deployment;
  /** What a person would have seen. */
  readonly terminal: string[];
  /** Lines that functions have written to standard output. */
  readonly logged: string[];
  stop(): Promise<void>;
}

/** What {@link startRuntime} makes. */
export interface RuntimeOptions {
  readonly resources: Readonly<Record<string, unknown>>;
  readonly functions?: Readonly<Record<string, string>>;
  readonly services?: Readonly<Record<string, JsonService>>;
  readonly speed?: number;
  readonly data?: string;
}

/** Starts functions, API, state machines and schedules of one hand-made stack. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { resources, functions: sources = {}, services = {}, speed = 1 } = options;
  const data = options.data ?? temporaryFolder();
  const terminal: string[] = [];
  const logged: string[] = [];
  const write = (line: string) => terminal.push(line);
  const stacks = stacksOf({ Stack: { Resources: resources } }, sources);
  const clock = new Clock(speed);
  const roles = new Roles();
  const functions = new Functions({
    stacks,
    logs: logFolder(data),
    concurrency: 2,
    roles,
    runtimeVariables: () => ({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }),
    terminal: write,
    metrics: (line) => logged.push(line),
  });
  const api = new HttpApi(functions);
  const stepFunctions = new StepFunctions({
    folder: path.join(data, 'stepfunctions'),
    clock,
    roles,
    targets: { functions, services, around: (_service, _operation, _caller, call) => call() },
  });
  const scheduler = new Scheduler({ clock, roles, functions, stepFunctions, terminal: write });
  const stop = async () => {
    scheduler.stop();
    await api.stop();
    await stepFunctions.stop();
    await functions.stop();
  };
  await api.listen(0);
  const parts = [roles, functions, api, stepFunctions, scheduler];
  const handlers: ResourceHandlers = Object.assign({}, ...parts.map((part) => part.resources));
  try {
    const deployment = await deploy(stacks, handlers);
    await functions.load();
    api.open();
    return {
      data,
      roles,
      functions,
      api,
      stepFunctions,
      scheduler,
      deployment,
      terminal,
      logged,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
