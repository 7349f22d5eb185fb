import type { PiiKind } from '../../../core/privacy.ts';

/** Personal data found in a text. */
export interface Found {
  readonly kind: PiiKind;
  readonly start: number;
  readonly end: number;
  /** As all ways to write it agree: what is hashed, so that they join. */
  readonly normal: string;
}
