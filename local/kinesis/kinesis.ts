import { Faults } from '../faults.ts';
import type { JsonService, ResourceHandler, ResourceHandlers } from '../service.ts';
import { describeStream, describeStreamSummary, listShards, listStreams } from './describe.ts';
import { getRecords, getShardIterator } from './get.ts';
import { putRecord, putRecords } from './put.ts';
import { Streams, type StreamsOptions } from './streams.ts';
import { Throughput } from './throughput.ts';

/** What the local Kinesis is made with. */
export interface KinesisOptions extends StreamsOptions {
  readonly faults?: Faults;
  /** Throttle as AWS does at 1 MiB or 1,000 records a second and shard. Default false. */
  readonly enforceThroughput?: boolean;
}

/** The local Kinesis. */
export interface Kinesis {
  readonly service: JsonService;
  readonly handlers: ResourceHandlers;
  /** For consumers inside the process. */
  readonly streams: Streams;
  close(): Promise<void>;
}

const ON_DEMAND_SHARDS = 4;

/** Makes the local Kinesis; streams come from the template. */
export function createKinesis(options: KinesisOptions): Kinesis {
  const streams = new Streams(options);
  const writing = {
    streams,
    faults: options.faults ?? new Faults(),
    throughput: options.enforceThroughput === true ? new Throughput() : null,
  };
  return {
    service: {
      target: 'Kinesis_20131202',
      contentType: 'application/x-amz-json-1.1',
      operations: {
        DescribeStream: describeStream(streams),
        DescribeStreamSummary: describeStreamSummary(streams),
        GetRecords: getRecords(streams),
        GetShardIterator: getShardIterator(streams),
        ListShards: listShards(streams),
        ListStreams: listStreams(streams),
        PutRecord: putRecord(writing),
        PutRecords: putRecords(writing),
      },
    },
    handlers: { 'AWS::Kinesis::Stream': streamHandler(streams) },
    streams,
    close: () => streams.close(),
  };
}

function streamHandler(streams: Streams): ResourceHandler {
  return {
    properties: {
      Name: true,
      ShardCount: true,
      RetentionPeriodHours: true,
      MaxRecordSizeInKiB: true,
      'StreamModeDetails.StreamMode': true,
      'StreamEncryption.EncryptionType': 'records lie unencrypted in the data folder',
      'StreamEncryption.KeyId': 'records lie unencrypted in the data folder',
      DesiredShardLevelMetrics: 'there are no metrics on one machine',
      Tags: 'nothing local reads tags',
    },
    async create({ properties, generatedName }) {
      const { Name, ShardCount, RetentionPeriodHours, StreamModeDetails } = properties;
      const mode = (StreamModeDetails as { StreamMode?: unknown } | undefined)?.StreamMode;
      if (mode !== undefined && mode !== 'ON_DEMAND' && mode !== 'PROVISIONED') {
        throw new Error(`StreamMode must be ON_DEMAND or PROVISIONED, got ${mode}`);
      }
      const name = typeof Name === 'string' ? Name : generatedName;
      const stream = await streams.create({
        name,
        mode: mode ?? 'PROVISIONED',
        shards:
          mode === 'ON_DEMAND' ? ON_DEMAND_SHARDS : whole(ShardCount ?? 1, 'ShardCount', 1, 1000),
        retentionHours: whole(RetentionPeriodHours ?? 24, 'RetentionPeriodHours', 24, 8760),
        maxRecordBytes:
          whole(properties.MaxRecordSizeInKiB ?? 1024, 'MaxRecordSizeInKiB', 1024, 10_240) * 1024,
      });
      return { ref: name, attributes: { Arn: stream.arn } };
    },
  };
}

function whole(value: unknown, name: string, min: number, max: number): number {
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) {
    return number;
  }
  throw new Error(
    `${name} must be a whole number from ${min} to ${max}, got ${JSON.stringify(value)}`,
  );
}
