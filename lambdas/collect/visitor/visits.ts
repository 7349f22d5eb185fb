import type { VisitorCookie, VisitorMode, Visitors } from '../../../core/visitors.ts';
import { VISITOR_MODES } from '../../../core/visitors.ts';
import type { Sender } from '../authenticate.ts';
import type { JsonObject } from '../envelope.ts';
import { isJsonObject } from '../json.ts';
import { consentOf } from './consent.ts';
import { endingCookie, findCookie, settingCookie } from './cookie.ts';
import { NO_SIGNALS, type VisitorSignals } from './signals.ts';

/** What may be stored of an event's visitor. */
export interface Visit {
  readonly mode: VisitorMode;
  /** The id of the server's cookie, where it applies. */
  readonly serverId?: string;
  /** The id of an event that names nobody and that no cookie knows, where the protocol takes such events. */
  readonly newcomerId?: string;
  /** Whether the event may name nobody: its visitor is anonymous, or its client made it so. */
  readonly mayBeNobody: boolean;
}

/** What the answer tells the browser of its visitor. */
export interface VisitorAnswer {
  /** Values of Set-Cookie. */
  readonly cookies: readonly string[];
  /** The visitor's id in the cookie that the answer sets. */
  readonly id?: string;
}

/** A visitor of whom all may be stored, and whom no cookie knows. */
export const FULL_VISIT: Visit = { mode: 'full', mayBeNobody: false };

/** Where no app has a cookie for it. */
const NO_ANSWER: VisitorAnswer = { cookies: [] };

interface Slot {
  readonly cookie: VisitorCookie;
  readonly isThere: boolean;
  readonly id: string;
  /** Of the last event so far: consent changes with time. */
  isAllowed: boolean;
}

/** How visits are made. */
export interface VisitRules {
  /** The visit of an event that is sent again: nothing is stored that was not to be stored then. */
  readonly earlier?: Visit;
  /** Makes an id for a browser that has none. */
  readonly newId: () => string;
  /** Whether an event that names nobody is a newcomer's. */
  readonly takesNewcomers: boolean;
}

/** The visitor of one request: what may be stored of each of its events, and what becomes of the cookie. */
export class Visits {
  readonly #signals: VisitorSignals;
  readonly #rules: VisitRules;
  readonly #slots: Slot[] = [];

  constructor(signals: VisitorSignals | undefined, rules: VisitRules) {
    this.#signals = signals ?? NO_SIGNALS;
    this.#rules = rules;
  }

  /**
   * The visit of a call.
   * @param shared the batch's context: the call's own wins.
   */
  of(sender: Sender, call: unknown, shared?: JsonObject): Visit {
    const { visitors } = sender.app;
    const { earlier, newId, takesNewcomers } = this.#rules;
    const mode = strictest(
      this.#modeOfSignals(sender),
      modeOfConsent(visitors, call, shared),
      earlier?.mode ?? 'full',
    );
    const { serverAnonymous } = this.#signals;
    const mayBeNobody =
      mode !== 'full' ||
      (earlier?.mayBeNobody ?? false) ||
      (sender.kind === 'public' && serverAnonymous);
    const serverId = this.#serverId(sender, mode) ?? earlier?.serverId;
    if (mode !== 'full') return { mode, mayBeNobody };
    if (serverId !== undefined) return { mode, mayBeNobody, serverId };
    if (mayBeNobody) return { mode, mayBeNobody };
    return takesNewcomers ? { mode, mayBeNobody, newcomerId: newId() } : FULL_VISIT;
  }

  /** The visit of what cannot be read: whether it carries a consent nobody knows. */
  ofUnread(sender: Sender): Visit {
    const mode = strictest(
      this.#modeOfSignals(sender),
      sender.app.visitors.consent.whenMissing,
      this.#rules.earlier?.mode ?? 'full',
    );
    if (mode === 'full') return FULL_VISIT;
    return { mode, mayBeNobody: true };
  }

  /** What the browser is told once its events are stored. */
  answer(): VisitorAnswer {
    if (this.#slots.length === 0) return NO_ANSWER;
    const ids = new Set(this.#slots.filter(({ isAllowed }) => isAllowed).map(({ id }) => id));
    const [id] = ids;
    return {
      cookies: this.#slots.flatMap(({ cookie, isThere, isAllowed, id: own }) => {
        if (isAllowed) return [settingCookie(cookie, own)];
        return isThere ? [endingCookie(cookie)] : [];
      }),
      // Apps with cookies of different names: each knows the visitor by its own id.
      ...(ids.size === 1 && { id }),
    };
  }

  /** The browser's headers are the visitor's, a server's are its own. */
  #modeOfSignals({ kind, app: { visitors } }: Sender): VisitorMode {
    if (kind === 'server') return 'full';
    return strictest(
      this.#signals.gpc ? visitors.gpc : 'full',
      this.#signals.dnt ? visitors.dnt : 'full',
    );
  }

  #serverId({ kind, app }: Sender, mode: VisitorMode): string | undefined {
    const { cookie } = app.visitors;
    const { isBrowser, serverAnonymous } = this.#signals;
    if (cookie === false || kind === 'server' || !isBrowser || serverAnonymous) return undefined;
    const slot = this.#slot(cookie);
    slot.isAllowed = mode === 'full';
    return slot.isAllowed ? slot.id : undefined;
  }

  #slot(cookie: VisitorCookie): Slot {
    const { name, domain, path } = cookie;
    const sameName = this.#slots.filter((slot) => slot.cookie.name === name);
    const known = sameName.find(
      (slot) => slot.cookie.domain === domain && slot.cookie.path === path,
    );
    if (known) return known;
    const { isThere, id } = findCookie(this.#signals.cookies, name);
    // Cookies of one name come in one header: where one of them gets a new id, all get the same.
    const slot: Slot = {
      cookie,
      isThere,
      id: id ?? sameName[0]?.id ?? this.#rules.newId(),
      isAllowed: false,
    };
    this.#slots.push(slot);
    return slot;
  }
}

function modeOfConsent(
  { consent }: Visitors,
  call: unknown,
  shared: JsonObject | undefined,
): VisitorMode {
  const own = isJsonObject(call) && isJsonObject(call.context) ? call.context : undefined;
  const context = shared === undefined ? own : { ...shared, ...own };
  switch (consentOf(context, consent.category)) {
    case 'granted':
      return 'full';
    case 'denied':
      return consent.whenDenied;
    case 'missing':
      return consent.whenMissing;
  }
}

function strictest(...modes: readonly VisitorMode[]): VisitorMode {
  return modes.reduce((a, b) => (VISITOR_MODES.indexOf(b) > VISITOR_MODES.indexOf(a) ? b : a));
}
