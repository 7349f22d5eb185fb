/** What the definition of the state machine names. */
export interface BuildsDefinitionProps {
  /** ARN of the build function. */
  readonly functionArn: string;
  /** AWS's partition: `aws`, outside China and the government's regions. */
  readonly partition: string;
  /** Workgroup of builds. */
  readonly workgroup: string;
  /** Glue database. */
  readonly database: string;
  /** CTAS at the same time. */
  readonly concurrency: number;
}

type State = Readonly<Record<string, unknown>>;

/**
 * Partitions after which an execution ends and leaves the others to the next one. AWS ends an execution whose history has
 * 25,000 events; a partition takes up to 23 of them, and one round of the plan adds at most 200 partitions.
 */
const ENOUGH_TASKS = 800;

/** Lambda's own errors, which pass: the function's are not among them. */
const RETRY_LAMBDA = {
  ErrorEquals: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
  ],
  IntervalSeconds: 2,
  MaxAttempts: 6,
  BackoffRate: 2,
  JitterStrategy: 'FULL',
};

/** Longest execution: it ends by itself long before. */
const TIMEOUT_SECONDS = 12 * 3600;

/**
 * Athena's quotas are shared by all of an account, so a start may be throttled for minutes. What its API does not define,
 * as "rate exceeded", comes as AmazonAthenaException.
 */
const RETRY_ATHENA = {
  ErrorEquals: [
    'Athena.TooManyRequestsException',
    'Athena.InternalServerException',
    'Athena.AmazonAthenaException',
  ],
  IntervalSeconds: 5,
  MaxAttempts: 8,
  BackoffRate: 2,
  MaxDelaySeconds: 300,
  JitterStrategy: 'FULL',
};

/**
 * The state machine of builds in Amazon States Language with JSONPath. docs/ARCHITECTURE.md tells what each state does.
 * An execution ends well, or in BuildsFailed where a partition could not be built; the next execution tries it again.
 */
export function buildsDefinition(props: BuildsDefinitionProps): {
  readonly Comment: string;
  readonly StartAt: string;
  readonly TimeoutSeconds: number;
  readonly States: Readonly<Record<string, State>>;
} {
  const lambda = task(props);
  const athena = statement(props);
  return {
    Comment: 'Millrace: raw events into events, funnel steps and attempts',
    StartAt: 'Start',
    TimeoutSeconds: TIMEOUT_SECONDS,
    States: {
      Start: { Type: 'Pass', Result: { tasks: 0 }, ResultPath: '$.built', Next: 'Discover' },
      Discover: {
        ...lambda('discover', { 'input.$': '$$.Execution.Input' }),
        ResultPath: '$.discovered',
        Next: 'NeedsScan',
      },
      NeedsScan: {
        Type: 'Choice',
        Choices: [{ Variable: '$.discovered.scan', IsNull: true, Next: 'Plan' }],
        Default: 'Scan',
      },
      Scan: { ...athena('$.discovered.scan'), ResultPath: '$.scanned', Next: 'Record' },
      Record: {
        ...lambda('record', {
          'query_execution_id.$': '$.scanned.query_execution_id',
          'hours.$': '$.discovered.hours',
        }),
        ResultPath: null,
        Next: 'Plan',
      },
      Plan: {
        ...lambda('plan', {
          'input.$': '$$.Execution.Input',
          'execution_id.$': '$$.Execution.Id',
        }),
        ResultPath: '$.planned',
        Next: 'HasTasks',
      },
      HasTasks: {
        Type: 'Choice',
        Choices: [{ Variable: '$.planned.tasks[0]', IsPresent: true, Next: 'Build' }],
        Default: 'Finish',
      },
      Build: {
        Type: 'Map',
        ItemsPath: '$.planned.tasks',
        ItemSelector: { 'task.$': '$$.Map.Item.Value' },
        MaxConcurrency: props.concurrency,
        ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...buildOne(lambda, athena) },
        ResultPath: null,
        Next: 'Count',
      },
      Count: {
        Type: 'Pass',
        Parameters: {
          'tasks.$': 'States.MathAdd($.built.tasks, States.ArrayLength($.planned.tasks))',
        },
        ResultPath: '$.built',
        Next: 'HasRoom',
      },
      HasRoom: {
        Type: 'Choice',
        Choices: [{ Variable: '$.built.tasks', NumericLessThan: ENOUGH_TASKS, Next: 'Plan' }],
        Default: 'Finish',
      },
      Finish: {
        ...lambda('finish', {
          'listed_at.$': '$.discovered.listed_at',
          'input.$': '$$.Execution.Input',
        }),
        ResultPath: '$.finished',
        Next: 'Outcome',
      },
      Outcome: {
        Type: 'Choice',
        Choices: [{ Variable: '$.finished.failed', NumericGreaterThan: 0, Next: 'BuildsFailed' }],
        Default: 'Done',
      },
      Done: { Type: 'Succeed' },
      BuildsFailed: {
        Type: 'Fail',
        Error: 'BuildsFailed',
        Cause:
          'one partition or more could not be built: which and why stands in the log of the function build ("a build failed") and in the registry; docs/BUILDS.md',
      },
    },
  };
}

