import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { BadRequestError, HttpError } from '../runtime/http-error.ts';
import { MAX_REQUEST_BYTES } from './limits.ts';

/** A body as the HTTP API hands it over. */
export interface EncodedBody {
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  /** Header content-encoding. */
  readonly contentEncoding?: string;
}

/** A body's text. */
export interface DecodedBody {
  /** Cut somewhere beyond the limit where the body is larger; empty where it unpacks to more. */
  readonly text: string;
  readonly tooLarge: boolean;
}

/**
 * Makes text of a body: base64, gzip (also where no header says so: some clients send it as text or as a form), deflate and
 * brotli; a byte order mark goes. The content type does not matter: browsers send JSON as text/plain.
 * @throws HttpError 415 for another encoding, 400 where the body is not what its encoding says.
 */
export function decodeBody({
  body = '',
  isBase64Encoded,
  contentEncoding,
}: EncodedBody): DecodedBody {
  if (!isBase64Encoded) {
    const tooLarge =
      body.length > MAX_REQUEST_BYTES ||
      (body.length * 3 > MAX_REQUEST_BYTES && Buffer.byteLength(body) > MAX_REQUEST_BYTES);
    return { text: withoutMark(body), tooLarge };
  }
  const packed = Buffer.from(body, 'base64');
  const unpacked = unpack(packed, contentEncoding);
  if (unpacked === undefined) return { text: '', tooLarge: true };
  return {
    text: withoutMark(unpacked.toString('utf8')),
    tooLarge: unpacked.byteLength > MAX_REQUEST_BYTES,
  };
}

/**
 * A body's bytes, unpacked as `decodeBody` does: what is no text must not be read as such.
 * @returns undefined where they are too many.
 * @throws HttpError as `decodeBody`.
 */
export function bytesOf({
  body = '',
  isBase64Encoded,
  contentEncoding,
}: EncodedBody): Buffer | undefined {
  const bytes = isBase64Encoded
    ? unpack(Buffer.from(body, 'base64'), contentEncoding)
    : Buffer.from(body);
  return bytes === undefined || bytes.byteLength > MAX_REQUEST_BYTES ? undefined : bytes;
}

/** The bytes unpacked; undefined where they would be too many, so that a small bomb costs little. */
function unpack(packed: Buffer, contentEncoding: string | undefined): Buffer | undefined {
  const encoding = (contentEncoding ?? '').trim().toLowerCase();
  const isGzip = packed[0] === 0x1f && packed[1] === 0x8b;
  const inflate = isGzip ? gunzipSync : inflaterOf(encoding, packed);
  if (inflate === undefined) return packed;
  try {
    return inflate(packed, { maxOutputLength: MAX_REQUEST_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw new BadRequestError('invalid_request', `the body is not ${encoding || 'gzip'}`, {
      cause,
    });
  }
}

/** Some clients call deflate what has none. It is a multiple of 31 whose low half byte says 8: what has none may be one of them, not both. */
function hasZlibHeader(packed: Buffer): boolean {
  return packed.length > 1 && (packed.readUInt8() & 0x0f) === 8 && packed.readUInt16BE() % 31 === 0;
}

function inflaterOf(encoding: string, packed: Buffer) {
  switch (encoding) {
    case '':
    case 'identity':
    // What a client calls gzip but has not packed is taken as it is: proxies unpack and leave the header.
    case 'gzip':
    case 'x-gzip':
      return undefined;
    case 'deflate':
      return hasZlibHeader(packed) ? inflateSync : inflateRawSync;
    case 'br':
      return brotliDecompressSync;
    default:
      throw new HttpError(
        415,
        'unsupported_encoding',
        `content-encoding ${JSON.stringify(encoding.slice(0, 40))}: gzip, deflate, br or none is needed`,
      );
  }
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
