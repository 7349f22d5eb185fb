import { VISITOR_MODES } from '../../../core/visitors.ts';
import { isJsonObject, scalarText } from '../json.ts';
import { FULL_VISIT, type Visit } from './visits.ts';

/** A visit as a dead letter keeps it, so that nothing more is stored where its event is sent again. */
export function keptVisit({ mode, serverId, mayBeNobody }: Visit) {
  if (mode === 'full' && serverId === undefined && !mayBeNobody) return undefined;
  return { mode, server_id: serverId, may_be_nobody: mayBeNobody };
}

/** Reads what keptVisit made; the visit of all where there is none. */
export function visitOf(kept: unknown): Visit {
  if (!isJsonObject(kept)) return FULL_VISIT;
  const serverId = scalarText(kept.server_id);
  return {
    // What cannot be read must not store more.
    mode: VISITOR_MODES.find((mode) => mode === kept.mode) ?? 'anonymous',
    mayBeNobody: kept.may_be_nobody === true,
    ...(serverId !== undefined && { serverId }),
  };
}
