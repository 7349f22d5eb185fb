import { optionalText } from '../gateway/input.ts';
import { ServiceError } from '../service.ts';
import type { Stream, Streams } from './streams.ts';

/**
 * The stream that StreamName or StreamARN of an input names.
 * @throws ServiceError InvalidArgumentException where neither is given, ResourceNotFoundException
 */
export function findStream(streams: Streams, input: Readonly<Record<string, unknown>>): Stream {
  const name = optionalText(input, 'StreamName', { max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ });
  const arn = optionalText(input, 'StreamARN', { max: 2048 });
  if (arn !== null) {
    const stream = streams.get(arn.slice(arn.indexOf('/') + 1));
    if (stream.arn === arn) return stream;
    throw new ServiceError(
      'ResourceNotFoundException',
      `Stream ${arn} not found; there is ${stream.arn}`,
    );
  }
  if (name === null) {
    throw new ServiceError(
      'InvalidArgumentException',
      'Either StreamName or StreamARN must be given.',
    );
  }
  return streams.get(name);
}
