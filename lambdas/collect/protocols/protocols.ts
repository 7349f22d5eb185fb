import type { ProtocolName } from '../../../core/collect-routes.ts';
import type { Protocol } from './protocol.ts';
import { segment } from './segment.ts';

/** All protocols, by name. */
export const protocols: Readonly<Record<ProtocolName, Protocol>> = { segment };
