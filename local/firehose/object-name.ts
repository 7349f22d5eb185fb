import { createHash } from 'node:crypto';
import type { Positions } from './checkpoint.ts';
import { formatTimestamp } from './prefix.ts';

/** Names of the objects of one delivery: they follow from the stream and the range of records alone. */
export interface ObjectNames {
  /** Last part of the key, as Firehose forms it: stream, version, UTC second, UUID. */
  readonly name: string;
  /** For !{firehose:random-string}. */
  readonly random: string;
}

/** Makes the names of a delivery. */
export function objectNames(
  stream: string,
  from: Positions,
  reached: Positions,
  arrivalMs: number,
): ObjectNames {
  const hash = createHash('sha256')
    .update(JSON.stringify([stream, from, reached]))
    .digest('hex');
  const uuid = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    hash.slice(12, 16),
    hash.slice(16, 20),
    hash.slice(20, 32),
  ];
  const second = formatTimestamp('yyyy-MM-dd-HH-mm-ss', arrivalMs);
  return { name: `${stream}-1-${second}-${uuid.join('-')}`, random: hash.slice(32, 43) };
}
