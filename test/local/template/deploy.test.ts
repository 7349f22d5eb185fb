import type { ResourceHandlers } from '../../../local/service.ts';
import { deploy, generatedName } from '../../../local/template/deploy.ts';
import { removeTemporaryFolders, stacksOf } from '../fixture.ts';

/** Handlers of made-up types that remember what they were given. */
function recorder() {
  const created: { id: string; properties: Readonly<Record<string, unknown>> }[] = [];
  const handlers: ResourceHandlers = {
    'Test::Thing': {
      properties: { Name: true, Value: true, 'Nested.Known': true, Idle: 'does nothing here' },
      create: ({ logicalId, properties }) => {
        created.push({ id: logicalId, properties });
        return { ref: `ref-${logicalId}`, attributes: { Arn: `arn-${logicalId}` } };
      },
    },
  };
  return { created, handlers };
}

const thing = (Properties: object, rest: object = {}) => ({
  Type: 'Test::Thing',
  Properties,
  ...rest,
});

/** The value that one expression of a template resolves to. */
async function resolved(Value: unknown, sections: object = {}): Promise<unknown> {
  const { created, handlers } = recorder();
  const Resources = { First: thing({}), Second: thing({ Value }) };
  await deploy(stacksOf({ Stack: { Resources, ...sections } }), handlers);
  return created.find(({ id }) => id === 'Second')?.properties.Value;
}

afterAll(removeTemporaryFolders);

describe('intrinsic functions', () => {
  test.each<[string, unknown, unknown]>([
    ['Ref of a resource', { Ref: 'First' }, 'ref-First'],
    ['Ref of an account', { Ref: 'AWS::AccountId' }, '000000000000'],
    ['GetAtt', { 'Fn::GetAtt': ['First', 'Arn'] }, 'arn-First'],
    ['GetAtt as text', { 'Fn::GetAtt': 'First.Arn' }, 'arn-First'],
    ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'First' }]] }, 'a-ref-First'],
    [
      'Sub of names, attributes, own values and literals',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
      { 'Fn::Sub': ['${AWS::Region} ${First} ${First.Arn} ${own} ${!kept}', { own: 'mine' }] },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what the placeholder becomes
      'us-east-1 ref-First arn-First mine ${kept}',
    ],
    ['Select of Split', { 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    ['If that holds', { 'Fn::If': ['Yes', 'one', 'two'] }, 'one'],
    ['If that does not', { 'Fn::If': ['No', 'one', 'two'] }, 'two'],
    ['FindInMap', { 'Fn::FindInMap': ['Map', 'outer', 'inner'] }, 'found'],
    ['a parameter', { Ref: 'Parameter' }, 'given'],
    ['NoValue in an object', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
    ['NoValue in a list', [1, { Ref: 'AWS::NoValue' }], [1]],
    [
      'a member called Condition',
      { Condition: { StringEquals: { a: 'b' } } },
      { Condition: { StringEquals: { a: 'b' } } },
    ],
  ])('resolves %s', async (_, expression, expected) => {
    // Act
    const value = await resolved(expression, {
      Parameters: { Parameter: { Default: 'given' } },
      Mappings: { Map: { outer: { inner: 'found' } } },
      Conditions: {
        Yes: { 'Fn::Equals': ['a', 'a'] },
        No: { 'Fn::Not': [{ Condition: 'Yes' }] },
      },
    });
    // Assess
    expect(value).toEqual(expected);
  });

  test.each<[string, unknown, string]>([
    ['a reference to nothing', { Ref: 'Nothing' }, 'Ref names Nothing'],
    ['an unknown attribute', { 'Fn::GetAtt': ['First', 'Url'] }, 'attributes known here are Arn'],
    ['an unknown function', { 'Fn::Transform': {} }, 'Fn::Transform is not known here'],
    ['an unknown export', { 'Fn::ImportValue': 'Other:Thing' }, 'no stack exports Other:Thing'],
  ])('refuses %s and says where', async (_, expression, message) => {
    await expect(resolved(expression)).rejects.toThrow(message);
    await expect(resolved(expression)).rejects.toThrow('Stack.Second');
  });
});