type LambdaTask = (action: string, parameters: State) => State;
type AthenaTask = (source: string) => State;

/** One partition: from its claim to its publication. What fails gives the claim back, and leaves the others alone. */
function buildOne(lambda: LambdaTask, athena: AthenaTask): State {
  const caught = (next: string): State => ({
    ErrorEquals: ['States.ALL'],
    ResultPath: '$.error',
    Next: next,
  });
  const abandon = caught('Abandon');
  return {
    StartAt: 'Prepare',
    States: {
      Prepare: {
        ...lambda('prepare', { 'task.$': '$.task' }),
        ResultPath: '$.prepared',
        Catch: [caught('AbandonClaim')],
        Next: 'Claimed',
      },
      Claimed: {
        Type: 'Choice',
        Choices: [{ Variable: '$.prepared.claimed', BooleanEquals: true, Next: 'Create' }],
        Default: 'Passed',
      },
      Create: {
        ...athena('$.prepared'),
        ResultPath: '$.created',
        Catch: [abandon],
        Next: 'Publish',
      },
      Publish: {
        ...lambda('publish', {
          'task.$': '$.task',
          'run_id.$': '$.prepared.run_id',
          'query_execution_id.$': '$.created.query_execution_id',
        }),
        Catch: [abandon],
        ResultPath: null,
        Next: 'Passed',
      },
      Abandon: {
        ...lambda('abandon', {
          'task.$': '$.task',
          'run_id.$': '$.prepared.run_id',
          'error.$': '$.error',
        }),
        ResultPath: null,
        Next: 'Passed',
      },
      // As Abandon, before the run has an id.
      AbandonClaim: {
        ...lambda('abandon', { 'task.$': '$.task', 'error.$': '$.error' }),
        ResultPath: null,
        Next: 'Passed',
      },
      // The result of the Map is thrown away: many partitions together would outgrow a state's input.
      Passed: { Type: 'Pass', Parameters: {}, End: true },
    },
  };
}

/** A task of the build function. Its return value is the state's result. */
function task({ functionArn }: BuildsDefinitionProps): LambdaTask {
  return (action, parameters) => ({
    Type: 'Task',
    Resource: functionArn,
    Parameters: { action, 'execution.$': '$$.Execution.Name', ...parameters },
    Retry: [RETRY_LAMBDA],
  });
}

/** A statement of Athena, started by its token once, and waited for. `source` holds its sql and token. */
function statement({ partition, workgroup, database }: BuildsDefinitionProps): AthenaTask {
  return (source) => ({
    Type: 'Task',
    Resource: `arn:${partition}:states:::athena:startQueryExecution.sync`,
    Parameters: {
      'QueryString.$': `${source}.sql`,
      'ClientRequestToken.$': `${source}.token`,
      WorkGroup: workgroup,
      QueryExecutionContext: { Database: database },
    },
    ResultSelector: { 'query_execution_id.$': '$.QueryExecution.QueryExecutionId' },
    Retry: [RETRY_ATHENA],
  });
}
