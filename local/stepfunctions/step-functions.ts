import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import {
  type Caller,
  type JsonService,
  type Operation,
  type ResolvedResource,
  type ResourceHandlers,
  ServiceError,
} from '../service.ts';
import { ACCOUNT, REGION } from '../template/intrinsics.ts';
import type { Roles } from '../template/roles.ts';
import { optionalText, record, text } from '../template/values.ts';
import { readDefinition } from './definition.ts';
import { type Execution, Executions } from './executions.ts';
import { LocalStateMachine } from './state-machine.ts';
import { bindTask, type Task, type TaskTargets } from './tasks.ts';

/** What Step Functions needs of the rest of the stack. */
export interface StepFunctionsOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly roles: Roles;
  readonly targets: TaskTargets;
}

/** Step Functions: standard state machines in JSONPath. */
export class StepFunctions {
  readonly #options: StepFunctionsOptions;
  readonly #executions: Executions;
  readonly #machines = new Map<string, LocalStateMachine>();

  constructor(options: StepFunctionsOptions) {
    this.#options = options;
    this.#executions = new Executions(options.folder, Date.now());
  }

  /** The service for the gateway. */
  get service(): JsonService {
    const operations: Record<string, Operation> = {
      StartExecution: (input, caller) => this.#startExecution(input, caller),
      DescribeExecution: (input, caller) => {
        const execution = this.#execution(input, caller, 'states:DescribeExecution');
        return describe(execution);
      },
      StopExecution: async (input, caller) => {
        const { arn, machineArn } = this.#execution(input, caller, 'states:StopExecution');
        await this.#machine(machineArn).abort(arn);
        return { stopDate: Date.now() / 1000 };
      },
      GetExecutionHistory: (input, caller) => {
        const execution = this.#execution(input, caller, 'states:GetExecutionHistory');
        return { events: this.#history(execution, input.reverseOrder === true) };
      },
      ListExecutions: (input, caller) => {
        const arn = text(input.stateMachineArn, 'stateMachineArn');
        caller.authorize('states:ListExecutions', arn);
        this.#machine(arn);
        const executions = this.#executions
          .list(arn)
          .filter(({ status }) => input.statusFilter === undefined || status === input.statusFilter)
          .slice(0, Number(input.maxResults) || 100);
        return { executions: executions.map(summary) };
      },
      ListStateMachines: (_, caller) => {
        caller.authorize('states:ListStateMachines', '*');
        return {
          stateMachines: [...this.#machines.values()].map(({ options: { arn, name } }) => ({
            stateMachineArn: arn,
            name,
            type: 'STANDARD',
            creationDate: 0,
          })),
        };
      },
      DescribeStateMachine: (input, caller) => {
        const arn = text(input.stateMachineArn, 'stateMachineArn');
        caller.authorize('states:DescribeStateMachine', arn);
        const { name, roleArn, text: definition } = this.#machine(arn).options;
        return {
          stateMachineArn: arn,
          name,
          status: 'ACTIVE',
          definition,
          roleArn,
          type: 'STANDARD',
          creationDate: 0,
        };
      },
    };
    return { target: 'AWSStepFunctions', contentType: 'application/x-amz-json-1.0', operations };
  }

  /** Handlers of AWS::StepFunctions types. */
  get resources(): ResourceHandlers {
    return {
      'AWS::StepFunctions::StateMachine': {
        properties: {
          DefinitionString: true,
          DefinitionSubstitutions: true,
          Definition: true,
          RoleArn: true,
          StateMachineName: true,
          StateMachineType: true,
          LoggingConfiguration: 'GetExecutionHistory has the events',
          TracingConfiguration: 'nothing collects traces on one machine',
          EncryptionConfiguration: 'the data folder is as safe as the machine',
          Tags: 'are for people',
        },
        create: (resource) => this.#create(resource),
      },
    };
  }

  /** ARNs and names of all state machines. */
  get machines(): readonly { readonly arn: string; readonly name: string }[] {
    return [...this.#machines.values()].map(({ options }) => options);
  }

  /**
   * Starts an execution.
   * @throws ServiceError as StartExecution does.
   */
  start(machineArn: string, input: string, caller: Caller, name: string = randomUUID()): Execution {
    caller.authorize('states:StartExecution', machineArn);
    const machine = this.#machine(machineArn);
    const arn = `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    const before = this.#executions.get(arn);
    if (before?.status === 'RUNNING' && before.input === input) return before;
    if (before)
      throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    if (!/^[\w-]{1,80}$/.test(name))
      throw new ServiceError(
        'InvalidName',
        `Invalid Name: '${name}', allowed: 1 to 80 of A-Z a-z 0-9 - _`,
      );
    try {
      JSON.parse(input);
    } catch (error) {
      throw new ServiceError('InvalidExecutionInput', `input must be JSON: ${error}`);
    }
    return machine.start(name, input, Date.now());
  }

  /** Waits for the end of an execution. */
  async ended({ arn, machineArn }: Execution): Promise<Execution> {
    const running = this.#machine(machineArn).ended(arn);
    return running ?? this.#executions.get(arn)!;
  }

  /** Aborts what runs. */
  async stop(): Promise<void> {
    await Promise.all([...this.#machines.values()].map((machine) => machine.abortAll()));
  }

  #create({ properties, generatedName }: ResolvedResource) {
    const name = optionalText(properties.StateMachineName, 'StateMachineName') ?? generatedName;
    const type = properties.StateMachineType ?? 'STANDARD';
    if (type !== 'STANDARD') throw new Error(`StateMachineType must be STANDARD here, got ${type}`);
    const arn = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`;
    const roleArn = text(properties.RoleArn, 'RoleArn');
    const { roles, clock, targets } = this.#options;
    roles.checkTrust(roleArn, 'states.amazonaws.com');
    const definitionText = definitionOf(properties);
    const definition = readDefinition(definitionText, clock);
    const tasks = new Map<string, Task>();
    for (const task of definition.tasks)
      try {
        tasks.set(task.name, bindTask(task.resource, targets, roles.callerOf(roleArn)));
      } catch (error) {
        throw new Error(`state ${task.name}: ${error instanceof Error ? error.message : error}`);
      }
    const options = { name, arn, roleArn, text: definitionText, definition, tasks };
    this.#machines.set(arn, new LocalStateMachine(options, this.#executions));
    return { ref: arn, attributes: { Arn: arn, Name: name } };
  }

  #startExecution(input: Record<string, unknown>, caller: Caller): object {
    const execution = this.start(
      text(input.stateMachineArn, 'stateMachineArn'),
      optionalText(input.input, 'input') ?? '{}',
      caller,
      optionalText(input.name, 'name'),
    );
    return { executionArn: execution.arn, startDate: execution.startedAt / 1000 };
  }

  #machine(arn: string): LocalStateMachine {
    const machine = this.#machines.get(arn);
    if (machine) return machine;
    throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  }

  #execution(input: Record<string, unknown>, caller: Caller, action: string): Execution {
    const arn = text(input.executionArn, 'executionArn');
    caller.authorize(action, arn);
    const execution = this.#executions.get(arn);
    if (execution) return execution;
    throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }

  #history({ arn, machineArn }: Execution, reverse: boolean): object[] {
    const events = this.#machine(machineArn)
      .history(arn)
      .map(({ type, timestamp, state, detail }, index) => ({
        id: index + 1,
        previousEventId: index,
        timestamp: timestamp / 1000,
        type,
        ...(type.endsWith('StateEntered') && {
          stateEnteredEventDetails: { name: state, input: JSON.stringify(detail) },
        }),
        ...(type.endsWith('StateExited') && {
          stateExitedEventDetails: { name: state, output: JSON.stringify(detail) },
        }),
        ...(type === 'TaskFailed' && { taskFailedEventDetails: failed(detail) }),
      }));
    return reverse ? events.reverse() : events;
  }
}

function definitionOf(properties: Readonly<Record<string, unknown>>): string {
  const { DefinitionString, Definition, DefinitionSubstitutions } = properties;
  const written =
    DefinitionString === undefined
      ? JSON.stringify(record(Definition, 'Definition'))
      : text(DefinitionString, 'DefinitionString');
  const values = record(DefinitionSubstitutions, 'DefinitionSubstitutions');
  return written.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
}

function failed(detail: unknown): object {
  const { error, Cause } = record(detail, 'detail');
  return { error, cause: typeof Cause === 'string' ? Cause : JSON.stringify(Cause) };
}

function summary({ arn, machineArn, name, status, startedAt, stoppedAt }: Execution): object {
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: startedAt / 1000,
    ...(stoppedAt !== undefined && { stopDate: stoppedAt / 1000 }),
  };
}

function describe(execution: Execution): object {
  const { input, output, error, cause } = execution;
  return { ...summary(execution), input, output, error, cause };
}
