import { list, section, value } from './config-values.ts';

/** Of an app: which events of Snowplow trackers are its own. */
export function appSnowplow() {
  return section({
    appIds: list(
      value<string>(
        (id) => typeof id === 'string' && /^[^\p{Cc}]{1,255}$/u.test(id) && id.isWellFormed(),
        '1 to 255 characters, none of control',
      ),
    ).default([]),
    isDefault: value<boolean>((got) => typeof got === 'boolean', 'true or false').default(false),
  });
}
