import { Transform, type TransformCallback } from 'node:stream';
import { ServiceError } from '../service.ts';

const MAX_LINE_BYTES = 16 * 1024;

/**
 * Decodes aws-chunked bodies: chunks `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n`, an empty one, then trailers. Chunk
 * signatures are not checked.
 */
export class AwsChunkedDecoder extends Transform {
  /** Trailers by name in lower case; complete once the stream has ended. */
  readonly trailers: Record<string, string> = {};
  #state: 'size' | 'data' | 'data end' | 'trailer' = 'size';
  #left = 0;
  #line: Buffer[] = [];
  #ended = false;

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    try {
      for (let rest = chunk; rest.length > 0; ) {
        rest = this.#state === 'data' ? this.#data(rest) : this.#takeLine(rest);
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    if (this.#line.length > 0 && this.#state === 'trailer') this.#onLine('');
    done(this.#ended ? null : incomplete('the body ends before its last chunk'));
  }

  #data(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.#left);
    this.push(taken);
    this.#left -= taken.length;
    if (this.#left === 0) this.#state = 'data end';
    return bytes.subarray(taken.length);
  }

  #takeLine(bytes: Buffer): Buffer {
    const end = bytes.indexOf(10);
    this.#line.push(end === -1 ? bytes : bytes.subarray(0, end));
    const line = Buffer.concat(this.#line);
    if (line.length > MAX_LINE_BYTES) throw incomplete('a chunk header is too long');
    if (end === -1) {
      this.#line = [line];
      return bytes.subarray(bytes.length);
    }
    this.#line = [];
    this.#onLine(line.toString('latin1').trimEnd());
    return bytes.subarray(end + 1);
  }

  #onLine(line: string): void {
    if (this.#state === 'data end') {
      if (line !== '') throw incomplete('a chunk is longer than its header says');
      this.#state = 'size';
    } else if (this.#state === 'size') {
      const [size = ''] = line.split(';');
      if (!/^[0-9a-fA-F]{1,8}$/.test(size)) throw incomplete(`"${size}" is no chunk size`);
      this.#left = Number.parseInt(size, 16);
      this.#ended = this.#left === 0;
      this.#state = this.#ended ? 'trailer' : 'data';
    } else if (line !== '') {
      const colon = line.indexOf(':');
      this.trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
    }
  }
}

function incomplete(why: string): ServiceError {
  return new ServiceError('IncompleteBody', `the aws-chunked body is malformed: ${why}`);
}
