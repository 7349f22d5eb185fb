/**
 * What is stored of a visitor's event. `full`: all. `anonymous`: the event without ids, keys, traits and anything that tells
 * visitors apart: it counts, and belongs to nobody. `nothing`: not even that.
 */
export type VisitorMode = 'full' | 'anonymous' | 'nothing';

/** The modes, the strictest last. */
export const VISITOR_MODES = ['full', 'anonymous', 'nothing'] as const satisfies VisitorMode[];

/** What an app stores of its visitors. The strictest of what the signals and the consent say counts. */
export interface VisitorsConfig {
  /**
   * The first-party cookie with an id that the server makes, for pages' requests with public keys. `{}` is the cookie with
   * its defaults. Default: false, because such a cookie mostly needs the visitor's consent and a host of the site's own.
   */
  readonly cookie?: false | VisitorCookieConfig;
  /** What is stored where the browser sends Sec-GPC: 1. Default: anonymous. */
  readonly gpc?: VisitorMode;
  /** What is stored where the browser sends DNT: 1. Default: full, because nobody had to choose it. */
  readonly dnt?: VisitorMode;
  /** The consent that events carry. */
  readonly consent?: ConsentConfig;
}

/** How the consent of an event is read, and what follows. */
export interface ConsentConfig {
  /**
   * The category, or the categories, all of which collecting needs; upper and lower case are the same. Default: none, as is [], so
   * that only who denies everything denies.
   */
  readonly category?: string | readonly string[];
  /** What is stored where the visitor denies. Default: anonymous. */
  readonly whenDenied?: VisitorMode;
  /** What is stored where an event carries no consent, or none about the category. Default: full. */
  readonly whenMissing?: VisitorMode;
}

/** The cookie with the server's id. */
export interface VisitorCookieConfig {
  /** Default: mr_id. */
  readonly name?: string;
  /** Days that it lives, counted from the last request: 1 to 400, browsers keep none longer. Default: 365. */
  readonly maxAgeDays?: number;
  /** Domain whose hosts share it, as shop.example. Default: the host alone that is asked. */
  readonly domain?: string;
  /** Default: /. */
  readonly path?: string;
  /** Default: Lax. None is for pages of other sites, and needs `secure` and listed `origins`. */
  readonly sameSite?: 'Lax' | 'Strict' | 'None';
  /** Whether it is sent over https alone; browsers take localhost for secure. Default: true. */
  readonly secure?: boolean;
  /** Whether scripts of the page cannot read it. Default: true. */
  readonly httpOnly?: boolean;
}

/** The cookie of a parsed config. */
export type VisitorCookie = Required<Omit<VisitorCookieConfig, 'domain'>> & {
  readonly domain?: string;
};

/** VisitorsConfig after parseConfig. */
export interface Visitors {
  readonly cookie: false | VisitorCookie;
  readonly gpc: VisitorMode;
  readonly dnt: VisitorMode;
  readonly consent: {
    /** In lower case. */
    readonly category: readonly string[];
    readonly whenDenied: VisitorMode;
    readonly whenMissing: VisitorMode;
  };
}
