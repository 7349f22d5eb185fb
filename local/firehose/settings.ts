import { type Prefix, parseErrorPrefix, parsePrefix } from './prefix.ts';

/** The conversion of records to Parquet. */
export interface Conversion {
  readonly database: string;
  readonly table: string;
  readonly roleArn: string;
  readonly compression: 'SNAPPY' | 'GZIP' | 'UNCOMPRESSED';
}

/** What a delivery stream is made with, checked. */
export interface DeliverySettings {
  readonly name: string;
  /** Null for Direct PUT. */
  readonly source: {
    readonly stream: string;
    readonly streamArn: string;
    readonly roleArn: string;
  } | null;
  readonly bucket: string;
  readonly roleArn: string;
  readonly prefix: Prefix;
  readonly errorPrefix: Prefix;
  readonly bufferBytes: number;
  readonly bufferMs: number;
  readonly gzip: boolean;
  readonly fileExtension: string | null;
  /** Null: records are delivered as they came. */
  readonly conversion: Conversion | null;
}

type Properties = Readonly<Record<string, unknown>>;

const MIB = 1024 * 1024;

/**
 * Reads the properties of AWS::KinesisFirehose::DeliveryStream.
 * @throws Error that names the property, the value and what is allowed or implemented.
 */
export function parseSettings(properties: Properties, name: string): DeliverySettings {
  const destination = record(properties, 'ExtendedS3DestinationConfiguration');
  refuse(destination);
  const conversion = parseConversion(destination.DataFormatConversionConfiguration);
  const compression = destination.CompressionFormat ?? 'UNCOMPRESSED';
  choice('CompressionFormat', compression, ['UNCOMPRESSED', 'GZIP']);
  if (conversion !== null && compression !== 'UNCOMPRESSED') {
    throw new Error(
      `CompressionFormat must be UNCOMPRESSED with a format conversion, got ${compression}`,
    );
  }
  const hints = optionalRecord(destination, 'BufferingHints');
  const least = conversion === null ? 1 : 64;
  const prefix = optionalString(destination, 'Prefix') ?? '';
  return {
    name,
    source: parseSource(properties),
    bucket: string(destination, 'BucketARN').replace(/^arn:aws[\w-]*:s3:::/, ''),
    roleArn: string(destination, 'RoleARN'),
    prefix: parsePrefix(prefix),
    errorPrefix: parseErrorPrefix(optionalString(destination, 'ErrorOutputPrefix'), prefix),
    bufferBytes: whole(hints, 'SizeInMBs', conversion === null ? 5 : 128, least, 128) * MIB,
    bufferMs: whole(hints, 'IntervalInSeconds', 300, 0, 900) * 1000,
    gzip: compression === 'GZIP',
    fileExtension: optionalString(destination, 'FileExtension') ?? null,
    conversion,
  };
}

function parseSource(properties: Properties): DeliverySettings['source'] {
  const type = properties.DeliveryStreamType ?? 'DirectPut';
  choice('DeliveryStreamType', type, ['DirectPut', 'KinesisStreamAsSource']);
  if (type === 'DirectPut') return null;
  const source = record(properties, 'KinesisStreamSourceConfiguration');
  const streamArn = string(source, 'KinesisStreamARN');
  return {
    streamArn,
    stream: streamArn.slice(streamArn.indexOf('/') + 1),
    roleArn: string(source, 'RoleARN'),
  };
}

function parseConversion(value: unknown): Conversion | null {
  if (value === undefined) return null;
  const configuration = value as Properties;
  if (configuration.Enabled === false) return null;
  const input = optionalRecord(
    optionalRecord(configuration, 'InputFormatConfiguration'),
    'Deserializer',
  );
  const [deserializer = 'none'] = Object.keys(input);
  if (deserializer !== 'OpenXJsonSerDe') {
    throw new Error(
      `Deserializer must be OpenXJsonSerDe, got ${deserializer}: others are not implemented locally`,
    );
  }
  const openX = record(input, 'OpenXJsonSerDe');
  const unknown = Object.keys(openX).filter((key) => openX[key] !== undefined);
  if (
    unknown.length > 0 &&
    !(unknown.join() === 'CaseInsensitive' && openX.CaseInsensitive === true)
  ) {
    throw new Error(
      `OpenXJsonSerDe: ${unknown.join(', ')} not implemented locally; its defaults are`,
    );
  }
  const output = optionalRecord(
    optionalRecord(configuration, 'OutputFormatConfiguration'),
    'Serializer',
  );
  const [serializer = 'none'] = Object.keys(output);
  if (serializer !== 'ParquetSerDe') {
    throw new Error(
      `Serializer must be ParquetSerDe, got ${serializer}: others are not implemented locally`,
    );
  }
  const compression = record(output, 'ParquetSerDe').Compression ?? 'SNAPPY';
  choice('ParquetSerDe.Compression', compression, ['SNAPPY', 'GZIP', 'UNCOMPRESSED']);
  const schema = record(configuration, 'SchemaConfiguration');
  const version = schema.VersionId ?? 'LATEST';
  choice('SchemaConfiguration.VersionId', version, ['LATEST']);
  return {
    database: string(schema, 'DatabaseName'),
    table: string(schema, 'TableName'),
    roleArn: string(schema, 'RoleARN'),
    compression: compression as Conversion['compression'],
  };
}

/** Refuses what would change what is delivered and is not implemented. */
function refuse(destination: Properties): void {
  for (const name of ['ProcessingConfiguration', 'DynamicPartitioningConfiguration']) {
    if (optionalRecord(destination, name).Enabled === true) {
      throw new Error(`${name}: Enabled true is not implemented locally`);
    }
  }
  choice('S3BackupMode', destination.S3BackupMode ?? 'Disabled', ['Disabled']);
  choice('CustomTimeZone', destination.CustomTimeZone ?? 'UTC', ['UTC']);
}

function choice(name: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === 'string' && allowed.includes(value)) return;
  throw new Error(
    `${name} must be ${allowed.join(' or ')} (what is implemented locally), got ${JSON.stringify(value)}`,
  );
}

function record(properties: Properties, name: string): Properties {
  const value = properties[name];
  if (typeof value === 'object' && value !== null) return value as Properties;
  throw new Error(`${name} must be given`);
}

function optionalRecord(properties: Properties, name: string): Properties {
  return properties[name] === undefined ? {} : record(properties, name);
}

function string(properties: Properties, name: string): string {
  const value = properties[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${name} must be a string, got ${JSON.stringify(value)}`);
}

function optionalString(properties: Properties, name: string): string | undefined {
  return properties[name] === undefined || properties[name] === ''
    ? undefined
    : string(properties, name);
}

function whole(
  properties: Properties,
  name: string,
  otherwise: number,
  min: number,
  max: number,
): number {
  const value = properties[name] === undefined ? otherwise : Number(properties[name]);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`BufferingHints.${name} must be ${min} to ${max} here, got ${properties[name]}`);
}
