/** Names of the CloudWatch metrics that functions write and that others read. All are counts. */
export const METRIC = {
  /** By collect, of an hour's events: those that were stored on the stream (or beside it) before the client was told so. */
  accepted: 'Accepted',
  /** By collect: dead letters that were stored before the client was told of the refusal. */
  refused: 'Refused',
  /** By collect: events that the visitor's choice forbade to keep. */
  declined: 'Declined',
  /** By redrive: events made of dead letters that were put on the stream again, in the minute of the letters' receipt. */
  redriven: 'Redriven',
  /** By collect: events and dead letters of requests that were answered 503; some may be stored all the same. */
  unconfirmed: 'Unconfirmed',
  /** By reconcile, of its last run: events and dead letters that were acknowledged and are not where they should be. */
  missing: 'Missing',
  /** By reconcile: those that are still on their way. */
  inFlight: 'InFlight',
  /** By reconcile: rows more than were acknowledged. */
  surplus: 'Surplus',
  /** By reconcile: rows that repeat an event which is stored. */
  duplicate: 'Duplicate',
} as const;

/** The dimension of all of them. */
export const APP_DIMENSION = 'App';
