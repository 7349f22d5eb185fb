import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { AwsChunkedDecoder } from '../../../local/s3/chunked.ts';

function encode(chunks: readonly Buffer[]): Buffer {
  const framed = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)};chunk-signature=abc\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...framed, Buffer.from('0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n')]);
}

describe('the aws-chunked decoder', () => {
  it('gives back the bytes and the trailers wherever the network cuts', async () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk, { maxLength: 5 }),
        fc.integer({ min: 1, max: 30 }),
        async (chunks, cut) => {
          const body = encode(chunks);
          const pieces = Array.from({ length: Math.ceil(body.length / cut) }, (_, index) =>
            body.subarray(index * cut, (index + 1) * cut),
          );
          const decoder = new AwsChunkedDecoder();

          const decoded = await buffer(Readable.from(pieces).pipe(decoder));

          expect(decoded).toEqual(Buffer.concat(chunks));
          expect(decoder.trailers).toEqual({ 'x-amz-checksum-crc32': 'AAAA' });
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each(['5\r\nhel', '5\r\nhello', 'zz\r\n', '2\r\nhello\r\n0\r\n\r\n'])(
    'refuses %j',
    async (body) => {
      const decoding = buffer(Readable.from([Buffer.from(body)]).compose(new AwsChunkedDecoder()));

      await expect(decoding).rejects.toMatchObject({ code: 'IncompleteBody' });
    },
  );
});
