import {
  changedAssembly,
  type Resources,
  removeStacks,
  startTestStack,
  type TestStack,
} from '../end-to-end/stack.ts';

const EVENT = { event: 'home', anonymousId: 'me' };

/** The one resource of a type whose construct path holds a text. */
function find(resources: Resources, type: string, path: string): Resources[string] | undefined {
  return Object.values(resources).find(
    ({ Type, Metadata }) => Type === type && String(Metadata?.['aws:cdk:path']).includes(path),
  );
}

const stacks: TestStack[] = [];
async function start(change: (resources: Resources) => void): Promise<TestStack> {
  const stack = await startTestStack({ assembly: await changedAssembly(change) });
  stacks.push(stack);
  return stack;
}

afterAll(async () => {
  await Promise.all(stacks.map((stack) => stack.stop()));
  removeStacks();
});

describe('a mistake in the template is told', () => {
  test('a removed IAM statement: with the role, the action, the resource and the statement that mends it', async () => {
    // Prepare
    const stack = await start((resources) => {
      const policy = find(resources, 'AWS::IAM::Policy', '/Collect/');
      const document = policy?.Properties.PolicyDocument as { Statement: { Action: unknown }[] };
      if (!document) return;
      document.Statement = document.Statement.filter(
        ({ Action }) => !JSON.stringify(Action).includes('kinesis:PutRecords'),
      );
    });
    // Act: the event is accepted all the same, for it has a fallback.
    const response = await stack.send('/v1/track', EVENT);
    // Assess
    expect(response.status).toBe(200);
    expect(stack.terminal).toContainEqual(
      expect.stringMatching(
        /^Collect\w+ is not authorized to perform: kinesis:PutRecords on resource: arn:aws:kinesis:us-east-1:000000000000:stream\/.* add to the policy of role Collect\w+: \{"Effect":"Allow","Action":"kinesis:PutRecords"/,
      ),
    );
  });

  test('a misspelt environment variable: with the function, the variable and what it was given', async () => {
    const stack = start((resources) => {
      const collect = find(resources, 'AWS::Lambda::Function', '/Collect/');
      if (!collect) return;
      const { Variables } = collect.Properties.Environment as {
        Variables: Record<string, unknown>;
      };
      const { STREAM_NAME, ...others } = Variables;
      collect.Properties.Environment = { Variables: { ...others, STREAM_NAMES: STREAM_NAME } };
    });
    await expect(stack).rejects.toThrow(
      /function millrace-service-collect\S+ fails while it loads: .*STREAM_NAME.*variables that the template gives it: .*STREAM_NAMES/s,
    );
  });

  test('an unknown resource type: with its place', async () => {
    const stack = start((resources) => {
      if (!find(resources, 'AWS::Kinesis::Stream', '')) return;
      resources.Mail = {
        Type: 'AWS::SES::Template',
        Properties: {},
        Metadata: { 'aws:cdk:path': 'Millrace/Data/Mail/Resource' },
      };
    });
    await expect(stack).rejects.toThrow(
      /resource type not known on one machine: AWS::SES::Template at Millrace-Data.Mail \(Millrace\/Data\/Mail\/Resource\)/,
    );
  });

  test('an unknown property: with its place', async () => {
    const stack = start((resources) => {
      const stream = find(resources, 'AWS::Kinesis::Stream', '');
      if (stream) stream.Properties.ShardLevelMetrics = ['IncomingBytes'];
    });
    await expect(stack).rejects.toThrow(
      /^Millrace-Data\.Stream\w+ \(Millrace\/Data\/Stream\S*\) \(AWS::Kinesis::Stream\): property not known on one machine: ShardLevelMetrics/,
    );
  });
});

test('a data folder serves one process at a time', async () => {
  const first = await startTestStack();
  stacks.push(first);
  await expect(startTestStack({ data: first.data })).rejects.toThrow(/data folder \S+ is in use/);
});
