import { BadRequestError } from '../../runtime/http-error.ts';
import { bytesOf, type DecodedBody, decodeBody } from '../decode.ts';
import { MAX_REQUEST_BYTES } from '../limits.ts';
import type { CollectRequest } from '../request.ts';

/** What a form's field holds. Of a file only what it is: nobody asks questions of its bytes. */
type FieldValue = string | FileFacts;

/** A file that was sent in a form, without its bytes. */
interface FileFacts {
  readonly filename: string;
  readonly content_type?: string;
  readonly size: number;
}

/**
 * The JSON that a body holds, or that stands for it: of a form an object of its fields. What is sent as a form and is JSON (curl calls
 * all that it sends a form) counts as JSON. Other text stays as it is, JSON or not.
 * @throws HttpError 400 where it is no form though the content type says so, else as `decodeBody`.
 */
export async function jsonTextOf(request: CollectRequest): Promise<DecodedBody> {
  const { contentType = '' } = request;
  if (/multipart\/form-data/i.test(contentType)) return multipartText(request);
  const decoded = decodeBody(request);
  if (decoded.tooLarge || !isForm(contentType) || /^\s*[[{]/.test(decoded.text)) return decoded;
  return { ...decoded, text: JSON.stringify(membersOf(new URLSearchParams(decoded.text))) };
}

/** Whether a content type is that of a plain form. */
export function isForm(contentType: string | undefined): boolean {
  return /application\/x-www-form-urlencoded/i.test(contentType ?? '');
}

/** Whether a text is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** An object of named values: text where a name comes once, a list where it comes more often. */
export function membersOf<T>(pairs: Iterable<readonly [string, T]>): Record<string, T | T[]> {
  const byName = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries(
    [...byName].map(([name, same]): [string, T | T[]] => {
      const values = same.map(([, value]) => value);
      const [first] = values;
      return [name, values.length === 1 && first !== undefined ? first : values];
    }),
  );
}

async function multipartText(request: CollectRequest): Promise<DecodedBody> {
  const bytes = bytesOf(request);
  if (bytes === undefined) return { text: '', tooLarge: true };
  const fields = [...(await formOf(bytes, request.contentType ?? ''))].map(
    ([name, value]): [string, FieldValue] => [
      name,
      typeof value === 'string' ? value : factsOf(value),
    ],
  );
  const text = JSON.stringify(membersOf(fields));
  return { text, tooLarge: Buffer.byteLength(text) > MAX_REQUEST_BYTES };
}

async function formOf(bytes: Buffer, contentType: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
  } catch (cause) {
    throw new BadRequestError(
      'invalid_request',
      'the body is no multipart/form-data as its content type says: a boundary, and parts between it, are needed',
      { cause },
    );
  }
}

function factsOf({ name, type, size }: File): FileFacts {
  return { filename: name, content_type: type || undefined, size };
}
