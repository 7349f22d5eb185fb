import type { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** Days as CDK wants them: its enum is numbers of days, and parseConfig lets through only those that CloudWatch knows. */
export function logRetention(days: number): RetentionDays {
  return days;
}