test('creates what is referred to first, over stacks too', async () => {
  // Prepare
  const { created, handlers } = recorder();
  const stacks = stacksOf({
    Data: {
      Resources: {
        Late: thing({ Value: { Ref: 'Early' } }),
        Early: thing({}, { DependsOn: ['Earliest'] }),
        Earliest: thing({}),
      },
      Outputs: { Shared: { Value: { Ref: 'Late' }, Export: { Name: 'Data:Late' } } },
    },
    Service: { Resources: { User: thing({ Value: { 'Fn::ImportValue': 'Data:Late' } }) } },
  });
  // Act
  const { outputs } = await deploy(stacks, handlers);
  // Assess
  expect(created.map(({ id }) => id)).toEqual(['Earliest', 'Early', 'Late', 'User']);
  expect(created[3]?.properties).toEqual({ Value: 'ref-Late' });
  expect(outputs).toEqual({ Shared: 'ref-Late' });
});

test('leaves out resources whose condition does not hold', async () => {
  const { created, handlers } = recorder();
  const Resources = { Absent: thing({}, { Condition: 'No' }), Present: thing({}) };
  const Conditions = { No: { 'Fn::Equals': ['a', 'b'] } };
  await deploy(stacksOf({ Stack: { Resources, Conditions } }), handlers);
  expect(created.map(({ id }) => id)).toEqual(['Present']);
});

test('refuses unknown resource types, all at once, with their construct paths', async () => {
  // Prepare
  const { created, handlers } = recorder();
  const Resources = {
    Known: thing({}),
    Queue: {
      Type: 'AWS::SQS::Queue',
      Metadata: { 'aws:cdk:path': 'Millrace/Mail/Queue/Resource' },
    },
    Topic: { Type: 'AWS::SNS::Topic' },
  };
  // Act
  const deployment = deploy(stacksOf({ Stack: { Resources } }), handlers);
  // Assess
  await expect(deployment).rejects.toThrow(
    'resource type not known on one machine: AWS::SQS::Queue at Stack.Queue (Millrace/Mail/Queue/Resource); AWS::SNS::Topic at Stack.Topic. Known types: Test::Thing',
  );
  expect(created).toEqual([]);
});

test.each([
  ['a property', { Surprise: 1 }, 'property not known on one machine: Surprise'],
  [
    'a nested property',
    { Nested: { Known: 1, Other: 2 } },
    'not known on one machine: Nested.Other',
  ],
  ['a property in a list', { Nested: [{ Other: 2 }] }, 'not known on one machine: Nested.Other'],
])('refuses %s that no handler knows and says where', async (_, properties, message) => {
  const { handlers } = recorder();
  const deployment = deploy(
    stacksOf({ Stack: { Resources: { It: thing(properties) } } }),
    handlers,
  );
  await expect(deployment).rejects.toThrow(message);
  await expect(deployment).rejects.toThrow('Stack.It (Test::Thing)');
});

test('refuses resources that need each other', async () => {
  const { handlers } = recorder();
  const Resources = { A: thing({ Value: { Ref: 'B' } }), B: thing({ Value: { Ref: 'A' } }) };
  const deployment = deploy(stacksOf({ Stack: { Resources } }), handlers);
  await expect(deployment).rejects.toThrow('circular dependency in Stack: A -> B -> A');
});

test('generated names are valid for every service and the same after a restart', () => {
  const name = generatedName(
    'Millrace-Data',
    'AVeryLongLogicalIdThatNobodyWouldWriteByHand0123456789',
  );
  expect(name).toMatch(/^[a-z][a-z0-9-]{2,53}$/);
  expect(name).toBe(
    generatedName('Millrace-Data', 'AVeryLongLogicalIdThatNobodyWouldWriteByHand0123456789'),
  );
});

test('a domain of an HTTP API has no effect, and its record a target', async () => {
  // Prepare
  const Resources = {
    Domain: {
      Type: 'AWS::ApiGatewayV2::DomainName',
      Properties: { DomainName: 'events.shop.example' },
    },
    Mapping: {
      Type: 'AWS::ApiGatewayV2::ApiMapping',
      Properties: { ApiId: 'api', DomainName: { Ref: 'Domain' }, Stage: '$default' },
    },
  };
  const Outputs = {
    Name: { Value: { Ref: 'Domain' } },
    Target: { Value: { 'Fn::GetAtt': ['Domain', 'RegionalDomainName'] } },
  };
  // Act
  const { outputs } = await deploy(stacksOf({ Stack: { Resources, Outputs } }), {});
  // Assess
  expect(outputs).toEqual({
    Name: 'events.shop.example',
    Target: 'd-local.execute-api.us-east-1.amazonaws.com',
  });
});
