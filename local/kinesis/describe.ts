import { optionalText, wholeNumber } from '../gateway/input.ts';
import { type Operation, ServiceError } from '../service.ts';
import { hashRange, sequenceNumber, shardId } from './sequence.ts';
import type { Stream, Streams } from './streams.ts';
import { findStream } from './target.ts';

const STATUS = 'ACTIVE';

/** ListStreams. */
export function listStreams(streams: Streams): Operation {
  return (input, caller) => {
    caller.authorize('kinesis:ListStreams', '*');
    const limit = wholeNumber(input, 'Limit', 1, 10_000) ?? 100;
    const after =
      optionalText(input, 'ExclusiveStartStreamName') ?? optionalText(input, 'NextToken');
    const names = streams.names().filter((name) => after === null || name > after);
    const page = names.slice(0, limit);
    const more = page.length < names.length;
    return {
      StreamNames: page,
      HasMoreStreams: more,
      ...(more ? { NextToken: page.at(-1) } : {}),
      StreamSummaries: page.map((name) => summary(streams.get(name))),
    };
  };
}

/** DescribeStream. */
export function describeStream(streams: Streams): Operation {
  return (input, caller) => {
    const stream = findStream(streams, input);
    caller.authorize('kinesis:DescribeStream', stream.arn);
    const limit = wholeNumber(input, 'Limit', 1, 10_000) ?? 100;
    const after = optionalText(input, 'ExclusiveStartShardId');
    const shards = allShards(stream).filter(({ ShardId }) => after === null || ShardId > after);
    return {
      StreamDescription: {
        ...summary(stream),
        RetentionPeriodHours: stream.settings.retentionHours,
        EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
        EncryptionType: 'NONE',
        Shards: shards.slice(0, limit),
        HasMoreShards: shards.length > limit,
      },
    };
  };
}

/** DescribeStreamSummary. */
export function describeStreamSummary(streams: Streams): Operation {
  return (input, caller) => {
    const stream = findStream(streams, input);
    caller.authorize('kinesis:DescribeStreamSummary', stream.arn);
    return {
      StreamDescriptionSummary: {
        ...summary(stream),
        RetentionPeriodHours: stream.settings.retentionHours,
        EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
        EncryptionType: 'NONE',
        OpenShardCount: stream.settings.shards,
        ConsumerCount: 0,
      },
    };
  };
}

/** ListShards. All shards are open for ever, so that every filter but AFTER_SHARD_ID selects them all. */
export function listShards(streams: Streams): Operation {
  return (input, caller) => {
    const token = optionalText(input, 'NextToken');
    const [tokenStream, tokenShard = null] = token === null ? [] : token.split('/');
    const stream =
      tokenStream === undefined ? findStream(streams, input) : streams.get(tokenStream);
    caller.authorize('kinesis:ListShards', stream.arn);
    const limit = wholeNumber(input, 'MaxResults', 1, 10_000) ?? 1000;
    const filter = input.ShardFilter as { Type?: string; ShardId?: string } | undefined;
    const afterFilter = filter?.Type === 'AFTER_SHARD_ID' ? (filter.ShardId ?? null) : null;
    if (filter?.Type === 'AFTER_SHARD_ID' && afterFilter === null) {
      throw new ServiceError(
        'InvalidArgumentException',
        'ShardFilter AFTER_SHARD_ID needs ShardId',
      );
    }
    const after = tokenShard ?? optionalText(input, 'ExclusiveStartShardId') ?? afterFilter;
    const shards = allShards(stream).filter(({ ShardId }) => after === null || ShardId > after);
    const page = shards.slice(0, limit);
    return {
      Shards: page,
      ...(page.length < shards.length
        ? { NextToken: `${stream.settings.name}/${page.at(-1)?.ShardId}` }
        : {}),
    };
  };
}

function summary({ settings, arn }: Stream) {
  return {
    StreamName: settings.name,
    StreamARN: arn,
    StreamStatus: STATUS,
    StreamModeDetails: { StreamMode: settings.mode },
    StreamCreationTimestamp: Math.floor(settings.createdMs / 1000),
  };
}

function allShards({ settings }: Stream) {
  return Array.from({ length: settings.shards }, (_, index) => {
    const [start, end] = hashRange(index, settings.shards);
    return {
      ShardId: shardId(index),
      HashKeyRange: { StartingHashKey: String(start), EndingHashKey: String(end) },
      SequenceNumberRange: {
        StartingSequenceNumber: sequenceNumber(settings.createdMs, index, 0),
      },
    };
  });
}
