/** What was counted of an app's events of one hour of receipt, at each place. */
export interface HourCounts {
  /** At the door: events that were stored before the client was told so. */
  readonly accepted: number;
  /** At the door: refused events and requests, each a dead letter that was stored before the client was told so. */
  readonly refused_at_door: number;
  /** At the door: events that the visitor's choice forbade to keep. */
  readonly declined: number;
  /** At the door: events and dead letters of requests that were answered 503; some may be stored all the same. */
  readonly unconfirmed: number;
  /** Events that were made of this hour's dead letters and put on the stream again, each letter's once. */
  readonly redriven: number;
  /** Rows of `events`. */
  readonly stored: number;
  /** Rows of raw_events that repeat an event which is in `events`. */
  readonly duplicate: number;
  /** Dead letters of events and requests that were refused. */
  readonly refused: number;
  /** Dead letters of accepted events that Firehose could not convert. */
  readonly undelivered: number;
  /** Rows of raw_events whose event is not in `events`. */
  readonly unbuilt: number;
  /** Rows of raw_events beyond the first of the same message and receipt: what the way itself repeated. */
  readonly delivered_twice: number;
}

/** The counts of an hour that nothing was counted in. */
export const NO_COUNTS: HourCounts = {
  accepted: 0,
  refused_at_door: 0,
  declined: 0,
  unconfirmed: 0,
  redriven: 0,
  stored: 0,
  duplicate: 0,
  refused: 0,
  undelivered: 0,
  unbuilt: 0,
  delivered_twice: 0,
};

/** Open: events of the hour may still be on their way, since they came or were sent again. Settled: what is not there now is missing. */
export type HourState = 'open' | 'settled';

/** What an hour's counts come to. received + redriven + surplus = stored + duplicate + refused + undelivered + declined + in_flight + missing */
export interface Balance {
  /** Events and requests that the door answered for. */
  readonly received: number;
  /** Not there yet. */
  readonly in_flight: number;
  /** Not there, and no longer on the way. */
  readonly missing: number;
  /** More than the door answered for. */
  readonly surplus: number;
}

/** One hour of an app: item APP#<app>, RECONCILED#<hour> of the registry, and a row of the answer. */
export interface ReconciledHour extends HourCounts, Balance {
  /** Hour of receipt, UTC, as 2026-11-21T19. */
  readonly hour: string;
  readonly state: HourState;
  /** Epoch ms. */
  readonly checked_at: number;
  /** Epoch ms before which the last of the hour's redriven events were sent: until the facts reach there, they may be on their way. */
  readonly redriven_until?: number;
  /** What the metrics of the door said then: the hour is counted again where they say something else. */
  readonly door_metrics: string;
}

/** Works out what is on its way, what is missing and what is there without having been acknowledged. */
export function balanceOf(counts: HourCounts, state: HourState): Balance {
  const { accepted, refused_at_door, declined, redriven } = counts;
  // Two ways, each with its own end: dead letters that are too many do not make up for events that are too few.
  const gaps = [
    accepted + redriven - counts.stored - counts.duplicate - counts.undelivered,
    refused_at_door - counts.refused,
  ];
  const lacking = gaps.reduce((sum, gap) => sum + Math.max(gap, 0), 0);
  return {
    received: accepted + refused_at_door + declined,
    in_flight: state === 'open' ? lacking : 0,
    missing: state === 'settled' ? lacking : 0,
    surplus: gaps.reduce((sum, gap) => sum + Math.max(-gap, 0), 0),
  };
}
