import type { Takes } from '../../../core/collect-routes.ts';
import type { JsonObject } from '../envelope.ts';
import { isJsonObject, parseExactly, scalarText, shapeOf } from '../json.ts';
import { MAX_DEPTH, MAX_EVENT_BYTES, MAX_EVENTS, MAX_MERGED_IDS } from '../limits.ts';
import type { Refusal } from '../refusal.ts';
import { type IncomingCall, RefusedRequestError, type SplitRequest } from '../split.ts';

/**
 * RudderStack's merge calls as aliases, one an id: of a user the ids become its earlier ones; of a device alone it becomes the
 * earlier id of each. Other calls stay as they are.
 * @param newId gives the message id of a merge that has none.
 * @throws RefusedRequestError where that makes too many events.
 */
export function withoutMerges(
  takes: Takes,
  split: SplitRequest,
  newId: () => string,
): SplitRequest {
  if (takes !== 'alias' && takes !== 'batch') return split;
  if (!split.calls.some(isMerge)) return split;
  const calls = split.calls.flatMap((call) => (isMerge(call) ? aliasesOf(call, newId) : [call]));
  if (calls.length > MAX_EVENTS) {
    throw new RefusedRequestError(
      'too_many_events',
      '/batch',
      `the batch has ${calls.length} events with one for each id that is merged: at most ${MAX_EVENTS} are allowed`,
      split.calls,
      { context: split.context },
    );
  }
  return { ...split, calls };
}

function isMerge({ value }: IncomingCall): boolean {
  if (!isJsonObject(value)) return false;
  return (
    value.type === 'merge' || (value.type === undefined && value.mergeProperties !== undefined)
  );
}

function aliasesOf(merge: IncomingCall, newId: () => string): IncomingCall[] {
  const { text, value, depth } = merge;
  // Each alias is a copy of the call: what is too large or too deep is not copied, and refused as it came.
  if (depth > MAX_DEPTH || Buffer.byteLength(text.trim()) > MAX_EVENT_BYTES) {
    return [{ ...merge, value: { ...(value as object), type: 'alias' } }];
  }
  const { mergeProperties, ...call } = parseExactly(text, value, merge).exact as JsonObject;
  const given = Array.isArray(mergeProperties) ? mergeProperties : [];
  if (given.length > MAX_MERGED_IDS) return [{ ...merge, refusal: tooMany(given.length) }];
  if (given.length === 0) return [aliasOf({ ...call, mergeProperties }, text)];
  const id = messageIdOf(call.messageId, newId);
  return given.map((property, i) => {
    // Each is a message of its own, whose id it keeps where it is sent again: its letter is a merge of this one id.
    const messageId = id !== undefined && i > 0 ? `${id}/${i}` : (id ?? call.messageId);
    const own = { ...call, messageId, mergeProperties: [property] };
    const isAllThatCame = given.length === 1 && messageId === call.messageId;
    return aliasOf(own, isAllThatCame ? text : JSON.stringify(own));
  });
}

/** The id that came, or a new one; undefined where what came is none, and is refused. */
function messageIdOf(came: unknown, newId: () => string): string | undefined {
  if (came === undefined || came === null || came === '') return newId();
  return typeof came === 'boolean' ? undefined : scalarText(came);
}

/** @param merge of one id, or of none. @param original what its dead letter keeps. */
function aliasOf(merge: JsonObject, original: string): IncomingCall {
  const { mergeProperties, ...call } = merge;
  const property: unknown = Array.isArray(mergeProperties) ? mergeProperties[0] : undefined;
  const id = isJsonObject(property) ? property.value : undefined;
  const ids =
    call.userId === undefined
      ? { userId: id, previousId: call.anonymousId, anonymousId: undefined }
      : { previousId: id };
  const text = JSON.stringify({ ...call, ...ids, type: 'alias', mergeProperties });
  // Parsed again: what is undefined above must be absent.
  return { text, original, value: JSON.parse(text), ...shapeOf(text) };
}

function tooMany(ids: number): Refusal {
  return {
    code: 'invalid_event',
    pointer: '/mergeProperties',
    message: `/mergeProperties has ${ids} ids: at most ${MAX_MERGED_IDS} are allowed`,
  };
}
