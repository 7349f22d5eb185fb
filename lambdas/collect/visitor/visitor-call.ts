import type { JsonObject } from '../envelope.ts';
import { idText, isJsonObject } from '../json.ts';
import { withoutAddress } from './address.ts';
import { anonymousCall } from './anonymous-call.ts';
import type { Visit } from './visits.ts';

/** A call as it may be stored: without the address, without all that tells visitors apart, or with the server's id. */
export function visitorCall(call: JsonObject, visit: Visit): JsonObject {
  const { mode, serverId, newcomerId } = visit;
  if (mode !== 'full') return anonymousCall(call);
  const kept = withoutAddress(call);
  const own = idText(call.anonymousId);
  if (newcomerId !== undefined && own === undefined && idText(call.userId) === undefined) {
    return { ...kept, anonymousId: newcomerId };
  }
  if (serverId === undefined || own === serverId) return kept;
  // An alias without anonymousId tells whose its previous id is: that id must stay the device's.
  if (own === undefined && idText(call.previousId) === undefined) {
    return { ...kept, anonymousId: serverId };
  }
  const context = isJsonObject(kept.context) ? kept.context : undefined;
  return { ...kept, context: { ...context, server_id: serverId } };
}
