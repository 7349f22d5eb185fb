import type { BrowserClient } from './client.ts';
import { pixels } from './clients/pixel.ts';
import { segment, segmentBatching } from './clients/segment.ts';
import { segmentLimited, segmentUnavailable } from './clients/segment-retry.ts';
import { segmentSnippet } from './clients/segment-snippet.ts';
import { snowplow, snowplowAnonymous, snowplowGet } from './clients/snowplow.ts';

/** All browser clients that are checked. */
export const clients: readonly BrowserClient[] = [
  segment,
  segmentBatching,
  segmentSnippet,
  pixels,
  segmentUnavailable,
  segmentLimited,
  snowplow,
  snowplowGet,
  snowplowAnonymous,
];
