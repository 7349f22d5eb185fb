import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { InvalidConfigError } from '../../core/config-schema.ts';
import { Millrace } from '../../lib/millrace.ts';
import sample from '../../millrace.config.ts';
import { makeApp, makeTemplates } from './stacks.ts';

const { data, service } = makeTemplates();

/** Environment of the function whose bundle's description starts so. */
function environment(description: string): string[] {
  const functions = service.findResources('AWS::Lambda::Function', {
    Properties: { Description: Match.stringLikeRegexp(description) },
  });
  const [found] = Object.values(functions);
  return Object.keys(found?.Properties.Environment.Variables ?? {}).sort();
}

describe('Millrace', () => {
  // A changed logical id makes AWS create a new resource beside the old one: the data would stay behind.
  it('keeps the logical ids of what holds data', () => {
    const stateful = [
      'AWS::S3::Bucket',
      'AWS::Glue::Database',
      'AWS::Glue::Table',
      'AWS::Kinesis::Stream',
      'AWS::KinesisFirehose::DeliveryStream',
      'AWS::DynamoDB::Table',
      'AWS::SecretsManager::Secret',
    ].flatMap((type) => Object.keys(data.findResources(type)));

    expect(stateful.sort()).toEqual([
      'CatalogDatabaseE63956BB',
      'CatalogDeadLetters62B607B9',
      'CatalogEvents6DA6E2BB',
      'CatalogFunnelAttempts8693F1D7',
      'CatalogFunnelMonths2ED94A7C',
      'CatalogFunnelSteps2FAB1BDC',
      'CatalogRawEventsB757E01A',
      'CatalogRedrives36751161',
      'DeadLettersStreamDA791674',
      'DeliveryStream0CBD39C1',
      'LakeAccessLogs4431AB8D',
      'LakeBucketB1D32E10',
      'LakeDeadLettersA1F3E919',
      'LakeResults1933D710',
      'RegistryTableDB777839',
      'Stream862536A4',
    ]);
  });

  it.each([
    'AWS::DynamoDB::Table',
    'AWS::Glue::Database',
    'AWS::Glue::Table',
    'AWS::Kinesis::Stream',
    'AWS::S3::Bucket',
  ])(
    'keeps each %s when its stack goes, but not after a first deployment that failed: names would be taken',
    (type) => {
      data.allResources(type, {
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
    },
  );

  it.each([
    [
      'takes events over HTTP',
      [
        'DEAD_LETTER_STREAM_NAME',
        'LAKE_BUCKET',
        'METRICS_NAMESPACE',
        'RATE_LIMITS_TABLE',
        'STREAM_NAME',
      ],
    ],
    ['sends dead letters again', ['DEAD_LETTER_BUCKET', 'METRICS_NAMESPACE', 'STREAM_NAME']],
    ['makes dead letters', ['DEAD_LETTER_BUCKET', 'LAKE_BUCKET']],
    ['sends events again', ['DEAD_LETTER_STREAM_NAME', 'LAKE_BUCKET', 'STREAM_NAME']],
    [
      'decides what is built',
      ['DELIVERY_LAG_SECONDS', 'ETL_WORKGROUP', 'GLUE_DATABASE', 'LAKE_BUCKET', 'REGISTRY_TABLE'],
    ],
    ['answers questions', ['ANSWERS_TABLE', 'GLUE_DATABASE', 'QUERY_WORKGROUP', 'REGISTRY_TABLE']],
  ])('gives the function that %s its environment and no more', (description, names) => {
    expect(environment(description)).toEqual(names);
  });

  it('tells builds how long delivery takes: half as long again as the buffer, and a minute', () => {
    service.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ DELIVERY_LAG_SECONDS: '510' }) },
    });
  });

  it('runs all functions on Node 24 on ARM, with logs that end', () => {
    service.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      LoggingConfig: { LogGroup: Match.anyValue() },
    });
    service.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  it('starts builds hourly and, with a full listing, nightly, in UTC', () => {
    for (const [cron, input] of [
      ['cron(7 * * * ? *)', '{}'],
      ['cron(30 3 * * ? *)', '{"full":true}'],
    ]) {
      service.hasResourceProperties('AWS::Scheduler::Schedule', {
        ScheduleExpression: cron,
        ScheduleExpressionTimezone: 'UTC',
        Target: Match.objectLike({ Input: input }),
      });
    }
  });

  it('limits the bytes of questions, and lets only builds choose where they write', () => {
    service.hasResourceProperties('AWS::Athena::WorkGroup', {
      Name: 'Millrace-Service-query',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 100_000_000_000,
      },
    });
    service.hasResourceProperties('AWS::Athena::WorkGroup', {
      Name: 'Millrace-Service-etl',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: false,
        BytesScannedCutoffPerQuery: 1_000_000_000_000,
      },
    });
  });

  it('fits into a stack of a team’s own', () => {
    const app = makeApp();
    const own = new Stack(app, 'Analytics');

    new Millrace(own, 'Millrace', { config: sample, dataStack: own, serviceStack: own });

    Template.fromStack(own).resourceCountIs('AWS::Lambda::Function', 7);
  });

  it('refuses a bad config with all its problems', () => {
    const config = { ...sample, delivery: { bufferSeconds: 5, bufferMiB: 5 } };

    expect(() => new Millrace(makeApp(), 'Millrace', { config })).toThrow(InvalidConfigError);
  });

  it('refuses a funnel whose facts could not be built: it would stop the builds of all', () => {
    // Six steps each that one event can match together.
    const steps = Array.from({ length: 20 }, (_, i) => ({
      event: `event ${Math.floor(i / 6)}`,
      where: [{ property: `p${i % 6}`, op: 'is_set' as const }],
    }));
    const apps = sample.apps.map((app) => ({
      ...app,
      funnels: [{ name: 'long', window: '1d', steps }],
    }));

    expect(() => new Millrace(makeApp(), 'Millrace', { config: { ...sample, apps } })).toThrow(
      /apps\[0\]\.funnels\[0\]: .*allowed: \d+; use fewer steps/,
    );
  });
});
