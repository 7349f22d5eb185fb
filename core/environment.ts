/**
 * Names of the environment variables that lib/ sets and lambdas/ read. A name stands here and nowhere else, so that the
 * two sides cannot drift.
 */
export const ENVIRONMENT = {
  /** Kinesis stream of accepted events. */
  streamName: 'STREAM_NAME',
  /** Firehose delivery stream of refused events. */
  deadLetterStreamName: 'DEAD_LETTER_STREAM_NAME',
  /** Bucket with raw/, tables/, fallback/ and errors/. */
  lakeBucket: 'LAKE_BUCKET',
  /** Bucket with dead-letters/, redrives/ and the batches that consumers gave up. */
  deadLetterBucket: 'DEAD_LETTER_BUCKET',
  /** Glue database of all tables. */
  glueDatabase: 'GLUE_DATABASE',
  /** Athena workgroup of builds: not enforced, CTAS chooses its own location. */
  etlWorkgroup: 'ETL_WORKGROUP',
  /** Athena workgroup of questions: enforced, with a byte limit. */
  queryWorkgroup: 'QUERY_WORKGROUP',
  /** DynamoDB table: the registry of builds. */
  registryTable: 'REGISTRY_TABLE',
  /** DynamoDB table: requests of each write key, for some seconds. */
  rateLimitsTable: 'RATE_LIMITS_TABLE',
  /** Secret that personal data is hashed with; set where an app hashes. */
  hashKey: 'HASH_KEY',
  /** DynamoDB table: answers cached by data version, with a time to live. */
  answersTable: 'ANSWERS_TABLE',
  /** Log group of the function that takes events. */
  collectLog: 'COLLECT_LOG',
  /** Namespace of the metrics in CloudWatch. */
  metricsNamespace: 'METRICS_NAMESPACE',
  /** Seconds after which an accepted event is surely in raw_events: the delivery buffer times 1.5 and a margin. */
  deliveryLagSeconds: 'DELIVERY_LAG_SECONDS',
} as const;
