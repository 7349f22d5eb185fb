import type { App } from '../../../core/config.ts';
import { needsHashKey } from '../../../core/privacy.ts';
import { digestOf } from './digest.ts';
import { Redactor } from './redactor.ts';
import { WriteKeyTexts } from './write-key-texts.ts';

/** The redactors of all apps, and what takes their write keys out of dead letters. */
export class Redactors {
  readonly writeKeys: WriteKeyTexts;
  readonly #byApp = new Map<string, Redactor>();

  /**
   * @param hashKey The deployment's secret.
   * @throws Error where an app hashes and there is no secret.
   */
  constructor(apps: readonly App[], hashKey: string | undefined) {
    this.writeKeys = new WriteKeyTexts(apps);
    for (const { id, privacy } of apps) {
      if (needsHashKey(privacy) && !hashKey) {
        throw new Error(`app ${id} hashes personal data, and no key to hash with is given`);
      }
      this.#byApp.set(id, new Redactor(privacy, hashKey ? digestOf(hashKey, id) : undefined));
    }
  }

  /** @throws Error for an app that the config does not have. */
  of(appId: string): Redactor {
    const redactor = this.#byApp.get(appId);
    if (redactor === undefined) throw new Error(`app ${appId} is not in the config`);
    return redactor;
  }
}
