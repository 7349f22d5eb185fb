/** Question's range, half-open, in epoch ms. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** RFC 9457 problem document: the body of every error. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What is wrong, the value got, and what is allowed. */
  readonly detail: string;
  readonly [extension: string]: unknown;
}
