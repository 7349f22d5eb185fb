import type { ProtocolName } from '../../../core/collect-routes.ts';
import { pixel } from './pixel.ts';
import type { Protocol } from './protocol.ts';
import { segment } from './segment.ts';
import { segmentPixel } from './segment-pixel.ts';
import { iglu, igluPixel } from './snowplow/iglu.ts';
import { snowplow, snowplowPixel } from './snowplow/snowplow.ts';
import { webhook } from './webhook.ts';

/** All protocols, by name. */
export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  segment,
  'segment-pixel': segmentPixel,
  pixel,
  snowplow,
  'snowplow-pixel': snowplowPixel,
  iglu,
  'iglu-pixel': igluPixel,
  webhook,
};
