import type { ProtocolName } from '../../../core/collect-routes.ts';
import { pixel } from './pixel.ts';
import type { Protocol } from './protocol.ts';
import { segment } from './segment.ts';
import { segmentPixel } from './segment-pixel.ts';
import { snowplow, snowplowPixel } from './snowplow/snowplow.ts';

/** All protocols, by name. */
export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  segment,
  'segment-pixel': segmentPixel,
  pixel,
  snowplow,
  'snowplow-pixel': snowplowPixel,
};
