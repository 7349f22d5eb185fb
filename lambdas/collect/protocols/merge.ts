import type { Takes } from '../../../core/collect-routes.ts';
import { isJsonObject } from '../json.ts';
import { MAX_DEPTH, MAX_EVENT_BYTES, MAX_EVENTS, MAX_MERGED_IDS } from '../limits.ts';
import type { Refusal } from '../refusal.ts';
import { type IncomingCall, RefusedRequestError, type SplitRequest } from '../split.ts';

/**
 * RudderStack's merge calls as aliases, one an id: of a user the ids become its earlier ones; of a device alone it becomes the
 * earlier id of each. Other calls stay as they are.
 * @throws RefusedRequestError where that makes too many events.
 */
export function withoutMerges(takes: Takes, split: SplitRequest): SplitRequest {
  if (takes !== 'alias' && takes !== 'batch') return split;
  if (!split.calls.some(isMerge)) return split;
  const calls = split.calls.flatMap((call) => (isMerge(call) ? aliasesOf(call) : [call]));
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

function aliasesOf(merge: IncomingCall): IncomingCall[] {
  const { text, value, depth } = merge;
  // Each alias is a copy of the call: what is too large or too deep is not copied, and refused as it came.
  if (depth > MAX_DEPTH || Buffer.byteLength(text.trim()) > MAX_EVENT_BYTES) {
    return [{ ...merge, value: { ...(value as object), type: 'alias' } }];
  }
  const { mergeProperties, ...call } = value as Readonly<Record<string, unknown>>;
  const given = Array.isArray(mergeProperties) ? mergeProperties : [];
  if (given.length > MAX_MERGED_IDS) return [{ ...merge, refusal: tooMany(given.length) }];
  const merged: readonly unknown[] = given.length > 0 ? given : [undefined];
  return merged.map((property, i) => {
    const id = isJsonObject(property) ? property.value : undefined;
    const ids =
      call.userId === undefined
        ? { userId: id, previousId: call.anonymousId, anonymousId: undefined }
        : { previousId: id };
    const alias = {
      ...call,
      ...ids,
      type: 'alias',
      // Each is a message of its own; sent again it has the same id.
      ...(typeof call.messageId === 'string' && i > 0 && { messageId: `${call.messageId}/${i}` }),
      mergeProperties: property === undefined ? mergeProperties : [property],
    };
    const aliasText = JSON.stringify(alias);
    // Parsed again: what is undefined above must be absent.
    return { text: aliasText, original: text, value: JSON.parse(aliasText), depth };
  });
}

function tooMany(ids: number): Refusal {
  return {
    code: 'invalid_event',
    pointer: '/mergeProperties',
    message: `/mergeProperties has ${ids} ids: at most ${MAX_MERGED_IDS} are allowed`,
  };
}
