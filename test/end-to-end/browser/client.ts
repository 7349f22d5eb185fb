import type { Page } from 'playwright-core';
import type { Faults } from '../../../local/faults.ts';
import type { SentEvent } from '../raw-events.ts';

/** What a client's run has. */
export interface Visit {
  /** A page without content, of another origin than the API's. */
  readonly page: Page;
  /** Where the API is, without a slash at the end: http://127.0.0.1:… */
  readonly apiUrl: string;
  /** A write key, public, whose app takes all. */
  readonly writeKey: string;
  /** A write key of the app `slow`, which may send one request a second. */
  readonly slowKey: string;
  /** What goes wrong in the stack. Whoever sets some clears them. */
  readonly faults: Faults;
}

/** A client from npm that runs in a browser: one file of `clients/` each. */
export interface BrowserClient {
  readonly name: string;
  /**
   * The program of the page, bundled for the browser: a file beside this one, or a package's own file. It puts what `visit`
   * needs on `window`.
   */
  readonly program: string;
  /**
   * Makes the client send and waits until it has.
   * @returns what must be in raw_events.
   */
  visit(visit: Visit): Promise<readonly SentEvent[]>;
}
