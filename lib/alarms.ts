import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { METRIC } from '../core/metrics.ts';
import type { Metrics } from './metrics.ts';

/** Properties of {@link Alarms}. */
export interface AlarmsProps {
  /** Functions that take events or bring parked ones back. */
  readonly collectors: readonly IFunction[];
  /** Delivery stream of accepted events. */
  readonly delivery: CfnDeliveryStream;
  /** Time after which an accepted event is surely in raw_events. */
  readonly deliveryLag: Duration;
  /** Delivery stream of refused events. */
  readonly deadLetters: CfnDeliveryStream;
  /** State machine of builds. */
  readonly builds: IStateMachine;
  /** Function that counts what became of what was received. */
  readonly reconcile: IFunction;
  /** What it found. */
  readonly metrics: Metrics;
  /**
   * Requests with refused events an hour from which somebody should look: Firehose counts records, one a request.
   *
   * @default 1000
   */
  readonly refusedPerHour?: number;
}

/** Alarms, each with a heading of its name in docs/RUNBOOK.md. They tell nobody until you add actions to them. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { collectors, delivery, deliveryLag, deadLetters, builds, reconcile, metrics } = props;
    const hour = Duration.hours(1);
    this.all = [
      this.alarm('CollectFails', 'events could not be taken, or parked ones not be brought back', {
        metric: sum(collectors.map((fn) => fn.metricErrors({ period: Duration.minutes(5) }))),
        threshold: 1,
      }),
      this.alarm('DeliveryLate', 'accepted events do not reach raw_events', {
        metric: firehose(delivery, 'DeliveryToS3.DataFreshness', 'Maximum', Duration.minutes(5)),
        threshold: deliveryLag.toSeconds() * 2,
        periods: 3,
      }),
      this.alarm('ConversionFails', 'accepted events could not become rows of raw_events', {
        metric: firehose(delivery, 'FailedConversion.Records', 'Sum', hour),
        threshold: 1,
      }),
      this.alarm('EventsRefused', 'many requests have refused events', {
        metric: firehose(deadLetters, 'IncomingRecords', 'Sum', hour),
        threshold: props.refusedPerHour ?? 1000,
      }),
      this.alarm('BuildsFail', 'an execution of the builds failed', {
        metric: sum([
          builds.metricFailed({ period: hour }),
          builds.metricTimedOut({ period: hour }),
          builds.metricAborted({ period: hour }),
        ]),
        threshold: 1,
      }),
      this.alarm('BuildsLate', 'no execution of the builds has ended well for three hours', {
        metric: builds.metricSucceeded({ period: hour, statistic: 'Sum' }),
        threshold: 0,
        periods: 3,
        operator: ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
        missing: TreatMissingData.BREACHING,
      }),
      this.alarm(
        'EventsMissing',
        'accepted events are missing in the tables, or nobody could count',
        {
          metric: sum([
            metrics.overAll(METRIC.missing, 'Maximum', hour),
            reconcile.metricErrors({ period: hour }),
          ]),
          threshold: 1,
        },
      ),
    ];
  }

  private alarm(id: string, what: string, when: AlarmCondition): Alarm {
    return new Alarm(this, id, {
      alarmDescription: `Millrace: ${what}. docs/RUNBOOK.md#${id.toLowerCase()}`,
      metric: when.metric,
      threshold: when.threshold,
      evaluationPeriods: when.periods ?? 1,
      comparisonOperator: when.operator ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: when.missing ?? TreatMissingData.NOT_BREACHING,
    });
  }
}

interface AlarmCondition {
  readonly metric: IMetric;
  readonly threshold: number;
  readonly periods?: number;
  readonly operator?: ComparisonOperator;
  readonly missing?: TreatMissingData;
}

function sum(metrics: readonly Metric[]): IMetric {
  const named = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({
    expression: `SUM(METRICS())`,
    usingMetrics: named,
    period: metrics[0]?.period ?? Duration.minutes(5),
  });
}

function firehose(
  stream: CfnDeliveryStream,
  metricName: string,
  statistic: string,
  period: Duration,
): Metric {
  return new Metric({
    namespace: 'AWS/Firehose',
    metricName,
    dimensionsMap: { DeliveryStreamName: stream.ref },
    statistic,
    period,
  });
}
