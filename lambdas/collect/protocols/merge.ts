import type { Takes } from '../../../core/collect-routes.ts';
import { isJsonObject } from '../json.ts';
import type { IncomingCall, SplitRequest } from '../split.ts';

/**
 * RudderStack's merge calls as aliases, one an id: of a user the ids become its earlier ones; of a device alone it becomes the
 * earlier id of each. Other calls stay as they are.
 */
export function withoutMerges(takes: Takes, split: SplitRequest): SplitRequest {
  if (takes !== 'alias' && takes !== 'batch') return split;
  if (!split.calls.some(isMerge)) return split;
  return {
    ...split,
    calls: split.calls.flatMap((call) => (isMerge(call) ? aliasesOf(call) : [call])),
  };
}

function isMerge({ value }: IncomingCall): boolean {
  if (!isJsonObject(value)) return false;
  return (
    value.type === 'merge' || (value.type === undefined && value.mergeProperties !== undefined)
  );
}

function aliasesOf({ text, value, depth }: IncomingCall): IncomingCall[] {
  const { mergeProperties, ...call } = value as Readonly<Record<string, unknown>>;
  const given = Array.isArray(mergeProperties) ? mergeProperties : [];
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
