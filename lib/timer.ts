import { Aws, type Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { allow } from './access.ts';

/** Properties of {@link Timer}. */
export interface TimerProps {
  /** What it is for, for the console. */
  readonly description: string;
  /** AWS's cron expression, in UTC: no hour is skipped or repeated. */
  readonly cron: string;
  /** The one action that it may take on its target. */
  readonly action: 'states:StartExecution' | 'lambda:InvokeFunction';
  /** ARN of the target. */
  readonly targetArn: string;
  /** What the target gets, as JSON. */
  readonly input: object;
  /** How long a start is tried again. The next one mends what this one missed, so no queue keeps it. */
  readonly retryFor: Duration;
}

/** A schedule of EventBridge that may start one thing. */
export class Timer extends Construct {
  constructor(scope: Construct, id: string, props: TimerProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      description: 'What a schedule of Millrace may start',
    });
    allow(role, { actions: [props.action], resources: [props.targetArn] });
    const schedule = new CfnSchedule(this, 'Schedule', {
      description: props.description,
      scheduleExpression: `cron(${props.cron})`,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      state: 'ENABLED',
      target: {
        arn: props.targetArn,
        roleArn: role.roleArn,
        input: JSON.stringify(props.input),
        retryPolicy: {
          maximumEventAgeInSeconds: props.retryFor.toSeconds(),
          maximumRetryAttempts: 10,
        },
      },
    });
    // The first start may come before the role's policy does.
    schedule.node.addDependency(role);
  }
}
