import type { JsonService } from '../../../local/service.ts';
import { ServiceError } from '../../../local/service.ts';
import type { Execution } from '../../../local/stepfunctions/executions.ts';
import { lambdaFunction, removeTemporaryFolders, role, temporaryFolder } from '../fixture.ts';
import { type Runtime, startRuntime } from '../runtime.ts';

const FUNCTION_ARN = { 'Fn::GetAtt': ['Worker', 'Arn'] };
const INVOKE = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: FUNCTION_ARN };
const ATHENA = { Effect: 'Allow', Action: 'athena:*', Resource: '*' };
const ROOT = { principal: 'root', authorize: () => {} };

/** The worker adds one, fails or waits, as its event says. */
const WORKER = `
  let failures = 0;
  export const handler = async ({ action, n, ms, execution }) => {
    if (action === 'fail') throw new RangeError('too far');
    if (action === 'fail-twice' && failures++ < 2) throw new RangeError('try again');
    if (ms) await new Promise((done) => setTimeout(done, ms));
    return { n: (n ?? 0) + 1, execution };
  };`;

/** Athena as far as a task sees it: each query goes the way that its text says. */
function athena(): JsonService & { readonly stopped: string[] } {
  const queries: { readonly sql: string; polls: number }[] = [];
  const stopped: string[] = [];
  return {
    target: 'AmazonAthena',
    contentType: 'application/x-amz-json-1.1',
    stopped,
    operations: {
      StartQueryExecution: ({ QueryString }, caller) => {
        caller.authorize('athena:StartQueryExecution', 'arn:aws:athena:::workgroup/etl');
        if (QueryString === 'busy') throw new ServiceError('TooManyRequestsException', 'slow down');
        queries.push({ sql: String(QueryString), polls: 0 });
        return { QueryExecutionId: String(queries.length - 1) };
      },
      GetQueryExecution: ({ QueryExecutionId }) => {
        const query = queries[Number(QueryExecutionId)]!;
        query.polls++;
        const end = query.sql === 'bad' ? 'FAILED' : 'SUCCEEDED';
        const State = query.sql === 'endless' ? 'RUNNING' : query.polls < 3 ? 'QUEUED' : end;
        return { QueryExecution: { QueryExecutionId, Query: query.sql, Status: { State } } };
      },
      StopQueryExecution: ({ QueryExecutionId }) => {
        stopped.push(String(QueryExecutionId));
        return {};
      },
    },
  };
}

interface Options {
  readonly statements?: readonly object[];
  readonly speed?: number;
  readonly data?: string;
  readonly service?: JsonService;
}

const running: Runtime[] = [];

function start(definition: object, options: Options = {}): Promise<Runtime> {
  const { statements = [INVOKE, ATHENA], speed, data, service = athena() } = options;
  const [before, after] = JSON.stringify(definition).split('"WORKER"');
  const DefinitionString =
    after === undefined ? before : { 'Fn::Join': ['"', [before, FUNCTION_ARN, after]] };
  return startRuntime({
    services: { athena: service },
    functions: { Worker: WORKER },
    ...(speed !== undefined && { speed }),
    ...(data !== undefined && { data }),
    resources: {
      WorkerRole: role('lambda.amazonaws.com'),
      Worker: lambdaFunction('Worker'),
      BuildsRole: role('states.amazonaws.com', statements),
      Builds: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          StateMachineName: 'builds',
          DefinitionString,
          RoleArn: { 'Fn::GetAtt': ['BuildsRole', 'Arn'] },
        },
      },
    },
  }).then((runtime) => {
    running.push(runtime);
    return runtime;
  });
}

async function run(runtime: Runtime, input: unknown, name?: string): Promise<Execution> {
  const [machine] = runtime.stepFunctions.machines;
  const execution = runtime.stepFunctions.start(machine!.arn, JSON.stringify(input), ROOT, name);
  return runtime.stepFunctions.ended(execution);
}

const task = (Parameters: object, rest: object = { End: true }) => ({
  Type: 'Task',
  Resource: 'WORKER',
  Parameters,
  ...rest,
});
const query = (rest: object = { End: true }) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::athena:startQueryExecution.sync',
  Parameters: { 'QueryString.$': '$.sql' },
  ...rest,
});
const machine = (States: Record<string, object>) => ({ StartAt: Object.keys(States)[0], States });

