import type { Agent } from '../../lambdas/collect/enrich/user-agent.ts';

/** Device classes that a family of uap-core, which names models, can only be; undefined where it may be anything. */
export function deviceSaid(
  family: string,
  brand: string | undefined,
): readonly string[] | undefined {
  if (family === 'Spider') return ['bot'];
  if (/^(iPhone|iPod)|Smartphone|Feature Phone/.test(family)) return ['mobile'];
  if (/^iPad|Tablet\b/.test(family)) return ['tablet'];
  if (/Watch/.test(family)) return ['wearable'];
  if (/PlayStation|Xbox|Nintendo|\bWii/i.test(family)) return ['console'];
  if (/AppleTV|Chromecast|Roku|Smart ?TV|Bravia|Google ?TV/i.test(family)) return ['tv'];
  if (family === 'Mac' || family === 'iMac') return ['desktop'];
  if (family === 'Other' || brand === undefined || brand.startsWith('Generic')) return undefined;
  // A model: a phone or a tablet, which its name does not tell.
  return ['mobile', 'tablet', 'tv', 'console', 'wearable'];
}

/** Families of uap-core by the name that we give. */
const SAME: readonly (readonly [ours: string, theirs: RegExp])[] = [
  ['Internet Explorer', /^IE\b/],
  ['Edge', /^Edge/],
  ['Chrome', /^Chrome|^HeadlessChrome|^Android WebView/],
  ['Safari', /^Mobile Safari|^Safari/],
  ['Samsung Internet', /^Samsung Internet/],
  ['Android Browser', /^Android$|^Android Browser/],
  ['Firefox', /^Firefox/],
  ['Opera', /^Opera(?! Mini)/],
  ['Opera Mini', /^Opera Mini/],
  ['BlackBerry', /^BlackBerry/],
  ['UC Browser', /^UC Browser/],
  ['Amazon Silk', /^Amazon Silk/],
  ['QQ Browser', /^QQ Browser/],
  ['Yandex Browser', /^Yandex/],
  ['Sogou Browser', /^Sogou/],
];

/** Whether the browser is the one of a family; undefined where it is a bot or the family says nothing. */
export function sameBrowser(family: string, { browser, is_bot }: Agent): boolean | undefined {
  if (family === 'Other' || is_bot) return undefined;
  if (browser === undefined) return false;
  const known = SAME.find(([ours]) => ours === browser);
  return known ? known[1].test(family) : plain(family).startsWith(plain(browser));
}

/** Whether the system is the one of a family. */
export function sameSystem(family: string, { os, is_bot }: Agent): boolean | undefined {
  if (family === 'Other' || is_bot) return undefined;
  if (os === undefined) return false;
  if (os === 'macOS') return /^Mac OS/.test(family);
  if (os === 'Linux')
    return /linux|ubuntu|debian|fedora|suse|red ?hat|mandriva|gentoo|slackware|centos|mint/i.test(
      family,
    );
  return plain(family).startsWith(plain(os));
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace('mobile', '');
}
