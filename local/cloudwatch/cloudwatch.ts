import { objects, optionalText, text, wholeNumber } from '../gateway/input.ts';
import type { JsonService, Operation } from '../service.ts';
import { ServiceError } from '../service.ts';
import { isRecord } from '../template/values.ts';
import { embeddedMetrics } from './embedded.ts';
import { type Metric, MetricStore, type Statistics } from './metric-store.ts';

/** CloudWatch's metrics: what functions write into their logs, and what may be asked of it. */
export interface CloudWatch {
  readonly service: JsonService;
  /** Takes a line of a function's log. What it holds is kept when this returns. */
  takeLogLine(line: string): void;
  close(): void;
}

type Input = Readonly<Record<string, unknown>>;

const STATISTICS: Readonly<Record<string, (of: Statistics) => number>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ min }) => min,
  Maximum: ({ max }) => max,
};
const MAX_QUERIES = 500;
const LONGEST_PERIOD_SECONDS = 86_400;
const PAGE_SIZE = 500;

/** Opens the metrics of a folder. */
export function createCloudWatch(folder: string): CloudWatch {
  const store = new MetricStore(folder);
  const operations: Record<string, Operation> = {
    GetMetricData: (input, caller) => {
      caller.authorize('cloudwatch:GetMetricData', '*');
      return getMetricData(input, store);
    },
    ListMetrics: (input, caller) => {
      caller.authorize('cloudwatch:ListMetrics', '*');
      return listMetrics(input, store);
    },
  };
  return {
    service: {
      target: 'GraniteServiceVersion20100801',
      contentType: 'application/x-amz-json-1.0',
      operations,
    },
    takeLogLine: (line) => {
      for (const datum of embeddedMetrics(line)) store.put(datum);
    },
    close: () => store.close(),
  };
}

function getMetricData(input: Input, store: MetricStore): object {
  refuseOthers(input, ['StartTime', 'EndTime', 'ScanBy', 'MetricDataQueries', 'MaxDatapoints']);
  const from = time(input, 'StartTime');
  const to = time(input, 'EndTime');
  if (from >= to) refuse('The parameter StartTime must be less than the parameter EndTime.');
  const order = optionalText(input, 'ScanBy', {
    oneOf: ['TimestampDescending', 'TimestampAscending'],
  });
  const queries = objects(input, 'MetricDataQueries', 1, MAX_QUERIES);
  const MetricDataResults = queries.map((query) => {
    refuseOthers(query, ['Id', 'MetricStat', 'Label', 'ReturnData']);
    const Id = text(query, 'Id', { pattern: /^[a-z][a-zA-Z0-9_]*$/, max: 255 });
    const { metric, statistic, periodMs } = metricStat(query);
    const periods = [...store.statistics(metric, { from, to, periodMs })].sort(([a], [b]) => b - a);
    if (order === 'TimestampAscending') periods.reverse();
    return {
      Id,
      Label: optionalText(query, 'Label') ?? metric.name,
      Timestamps: periods.map(([start]) => start / 1000),
      Values: periods.map(([, statistics]) => statistic(statistics)),
      StatusCode: 'Complete',
    };
  });
  return { MetricDataResults, Messages: [] };
}

function metricStat(query: Input) {
  const stat = member(query, 'MetricStat');
  refuseOthers(stat, ['Metric', 'Period', 'Stat', 'Unit']);
  const seconds = wholeNumber(stat, 'Period', 60, LONGEST_PERIOD_SECONDS);
  if (seconds === null || seconds % 60 !== 0) {
    return refuse(`Period must be a multiple of 60 seconds, got ${stat.Period}`);
  }
  const name = text(stat, 'Stat');
  const statistic = Object.hasOwn(STATISTICS, name) ? STATISTICS[name] : undefined;
  if (statistic === undefined) {
    const known = Object.keys(STATISTICS).join(', ');
    return refuse(`NotImplemented: the statistic ${name}; implemented are ${known}`);
  }
  return { metric: metricOf(member(stat, 'Metric')), statistic, periodMs: seconds * 1000 };
}

function metricOf(input: Input): Metric {
  refuseOthers(input, ['Namespace', 'MetricName', 'Dimensions']);
  return {
    namespace: text(input, 'Namespace'),
    name: text(input, 'MetricName'),
    dimensions: dimensionsOf(input),
  };
}

function dimensionsOf(input: Input): Record<string, string> {
  if (input.Dimensions === undefined) return {};
  const dimensions = objects(input, 'Dimensions', 0, 30);
  return Object.fromEntries(dimensions.map((one) => [text(one, 'Name'), text(one, 'Value')]));
}

function listMetrics(input: Input, store: MetricStore): object {
  refuseOthers(input, ['Namespace', 'MetricName', 'Dimensions', 'NextToken']);
  const namespace = optionalText(input, 'Namespace');
  const name = optionalText(input, 'MetricName');
  const wanted = input.Dimensions === undefined ? [] : objects(input, 'Dimensions', 0, 10);
  const start = Number(optionalText(input, 'NextToken', { pattern: /^\d+$/ }) ?? 0);
  const found = store.metrics.filter(
    (metric) =>
      (namespace === null || metric.namespace === namespace) &&
      (name === null || metric.name === name) &&
      wanted.every((one) => {
        const value = metric.dimensions[text(one, 'Name')];
        return value !== undefined && value === (optionalText(one, 'Value') ?? value);
      }),
  );
  return {
    Metrics: found.slice(start, start + PAGE_SIZE).map((metric) => ({
      Namespace: metric.namespace,
      MetricName: metric.name,
      Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
    ...(found.length > start + PAGE_SIZE && { NextToken: String(start + PAGE_SIZE) }),
  };
}

/** A time as JSON 1.0 carries it, in seconds. @returns epoch ms */
function time(input: Input, name: string): number {
  const value = input[name];
  if (typeof value !== 'number') return refuse(`The parameter ${name} is required.`);
  return value * 1000;
}

function member(input: Input, name: string): Input {
  const value = input[name];
  if (!isRecord(value)) {
    return refuse(`NotImplemented: a query without ${name}; expressions are not worked out here`);
  }
  return value;
}

function refuseOthers(input: Input, known: readonly string[]): void {
  const others = Object.keys(input).filter((name) => !known.includes(name));
  if (others.length > 0) refuse(`NotImplemented: ${others.join(', ')}`);
}

function refuse(message: string): never {
  throw new ServiceError('ValidationException', message);
}
