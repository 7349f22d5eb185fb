import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ENVELOPE } from '../../core/columns.ts';
import { parseConfig } from '../../core/config-schema.ts';
import { Catalog } from '../../lib/catalog.ts';
import sample from '../../millrace.config.ts';
import { makeStack } from './stacks.ts';

interface Table {
  readonly Name: string;
  readonly Parameters: Readonly<Record<string, unknown>>;
  readonly PartitionKeys: readonly { readonly Name: string; readonly Type: string }[];
  readonly StorageDescriptor: {
    readonly Columns: readonly { readonly Name: string; readonly Type: string }[];
  };
}

function makeTables(): Record<string, Table> {
  const stack = makeStack();
  new Catalog(stack, 'Catalog', {
    config: parseConfig(sample),
    lake: new Bucket(stack, 'Lake'),
    deadLetters: new Bucket(stack, 'DeadLetters'),
  });
  const resources = Template.fromStack(stack).findResources('AWS::Glue::Table');
  const tables = Object.values(resources).map(
    (resource) => (resource.Properties as { TableInput: Table }).TableInput,
  );
  return Object.fromEntries(tables.map((table) => [table.Name, table]));
}

const tables = makeTables();

describe('Catalog', () => {
  it('has the tables of core/columns.ts', () => {
    expect(Object.keys(tables).sort()).toEqual([
      'dead_letters',
      'events',
      'funnel_attempts',
      'funnel_months',
      'funnel_steps',
      'raw_events',
      'redrives',
    ]);
  });

  it('projects raw events by day and hour of arrival', () => {
    expect(tables.raw_events?.Parameters).toMatchObject({
      'projection.enabled': 'true',
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy-MM-dd',
      'projection.dt.range': '2020-01-01,NOW+1DAYS',
      'projection.hour.type': 'integer',
      'projection.hour.range': '0,23',
      'projection.hour.digits': '2',
    });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are Athena's
    const template = 'raw/dt=${dt}/hour=${hour}/';
    expect(JSON.stringify(tables.raw_events?.Parameters['storage.location.template'])).toContain(
      template,
    );
  });

  it('has raw events with the columns of the envelope, so that Firehose converts to them', () => {
    const columns = tables.raw_events?.StorageDescriptor.Columns ?? [];

    expect(columns.map(({ Name, Type }) => [Name, Type])).toEqual(
      ENVELOPE.map(({ name, type }) => [name, type]),
    );
  });

  it.each(['events', 'funnel_steps', 'funnel_attempts', 'funnel_months'])(
    'projects nothing of %s, or Athena would not see the partitions that builds swap',
    (name) => {
      const parameters = Object.keys(tables[name]?.Parameters ?? {});

      expect(parameters.filter((key) => key.startsWith('projection'))).toEqual([]);
    },
  );

  it.each([
    ['events', ['app_id', 'event_date']],
    ['funnel_steps', ['app_id', 'funnel', 'event_date']],
    ['funnel_attempts', ['app_id', 'funnel', 'event_date']],
    ['funnel_months', ['app_id', 'funnel', 'event_date']],
  ])('has %s partitioned by keys that are no columns of it', (name, keys) => {
    const table = tables[name];
    const columns = table?.StorageDescriptor.Columns.map((column) => column.Name) ?? [];

    expect(table?.PartitionKeys.map((key) => key.Name)).toEqual(keys);
    expect(table?.PartitionKeys.every((key) => key.Type === 'string')).toBe(true);
    expect(columns.filter((column) => keys.includes(column))).toEqual([]);
  });

  it.each(['funnel_steps', 'funnel_attempts'])("has the config's dimensions in %s", (name) => {
    const columns = tables[name]?.StorageDescriptor.Columns.map((column) => column.Name);

    expect(columns).toContain('plan');
  });

  it('has no column twice in a table', () => {
    for (const { StorageDescriptor, PartitionKeys } of Object.values(tables)) {
      const names = [...StorageDescriptor.Columns, ...PartitionKeys].map(({ Name }) => Name);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
