import type { App } from '../../../core/config.ts';
import { PLACEHOLDERS } from './redactor.ts';

/** A write key's characters, written as JSON need not write them. JSON in a string has more backslashes. */
const ESCAPED = /\\{1,8}u00(2d|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\da])/gi;
/** What may stand before a key that is a word of its own: nothing of a word, host or path; something percent-encoded; a JSON escape. */
const BEFORE = String.raw`(?:(?<![\w./-])|(?<=%(?:25){0,4}[\dA-Fa-f]{2}|\\[bfnrt]))`;
/** What may not stand behind it: more of a word, host or path, and what makes it a member's name. */
const BEHIND = String.raw`(?![\w/-]|\.\w|\\{0,8}"\s{0,9}:)`;

/**
 * Takes write keys out of what dead letters keep. Who may read letters may not send for that: a server key is trusted with past times.
 *
 * Server keys are secrets: those of all apps go, wherever their text stands. An app's public keys are known to all its pages, and may be
 * words: they go where they are words of their own, since an address with one in it must stay what it is.
 */
export class WriteKeyTexts {
  readonly #apps: readonly App[];
  /** Made when an app's first letter comes. */
  readonly #byApp = new Map<string, RegExp | undefined>();

  constructor(apps: readonly App[]) {
    this.#apps = apps;
  }

  /** A text of an app's letter with placeholders for keys. Never longer than it was. */
  without(text: string, appId: string): string {
    if (!this.#byApp.has(appId)) this.#byApp.set(appId, this.#patternFor(appId));
    const keys = this.#byApp.get(appId);
    if (keys === undefined) return text;
    const kept = text.replace(keys, PLACEHOLDERS.writeKey);
    if (!kept.includes('\\u00')) return kept;
    const plain = kept.replace(ESCAPED, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    const clean = plain.replace(keys, PLACEHOLDERS.writeKey);
    return clean === plain ? kept : clean;
  }

  #patternFor(appId: string): RegExp | undefined {
    const texts = (apps: readonly App[], kind: 'public' | 'server') =>
      apps
        .flatMap(({ writeKeys }) => writeKeys.filter((key) => key.kind === kind))
        .map(({ key }) => key)
        // One key may begin as another does.
        .sort((a, b) => b.length - a.length)
        .join('|');
    const own = this.#apps.filter(({ id }) => id === appId);
    const [secret, open] = [texts(this.#apps, 'server'), texts(own, 'public')];
    const parts = [secret, open && `${BEFORE}(?:${open})${BEHIND}`].filter((part) => part !== '');
    return parts.length === 0 ? undefined : new RegExp(parts.join('|'), 'g');
  }
}
