import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { Faults } from '../faults.ts';
import { Streams } from '../kinesis/streams.ts';
import {
  type JsonService,
  type ResolvedResource,
  type ResourceHandler,
  type ResourceHandlers,
  ServiceError,
} from '../service.ts';
import { ParquetConverter } from './convert.ts';
import type { DeliveryContext } from './deliver.ts';
import { type DeliveryState, DeliveryStream } from './delivery-stream.ts';
import { describeDeliveryStream, listDeliveryStreams } from './describe.ts';
import { putRecord, putRecordBatch } from './put.ts';
import { type DeliverySettings, parseSettings } from './settings.ts';

/** What the local Firehose is made with. */
export interface FirehoseOptions extends Omit<DeliveryContext, 'converter'> {
  readonly folder: string;
  readonly clock: Clock;
  /** The local Kinesis, for delivery streams that read a stream. */
  readonly streams: Streams;
  readonly faults?: Faults;
  /** Hears of failed deliveries. Default: standard error. */
  readonly log?: (line: string) => void;
}

/** The local Firehose. */
export interface Firehose {
  readonly service: JsonService;
  readonly handlers: ResourceHandlers;
  /** Names of the delivery streams. */
  names(): readonly string[];
  /** Delivers all that a delivery stream has buffered. Rejects with what the delivery failed with. */
  flush(name: string): Promise<void>;
  /** Where a delivery stream stands. */
  state(name: string): DeliveryState;
  /** Stops delivering; what is buffered stays on disk for the next start. */
  close(): Promise<void>;
}

/** Makes the local Firehose; delivery streams come from the template. */
export function createFirehose(options: FirehoseOptions): Firehose {
  const { region, account } = options;
  const buffers = new Streams({ folder: join(options.folder, 'buffers'), region, account });
  const converter = new ParquetConverter();
  const context: DeliveryContext = { ...options, converter };
  const open = new Map<string, DeliveryStream>();
  const find = (name: string): DeliveryStream => {
    const stream = open.get(name);
    if (stream !== undefined) return stream;
    const message = `Firehose ${name} under account ${account} not found.`;
    throw new ServiceError('ResourceNotFoundException', message);
  };
  const names = () => [...open.keys()].sort();
  const directory = {
    find,
    names,
    buffers,
    arn: (name: string) => `arn:aws:firehose:${region}:${account}:deliverystream/${name}`,
    faults: options.faults ?? new Faults(),
  };
  const create = async (resource: ResolvedResource) => {
    const { DeliveryStreamName } = resource.properties;
    const name =
      typeof DeliveryStreamName === 'string' ? DeliveryStreamName : resource.generatedName;
    const settings = parseSettings(resource.properties, name);
    const stream = await openStream(options, context, buffers, settings);
    open.set(name, stream);
    return { ref: name, attributes: { Arn: directory.arn(name) } };
  };
  return {
    service: {
      target: 'Firehose_20150804',
      contentType: 'application/x-amz-json-1.1',
      operations: {
        DescribeDeliveryStream: describeDeliveryStream(directory),
        ListDeliveryStreams: listDeliveryStreams(directory),
        PutRecord: putRecord(directory),
        PutRecordBatch: putRecordBatch(directory),
      },
    },
    handlers: { 'AWS::KinesisFirehose::DeliveryStream': { properties: PROPERTIES, create } },
    names,
    flush: (name) => find(name).flush(),
    state: (name) => find(name).state,
    close: async () => {
      for (const stream of open.values()) await stream.close();
      open.clear();
      await buffers.close();
      await converter.close();
    },
  };
}

const NOT_ENCRYPTED = 'data lies unencrypted in the data folder of this machine';

const PROPERTIES: ResourceHandler['properties'] = {
  DeliveryStreamName: true,
  DeliveryStreamType: true,
  DeliveryStreamEncryptionConfigurationInput: NOT_ENCRYPTED,
  'KinesisStreamSourceConfiguration.KinesisStreamARN': true,
  'KinesisStreamSourceConfiguration.RoleARN': true,
  'ExtendedS3DestinationConfiguration.BucketARN': true,
  'ExtendedS3DestinationConfiguration.BufferingHints': true,
  'ExtendedS3DestinationConfiguration.CloudWatchLoggingOptions':
    'failed deliveries are printed by the process',
  'ExtendedS3DestinationConfiguration.CompressionFormat': true,
  'ExtendedS3DestinationConfiguration.CustomTimeZone': true,
  'ExtendedS3DestinationConfiguration.DataFormatConversionConfiguration': true,
  'ExtendedS3DestinationConfiguration.DynamicPartitioningConfiguration': true,
  'ExtendedS3DestinationConfiguration.EncryptionConfiguration': NOT_ENCRYPTED,
  'ExtendedS3DestinationConfiguration.ErrorOutputPrefix': true,
  'ExtendedS3DestinationConfiguration.FileExtension': true,
  'ExtendedS3DestinationConfiguration.Prefix': true,
  'ExtendedS3DestinationConfiguration.ProcessingConfiguration': true,
  'ExtendedS3DestinationConfiguration.RoleARN': true,
  'ExtendedS3DestinationConfiguration.S3BackupMode': true,
  Tags: 'nothing local reads tags',
};

async function openStream(
  options: FirehoseOptions,
  context: DeliveryContext,
  buffers: Streams,
  settings: DeliverySettings,
): Promise<DeliveryStream> {
  const { name, source, conversion } = settings;
  // As on AWS, the table must be there when the delivery stream is made.
  if (conversion !== null) await context.tableColumns(conversion.database, conversion.table);
  if (source === null) {
    await buffers.create({
      name,
      shards: 1,
      mode: 'PROVISIONED',
      // What is delivered may go at once; the delivery stream holds the rest.
      retentionHours: 0,
      maxRecordBytes: 1000 * 1024,
    });
  }
  const stream = new DeliveryStream({
    folder: join(options.folder, 'streams', name),
    clock: options.clock,
    settings,
    context,
    streams: source === null ? buffers : options.streams,
    sourceStream: source?.stream ?? name,
    log: options.log ?? console.error,
  });
  await stream.start();
  return stream;
}
