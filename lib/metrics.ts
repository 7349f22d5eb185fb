import { type Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../core/environment.ts';
import { allow } from './access.ts';
import type { BundledFunction } from './function.ts';

/** The metrics that functions write into their logs, from which CloudWatch takes them: writing needs no permission of its own. */
export class Metrics extends Construct {
  /** Namespace of all of them. */
  readonly namespace: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.namespace = `Millrace/${Stack.of(this).stackName}`;
  }

  /** Lets the function write metrics. */
  bindWriter({ function: fn }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.metricsNamespace, this.namespace);
  }

  /** Lets the function ask for metrics. */
  bindReader({ function: fn, role }: BundledFunction): void {
    fn.addEnvironment(ENVIRONMENT.metricsNamespace, this.namespace);
    allow(role, {
      actions: ['cloudwatch:GetMetricData'],
      resources: ['*'],
      wildcardReason: 'metrics have no resources: CloudWatch takes * only',
    });
  }

  /** A metric over all apps. */
  overAll(metricName: string, statistic: string, period: Duration): Metric {
    return new Metric({ namespace: this.namespace, metricName, statistic, period });
  }
}