afterEach(async () => {
  await Promise.all(running.splice(0).map((runtime) => runtime.stop()));
});
afterAll(removeTemporaryFolders);

test('a task invokes its function and gets its return value; Map, Choice and the context object work', async () => {
  // Prepare
  const runtime = await start(
    machine({
      All: {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemSelector: { 'n.$': '$$.Map.Item.Value' },
        MaxConcurrency: 2,
        ItemProcessor: machine({
          One: task({ 'n.$': '$.n', 'execution.$': '$$.Execution.Name' }),
        }),
        ResultPath: '$.done',
        Next: 'Any',
      },
      Any: {
        Type: 'Choice',
        Choices: [{ Variable: '$.done[0]', IsPresent: true, Next: 'Some' }],
        Default: 'None',
      },
      Some: { Type: 'Pass', InputPath: '$.done', End: true },
      None: { Type: 'Fail', Error: 'Nothing', Cause: 'no items' },
    }),
  );
  // Act
  const some = await run(runtime, { items: [1, 2] }, 'first');
  const none = await run(runtime, { items: [] });
  // Assess
  expect(some.status).toBe('SUCCEEDED');
  expect(JSON.parse(some.output ?? '')).toEqual([
    { n: 2, execution: 'first' },
    { n: 3, execution: 'first' },
  ]);
  expect(none).toMatchObject({ status: 'FAILED', error: 'Nothing', cause: 'no items' });
});

test("a function's error is caught under its own name, with Lambda's report as the cause", async () => {
  const runtime = await start(
    machine({
      Work: task(
        { action: 'fail' },
        { Catch: [{ ErrorEquals: ['RangeError'], Next: 'Caught' }], End: true },
      ),
      Caught: { Type: 'Pass', End: true },
    }),
  );
  const { output } = await run(runtime, {});
  const { Error: name, Cause } = JSON.parse(output ?? '{}');
  expect(name).toBe('RangeError');
  expect(JSON.parse(Cause)).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
});

test('retries wait by the shortened clock', async () => {
  const Retry = [{ ErrorEquals: ['RangeError'], IntervalSeconds: 10, MaxAttempts: 2 }];
  const runtime = await start(
    machine({ Work: task({ action: 'fail-twice' }, { Retry, End: true }) }),
    {
      speed: 1000,
    },
  );
  const started = performance.now();
  expect((await run(runtime, {})).status).toBe('SUCCEEDED');
  expect(performance.now() - started).toBeLessThan(5000);
});

test('a wait is shortened', async () => {
  const runtime = await start(machine({ Wait: { Type: 'Wait', Seconds: 60, End: true } }), {
    speed: 1000,
  });
  const started = performance.now();
  expect((await run(runtime, {})).status).toBe('SUCCEEDED');
  expect(performance.now() - started).toBeGreaterThan(55);
  expect(performance.now() - started).toBeLessThan(5000);
});

describe('a query of Athena', () => {
  test('is waited for, and its execution is the result', async () => {
    const runtime = await start(machine({ Query: query() }));
    const { output } = await run(runtime, { sql: 'good' });
    expect(JSON.parse(output ?? '{}')).toMatchObject({
      QueryExecution: { Query: 'good', Status: { State: 'SUCCEEDED' } },
    });
  });

  test('that fails is States.TaskFailed with the query execution as its cause', async () => {
    const runtime = await start(machine({ Query: query() }));
    const { error, cause } = await run(runtime, { sql: 'bad' });
    expect(error).toBe('States.TaskFailed');
    expect(JSON.parse(cause ?? '{}')).toMatchObject({ Query: 'bad', Status: { State: 'FAILED' } });
  });

  test('that Athena does not take has the name of the exception', async () => {
    const runtime = await start(machine({ Query: query() }));
    expect(await run(runtime, { sql: 'busy' })).toMatchObject({
      error: 'Athena.TooManyRequestsException',
      cause: 'slow down',
    });
  });

  test('is stopped where its execution is', async () => {
    // Prepare
    const service = athena();
    const runtime = await start(machine({ Query: query() }), { service });
    const { stepFunctions } = runtime;
    const arn = stepFunctions.machines[0]!.arn;
    const execution = stepFunctions.start(arn, '{"sql":"endless"}', ROOT);
    await new Promise((done) => setTimeout(done, 100));
    // Act
    const { StopExecution } = stepFunctions.service.operations;
    await StopExecution!({ executionArn: execution.arn }, ROOT);
    for (let wait = 0; wait < 100 && service.stopped.length === 0; wait++)
      await new Promise((done) => setTimeout(done, 10));
    // Assess
    expect((await stepFunctions.ended(execution)).status).toBe('ABORTED');
    expect(service.stopped).toEqual(['0']);
  });
});

