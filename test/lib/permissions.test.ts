import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { buildSync } from 'esbuild';
import { type FunctionName, handlerFolder } from '../../lib/bundle.ts';
import { makeTemplates } from './stacks.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Condition?: unknown;
}

/** Every resource with a `*`, and why it is as narrow as AWS allows. */
const WILDCARDS: Readonly<Record<string, string>> = {
  '*': "X-Ray's write actions and CloudWatch's log delivery actions have no resources",
  'raw/*': 'objects have no narrower resource than a prefix',
  'tables/*': 'objects have no narrower resource than a prefix',
  'fallback/*': 'objects have no narrower resource than a prefix',
  'fallback/dead-letters/*': 'objects have no narrower resource than a prefix',
  'errors/*': 'objects have no narrower resource than a prefix',
  'dead-letters/*': 'objects have no narrower resource than a prefix',
  'dead-letters/dt=*/0-calls-of-*':
    'objects have no narrower resource than a prefix, here in each day',
  'redrives/*': 'objects have no narrower resource than a prefix',
  'aws/lambda/*': 'objects have no narrower resource than a prefix',
  'query/*': 'Athena names its result files after the id of the statement',
  'etl/*': 'Athena names its result files after the id of the statement',
  'execution::*': "an execution's name is made when it starts",
  ':*': "an execution's name is made when it starts",
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

/** Of these, what a function calls itself. */
const WITHOUT_RESOURCES_CALLED = ['cloudwatch:GetMetricData', 'logs:GetQueryResults'];

/** Athena reads the catalog and the files, and writes results, with the permissions of who asks. */
const READS_BY_ATHENA = [
  'glue:BatchGetPartition',
  'glue:GetDatabase',
  'glue:GetPartition',
  'glue:GetPartitions',
  'glue:GetTable',
  's3:AbortMultipartUpload',
  's3:GetBucketLocation',
  's3:GetObject',
  's3:ListBucket',
  's3:ListBucketMultipartUploads',
  's3:ListMultipartUploadParts',
  's3:PutObject',
];

/** What AWS asks for beside the called action itself. */
const IMPLIED: Readonly<Record<FunctionName, readonly string[]>> = {
  // The fallback object is put, and requests are counted, without the SDK.
  collect: ['dynamodb:UpdateItem', 's3:PutObject'],
  redrive: [],
  refill: [],
  gather: [],
  // Athena hands out results to who may read their files.
  build: ['s3:GetObject'],
  query: READS_BY_ATHENA,
  reconcile: READS_BY_ATHENA,
};
/** Calls whose action has another name. */
const RENAMED: Readonly<Record<string, string>> = {
  ListObjectsV2: 'ListBucket',
  DeleteObjects: 'DeleteObject',
};
const PREFIXES: Readonly<Record<string, string>> = { sfn: 'states', 'cloudwatch-logs': 'logs' };

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

/** Actions of the AWS calls that are left in a function once what it does not use is gone. */
function calledActions(name: FunctionName): string[] {
  const { outputFiles } = buildSync({
    entryPoints: [`lambdas/${handlerFolder(name)}/handler.ts`],
    absWorkingDir: join(import.meta.dirname, '../..'),
    bundle: true,
    write: false,
    packages: 'external',
    external: ['#*'],
    format: 'esm',
    platform: 'node',
  });
  const text = outputFiles[0]?.text ?? '';
  const imports = [...text.matchAll(/import \{([^}]*)\} from "@aws-sdk\/client-([\w-]+)"/g)];
  return imports.flatMap(([, names = '', client = '']) =>
    [...names.matchAll(/\b(?:paginate(\w+)|(\w+)Command)\b/g)]
      .filter(([name]) => text.includes(`${name}(`))
      .map(([, pages, command]) => {
        const call = pages ?? command ?? '';
        return `${PREFIXES[client] ?? client}:${RENAMED[call] ?? call}`;
      }),
  );
}

function isKnown(resource: string): boolean {
  return Object.keys(WILDCARDS).some((known) =>
    known === '*' ? resource === '*' : new RegExp(`(^|[/:])${escaped(known)}$`).test(resource),
  );
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+]/g, '\\$&');
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
    const found = policies.flatMap(({ id, statements }) =>
      statements.flatMap((statement) =>
        resourcesOf(statement)
          .filter((resource) => resource.includes('*'))
          .map((resource) => ({ id, resource })),
      ),
    );

    const unknown = found.filter(({ resource }) => !isKnown(resource));
    expect(unknown).toEqual([]);
    expect(found.length).toBeGreaterThan(10);
  });

  it('are for all resources only where AWS has none for the action', () => {
    const everywhere = policies
      .flatMap(({ statements }) => statements)
      .filter((statement) => resourcesOf(statement).includes('*'))
      .flatMap(actionsOf);

    const allowed = [...WITHOUT_RESOURCES, ...WITHOUT_RESOURCES_CALLED];
    expect(everywhere.filter((action) => !allowed.includes(action))).toEqual([]);
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
    ['collect', /^Collect/],
    ['refill', /^RefillRole/],
    ['build', /^BuildsBuild|^BuildsExecutions/],
    ['query', /^Query/],
    ['reconcile', /^ReconcileRole/],
  ] as const)('let %s do what its code calls and no more', (name, id) => {
    const own = [...WITHOUT_RESOURCES, 'logs:CreateLogStream', 'logs:PutLogEvents'];
    const given = actionsOfRole(id).filter((action) => !own.includes(action));

    expect(given).toEqual([...new Set([...calledActions(name), ...IMPLIED[name]])].sort());
  });

  it('let builds list what they read, what they write and what waits, and nothing else', () => {
    const listings = policies
      .filter(({ id }) => /^BuildsBuild/.test(id))
      .flatMap(({ statements }) => statements)
      .filter((statement) => actionsOf(statement).includes('s3:ListBucket'))
      .map(({ Condition }) => Condition);

    expect(listings).toEqual([
      { StringLike: { 's3:prefix': ['raw/*', 'tables/*', 'fallback/*'] } },
    ]);
  });

  it.each([
    ['statements of builds', /^BuildsRole/],
    ['questions', /^Query/],
  ])(
    'let %s list buckets without a condition, or S3 tells Athena 403 for what is not there',
    (_, id) => {
      const listings = policies
        .filter((policy) => id.test(policy.id))
        .flatMap(({ statements }) => statements)
        .filter((statement) => actionsOf(statement).includes('s3:ListBucket'));

      // Of results, and of the lake.
      expect(listings).toHaveLength(2);
      expect(listings.map(({ Condition }) => Condition)).toEqual([undefined, undefined]);
    },
  );

  it('let nothing that answers questions change what they are answered from', () => {
    expect(actionsOfRole(/^Query/).filter((action) => /Create|Update|Delete/.test(action))).toEqual(
      ['logs:CreateLogStream'],
    );
  });
});
