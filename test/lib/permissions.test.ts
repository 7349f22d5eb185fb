import type { Template } from 'aws-cdk-lib/assertions';
import { makeTemplates } from './stacks.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
}

/** Every resource with a `*`, and why it is as narrow as AWS allows. */
const WILDCARDS: Readonly<Record<string, string>> = {
  '*': "X-Ray's write actions and CloudWatch's log delivery actions have no resources",
  'raw/*': 'objects have no narrower resource than a prefix',
  'tables/*': 'objects have no narrower resource than a prefix',
  'fallback/*': 'objects have no narrower resource than a prefix',
  'errors/*': 'objects have no narrower resource than a prefix',
  'dead-letters/*': 'objects have no narrower resource than a prefix',
  'query/*': 'Athena names its result files after the id of the statement',
  'etl/*': 'Athena names its result files after the id of the statement',
  'execution::*': "an execution's name is made when it starts",
  'table/millrace_data/tmp_*': 'the names of temporary tables hold the id of the run',
};
const WITHOUT_RESOURCES = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

const { data, service } = makeTemplates();
const policies = [...policiesOf(data), ...policiesOf(service)];

function policiesOf(
  template: Template,
): { readonly id: string; readonly statements: Statement[] }[] {
  return Object.entries(template.findResources('AWS::IAM::Policy')).map(([id, policy]) => ({
    id,
    statements: policy.Properties.PolicyDocument.Statement,
  }));
}

function actionsOf(statement: Statement): readonly string[] {
  return [statement.Action].flat();
}

/** Resources of a statement as texts; references are left out of a text. */
function resourcesOf(statement: Statement): string[] {
  return [statement.Resource].flat().map((resource) => {
    if (typeof resource === 'string') return resource;
    const join = (resource as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'];
    return (join?.[1] ?? []).filter((part) => typeof part === 'string').join('');
  });
}

/** What a function or service with this in its role's id may do. */
function actionsOfRole(id: RegExp): string[] {
  const found = policies.filter((policy) => id.test(policy.id));
  return [...new Set(found.flatMap(({ statements }) => statements.flatMap(actionsOf)))].sort();
}

describe('permissions', () => {
  it('name every action', () => {
    const wild = policies.flatMap(({ statements }) => statements.flatMap(actionsOf));

    expect(wild.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('have a * in a resource only where the list above tells why', () => {
    const known = Object.keys(WILDCARDS);
    const found = policies.flatMap(({ id, statements }) =>
      statements.flatMap((statement) =>
        resourcesOf(statement)
          .filter((resource) => resource.includes('*'))
          .map((resource) => ({ id, resource })),
      ),
    );

    const unknown = found.filter(
      ({ resource }) =>
        !known.some(
          (ending) =>
            resource === ending ||
            (ending !== '*' &&
              resource.endsWith(`${/^(table\/|execution)/.test(ending) ? ':' : '/'}${ending}`)),
        ),
    );
    expect(unknown).toEqual([]);
    expect(found.length).toBeGreaterThan(10);
  });

  it('are for all resources only where AWS has none for the action', () => {
    const everywhere = policies
      .flatMap(({ statements }) => statements)
      .filter((statement) => resourcesOf(statement).includes('*'))
      .flatMap(actionsOf);

    expect(everywhere.filter((action) => !WITHOUT_RESOURCES.includes(action))).toEqual([]);
  });

  it('name a resource in every statement, and allow rather than refuse', () => {
    for (const { statements } of policies) {
      for (const statement of statements) {
        expect(statement.Effect).toBe('Allow');
        expect([statement.Resource].flat().length).toBeGreaterThan(0);
      }
    }
  });

  it('use no policies of AWS, which grow by themselves', () => {
    for (const template of [data, service]) {
      for (const role of Object.values(template.findResources('AWS::IAM::Role'))) {
        expect(role.Properties.ManagedPolicyArns).toBeUndefined();
      }
    }
  });

  it.each([
    ['collect', /^Collect/, ['firehose:PutRecordBatch', 'kinesis:PutRecords', 's3:PutObject']],
    [
      'refill',
      /^RefillRole/,
      ['kinesis:PutRecords', 's3:DeleteObject', 's3:GetObject', 's3:ListBucket'],
    ],
    ['a schedule of builds', /^BuildsHourly/, ['states:StartExecution']],
  ])('let %s do what it calls and no more', (_name, id, expected) => {
    const logs = ['logs:CreateLogStream', 'logs:PutLogEvents'];

    expect(actionsOfRole(id).filter((action) => !logs.includes(action))).toEqual(expected);
  });

  it('let nothing that answers questions change what they are answered from', () => {
    expect(actionsOfRole(/^Query/).filter((action) => /Create|Update|Delete/.test(action))).toEqual(
      ['logs:CreateLogStream'],
    );
  });
});