test('a missing permission fails the task with the statement that would mend it', async () => {
  const runtime = await start(machine({ Work: task({}) }), { statements: [ATHENA] });
  const { error, cause } = await run(runtime, {});
  expect(error).toBe('Lambda.AccessDeniedException');
  expect(cause).toMatch(
    /BuildsRole is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:.*add to the policy of role BuildsRole: \{"Effect":"Allow","Action":"lambda:InvokeFunction"/,
  );
});

describe('starting by name', () => {
  const slow = machine({ Work: task({ ms: 300 }) });

  test('is idempotent while the execution runs, and refused after it', async () => {
    // Prepare
    const { stepFunctions } = await start(slow);
    const arn = stepFunctions.machines[0]!.arn;
    // Act
    const first = stepFunctions.start(arn, '{}', ROOT, 'once');
    const again = stepFunctions.start(arn, '{}', ROOT, 'once');
    await stepFunctions.ended(first);
    // Assess
    expect(again).toEqual(first);
    expect(() => stepFunctions.start(arn, '{}', ROOT, 'once')).toThrow('Execution Already Exists');
  });

  test('executions are known after a restart; one that ran is aborted', async () => {
    // Prepare
    const data = temporaryFolder();
    const before = await start(slow, { data });
    await run(before, {}, 'ended');
    before.stepFunctions.start(before.stepFunctions.machines[0]!.arn, '{}', ROOT, 'running');
    // Act: a second process over the same folder, as after a kill.
    const { stepFunctions } = await start(slow, { data });
    const { ListExecutions } = stepFunctions.service.operations;
    const listed = await ListExecutions!({ stateMachineArn: stepFunctions.machines[0]!.arn }, ROOT);
    // Assess
    expect(listed).toMatchObject({
      executions: [
        { name: 'running', status: 'ABORTED' },
        { name: 'ended', status: 'SUCCEEDED' },
      ],
    });
  });
});

test("an execution's history has AWS's names", async () => {
  // Prepare
  const runtime = await start(machine({ Work: task({ action: 'fail' }) }));
  const { arn } = await run(runtime, {});
  // Act
  const { GetExecutionHistory } = runtime.stepFunctions.service.operations;
  const history = await GetExecutionHistory!({ executionArn: arn }, ROOT);
  // Assess
  expect(history).toMatchObject({
    events: [
      { id: 1, type: 'ExecutionStarted' },
      { type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'Work' } },
      { type: 'TaskFailed', taskFailedEventDetails: { error: 'RangeError' } },
      { type: 'ExecutionFailed' },
    ],
  });
});

describe('a definition is refused at the start', () => {
  test.each<[string, object, string]>([
    [
      'with a resource that nothing here serves',
      { Work: { ...task({}), Resource: 'arn:aws:states:::sqs:sendMessage' } },
      'state Work: arn:aws:states:::sqs:sendMessage is not implemented on one machine',
    ],
    [
      'with JSONata',
      { Work: { ...task({}), QueryLanguage: 'JSONata' } },
      'state Work: QueryLanguage must be JSONPath, got JSONata',
    ],
    [
      'with variables',
      { Work: { ...task({}), Assign: { a: 1 } } },
      'state Work: Assign is not implemented',
    ],
    [
      'with a state that does not exist',
      { Work: { Type: 'Pass', Next: 'Nowhere' } },
      'State machine definition is invalid',
    ],
  ])('%s', async (_, States, message) => {
    await expect(start(machine(States as Record<string, object>))).rejects.toThrow(message);
  });
});
