import aslValidator from 'asl-validator';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { buildsDefinition } from '../../lib/builds-definition.ts';

function makeDefinition() {
  return buildsDefinition({
    functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:build',
    partition: 'aws',
    workgroup: 'builds',
    database: 'millrace',
    concurrency: 5,
  });
}

describe('buildsDefinition', () => {
  it('is valid Amazon States Language', () => {
    const { isValid, errorsText } = aslValidator(makeDefinition(), { checkPaths: true });

    expect(errorsText('\n')).toBe('');
    expect(isValid).toBe(true);
  });

  it('is refused by the same check where a state leads nowhere', () => {
    const definition = makeDefinition();
    const broken = {
      ...definition,
      States: { ...definition.States, Plan: { ...definition.States.Plan, Next: 'Nowhere' } },
    };

    expect(aslValidator(broken).isValid).toBe(false);
  });

  it('gives every call of the function its action and the execution that makes it', () => {
    const tasks = [
      ...JSON.stringify(makeDefinition()).matchAll(/"action":"(\w+)","execution\.\$"/g),
    ];

    expect(tasks.map((match) => match[1]).sort()).toEqual([
      'abandon',
      'abandon',
      'discover',
      'finish',
      'plan',
      'prepare',
      'publish',
      'record',
    ]);
  });

  it('ends an execution that hangs', () => {
    expect(makeDefinition().TimeoutSeconds).toBe(12 * 3600);
  });

  it('starts a statement again that Athena throttled, under whatever name', () => {
    const { Retry } = makeDefinition().States.Scan as {
      readonly Retry: readonly { readonly ErrorEquals: readonly string[] }[];
    };

    expect(Retry[0]?.ErrorEquals).toEqual([
      'Athena.TooManyRequestsException',
      'Athena.InternalServerException',
      'Athena.AmazonAthenaException',
    ]);
  });

  it('catches whatever fails in one partition, so that the others are built', () => {
    const { States } = (makeDefinition().States.Build as { ItemProcessor: Processor })
      .ItemProcessor;

    for (const name of ['Prepare', 'Create', 'Publish']) {
      expect(States[name]?.Catch?.[0]?.ErrorEquals).toEqual(['States.ALL']);
    }
  });
});

describe('an execution of buildsDefinition', () => {
  /** Runs it with a function that answers by action, and statements that always succeed. */
  async function run(
    answers: Answers,
  ): Promise<{ readonly calls: string[]; readonly end: string }> {
    const calls: string[] = [];
    const lambda = async (input: Readonly<Record<string, unknown>>): Promise<object> => {
      const action = String(input.action);
      calls.push(action);
      return answers[action]?.() ?? {};
    };
    const statement = async () => ({ QueryExecution: { QueryExecutionId: 'q' } });
    const names = ['Discover', 'Record', 'Plan', 'Finish', 'Prepare', 'Publish'];
    const handlers = Object.fromEntries(
      [...names, 'Abandon', 'AbandonClaim'].map((name) => [name, lambda]),
    );
    const machine = new StateMachine(makeDefinition() as unknown as StateMachineDefinition);
    const execution = machine.run(
      {},
      {
        overrides: {
          taskResourceLocalHandlers: { ...handlers, Scan: statement, Create: statement },
        },
        context: { Execution: { Id: 'arn', Name: 'execution', Input: {} } },
      },
    );
    const end = await execution.result.then(
      () => 'well',
      (error: Error) => `${error}`,
    );
    return { calls, end };
  }

  /** Answers of a function that finds one hour and one partition. */
  function makeAnswers(changes: Answers = {}): Answers {
    let rounds = 0;
    return {
      discover: () => ({ scan: { sql: 'SELECT 1', token: 't' }, hours: [], listed_at: 1 }),
      plan: () => ({ tasks: rounds++ === 0 ? [{ table: 'events' }] : [], more: false }),
      prepare: () => ({ claimed: true, sql: 'CREATE', token: 't', run_id: 'r' }),
      finish: () => ({ failed: 0 }),
      ...changes,
    };
  }

  it('discovers, records, plans, builds, plans again and finishes', async () => {
    const { calls, end } = await run(makeAnswers());

    expect(end).toBe('well');
    expect(calls).toEqual([
      ...['discover', 'record', 'plan', 'prepare', 'publish', 'plan', 'finish'],
    ]);
  });

  it('leaves out the scan where nothing arrived', async () => {
    const discover = () => ({ scan: null, hours: [], listed_at: 1 });

    const { calls } = await run(makeAnswers({ discover, plan: () => ({ tasks: [] }) }));

    expect(calls).toEqual(['discover', 'plan', 'finish']);
  });

  it('leaves a partition alone that another execution has claimed', async () => {
    const { calls } = await run(makeAnswers({ prepare: () => ({ claimed: false }) }));

    expect(calls).not.toContain('publish');
    expect(calls).not.toContain('abandon');
  });

  it.each(['prepare', 'publish'])('gives a partition back where %s fails', async (action) => {
    const fail = () => {
      throw new Error('no');
    };

    const { calls, end } = await run(makeAnswers({ [action]: fail }));

    expect(calls).toContain('abandon');
    expect(calls.at(-1)).toBe('finish');
    expect(end).toBe('well');
  });

  it('fails where a partition could not be built', async () => {
    const { end } = await run(makeAnswers({ finish: () => ({ failed: 1 }) }));

    expect(end).toContain('one partition or more could not be built');
  });

  it('ends before its history is full, and leaves the others to the next one', async () => {
    const tasks = Array.from({ length: 200 }, () => ({ table: 'events' }));

    const { calls, end } = await run(makeAnswers({ plan: () => ({ tasks, more: true }) }));

    expect(end).toBe('well');
    expect(calls.filter((call) => call === 'plan')).toHaveLength(4);
    expect(calls.filter((call) => call === 'publish')).toHaveLength(800);
  });
});

type Answers = Readonly<Record<string, () => object>>;

interface Processor {
  readonly States: Readonly<
    Record<string, { readonly Catch?: readonly { readonly ErrorEquals: readonly string[] }[] }>
  >;
}
