import { parseExpression } from '../../../local/scheduler/expression.ts';
import { lambdaFunction, removeTemporaryFolders, role } from '../fixture.ts';
import { startRuntime } from '../runtime.ts';

const at = (time: string) => Date.parse(`${time}Z`);
const next = (expression: string, after: string, timeZone = 'UTC') => {
  const due = parseExpression(expression, timeZone)(at(after));
  return due === undefined ? undefined : new Date(due).toISOString().slice(0, 16);
};

describe('schedule expressions', () => {
  test.each([
    ['rate(1 hour)', '2026-11-21T10:20', '2026-11-21T11:20'],
    ['rate(15 minutes)', '2026-11-21T10:20', '2026-11-21T10:35'],
    ['cron(5 * * * ? *)', '2026-11-21T10:20', '2026-11-21T11:05'],
    ['cron(0/15 * * * ? *)', '2026-11-21T10:20', '2026-11-21T10:30'],
    ['cron(0 3 ? * 1 *)', '2026-11-21T10:20', '2026-11-22T03:00'],
    ['cron(0 3 ? * MON-FRI *)', '2026-11-21T10:20', '2026-11-23T03:00'],
    ['cron(0 3 L * ? *)', '2026-11-21T10:20', '2026-11-30T03:00'],
  ])('%s after %s is %s', (expression, after, due) => {
    expect(next(expression, after)).toBe(due);
  });

  test('a time zone is minded', () => {
    expect(next('cron(0 3 * * ? *)', '2026-07-01T00:00', 'Europe/Berlin')).toBe('2026-07-01T01:00');
  });

  test.each([
    'at(2026-11-21T10:20:00)',
    'rate(0 hours)',
    'rate(1 week)',
    'cron(* * * * *)',
    'hourly',
  ])('refuses %s and says what is allowed', (expression) => {
    expect(() => parseExpression(expression, 'UTC')).toThrow(/must /);
  });
});

const SOURCES = {
  Job: 'let runs = 0; export const handler = async (event) => { console.log(JSON.stringify(event)); return ++runs; };',
};
const ARN = { 'Fn::GetAtt': ['Job', 'Arn'] };

function resources(statements: readonly object[], target: unknown = ARN): Record<string, unknown> {
  return {
    JobRole: role('lambda.amazonaws.com'),
    Job: lambdaFunction('Job', { FunctionName: 'job' }),
    TimerRole: role('scheduler.amazonaws.com', statements),
    Timer: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Name: 'hourly',
        ScheduleExpression: 'rate(1 hour)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: target, RoleArn: { 'Fn::GetAtt': ['TimerRole', 'Arn'] }, Input: '{"a":1}' },
      },
    },
  };
}
const MAY_INVOKE = [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: ARN }];

afterAll(removeTemporaryFolders);

test('a schedule runs its target on the shortened clock', async () => {
  // Prepare: an hour takes 0.36 s.
  const runtime = await startRuntime({
    resources: resources(MAY_INVOKE),
    functions: SOURCES,
    speed: 10_000,
  });
  // Act
  runtime.scheduler.start();
  await new Promise((done) => setTimeout(done, 1300));
  runtime.scheduler.stop();
  // Assess: three intervals fit; the job counts them.
  const { error, ...answer } = await runtime.functions.get('job').invoke('{}');
  expect(error).toBeUndefined();
  expect(Number('payload' in answer && answer.payload)).toBeGreaterThanOrEqual(3);
  await runtime.stop();
});

test('what is under way when all stops is not told as a failure', async () => {
  const runtime = await startRuntime({
    resources: resources(MAY_INVOKE),
    functions: { Job: 'export const handler = () => new Promise(() => {});' },
    speed: 10_000,
  });
  runtime.scheduler.start();
  await new Promise((done) => setTimeout(done, 600));

  await runtime.stop();
  await new Promise((done) => setTimeout(done, 50));

  expect(runtime.terminal.filter((line) => line.startsWith('schedule'))).toEqual([]);
});

test('a role that may not start the target fails the run, and says what is missing', async () => {
  const runtime = await startRuntime({ resources: resources([]), functions: SOURCES });
  await expect(runtime.scheduler.run('hourly')).rejects.toThrow(
    'TimerRole is not authorized to perform: lambda:InvokeFunction',
  );
  await runtime.stop();
});

test('a target that is neither function nor state machine is refused at the start', async () => {
  const target = 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage';
  const start = startRuntime({ resources: resources([], target), functions: SOURCES });
  await expect(start).rejects.toThrow(
    `Target.Arn must be a function or a state machine of the template, got ${target}`,
  );
});
