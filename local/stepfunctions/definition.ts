import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { Clock } from '../clock.ts';
import { isRecord, list } from '../template/values.ts';

/** A Task state of a definition, wherever it is nested. */
export interface TaskState {
  readonly name: string;
  readonly resource: string;
}

/** A definition that can run here. */
export interface Definition {
  readonly machine: StateMachine;
  readonly tasks: readonly TaskState[];
}

/** Members of states that the interpreter would ignore without a word. */
const REFUSED_MEMBERS = [
  'Assign',
  'Arguments',
  'Output',
  'Items',
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailurePercentage',
  'ToleratedFailureCount',
  'HeartbeatSeconds',
];
/** The interpreter ends a task after 60 s where no TimeoutSeconds stands; AWS has no such limit. Eleven days. */
const NO_TIMEOUT_SECONDS = 1_000_000;
/** Members of the context object that the interpreter has not, or has wrong inside a Map. */
const REFUSED_CONTEXT = /\$\$\.(State|Task)\b/;
const REFUSED_CONTEXT_IN_MAP = /\$\$\.(Execution\.Input|Map)\b/;

/**
 * Reads a definition in Amazon States Language (JSONPath).
 * @throws Error that names what is wrong, or what the interpreter does not do.
 */
export function readDefinition(text: string, clock: Clock): Definition {
  const definition: unknown = JSON.parse(text);
  if (!isRecord(definition)) throw new Error('the definition must be a JSON object');
  const tasks: TaskState[] = [];
  visitStates(definition, '', (name, state, nested) => {
    refuse(name, state, nested);
    if (state.Type === 'Task') tasks.push({ name, resource: String(state.Resource) });
  });
  // Checked as written; then run with waits shortened, which would not pass the check.
  new StateMachine(definition as unknown as StateMachineDefinition, {
    validationOptions: { checkArn: false },
  });
  const shortened: unknown = structuredClone(definition);
  visitStates(shortened, '', (_, state) => shorten(state, clock));
  const machine = new StateMachine(shortened as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  });
  return { machine, tasks };
}

function visitStates(
  machine: unknown,
  parent: string,
  visit: (name: string, state: Record<string, unknown>, nested: boolean) => void,
): void {
  const states = isRecord(machine) ? machine.States : undefined;
  for (const [name, state] of Object.entries(isRecord(states) ? states : {})) {
    if (!isRecord(state)) throw new Error(`state ${parent}${name} must be an object`);
    visit(name, state, parent !== '');
    for (const nested of [state.ItemProcessor, state.Iterator, ...list(state.Branches, 'Branches')])
      visitStates(nested, `${parent}${name}.`, visit);
  }
}

function refuse(name: string, state: Record<string, unknown>, nested: boolean): void {
  const language = state.QueryLanguage ?? 'JSONPath';
  if (language !== 'JSONPath')
    throw new Error(`state ${name}: QueryLanguage must be JSONPath, got ${language}`);
  const unknown = REFUSED_MEMBERS.filter((member) => member in state);
  if (unknown.length > 0)
    throw new Error(`state ${name}: ${unknown.join(', ')} is not implemented on one machine`);
  const processor = isRecord(state.ItemProcessor) ? state.ItemProcessor.ProcessorConfig : undefined;
  if (isRecord(processor) && processor.Mode === 'DISTRIBUTED')
    throw new Error(`state ${name}: Mode must be INLINE, got DISTRIBUTED`);
  const own = JSON.stringify({ ...state, ItemProcessor: 0, Iterator: 0, Branches: 0 });
  const context =
    REFUSED_CONTEXT.exec(own)?.[0] ?? (nested ? REFUSED_CONTEXT_IN_MAP.exec(own)?.[0] : undefined);
  if (context !== undefined)
    throw new Error(`state ${name}: ${context} of the context object is not implemented here`);
}

function shorten(state: Record<string, unknown>, clock: Clock): void {
  const seconds = (value: unknown) => clock.shortened(Number(value) * 1000) / 1000;
  if (state.Type === 'Wait' && state.Seconds !== undefined) state.Seconds = seconds(state.Seconds);
  if (state.Type === 'Task' && state.TimeoutSecondsPath === undefined)
    state.TimeoutSeconds ??= NO_TIMEOUT_SECONDS;
  for (const retrier of list(state.Retry, 'Retry')) {
    if (!isRecord(retrier)) continue;
    retrier.IntervalSeconds = seconds(retrier.IntervalSeconds ?? 1);
    if (retrier.MaxDelaySeconds !== undefined)
      retrier.MaxDelaySeconds = seconds(retrier.MaxDelaySeconds);
  }
}
