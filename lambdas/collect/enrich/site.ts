/** Second levels under which countries hand out names: example.co.uk is a site, co.uk is none. */
const SHARED_LEVELS: ReadonlySet<string> = new Set(
  'co com org net edu gov ac or ne go gob mil nom ltd plc me web info biz id sch nic'.split(' '),
);
/** Hosts whose subdomains belong to customers of theirs. */
const HOSTERS: ReadonlySet<string> = new Set(
  'github.io gitlab.io pages.dev workers.dev vercel.app netlify.app web.app firebaseapp.com herokuapp.com onrender.com fly.dev myshopify.com blogspot.com wordpress.com wixsite.com webflow.io azurewebsites.net cloudfront.net amazonaws.com amplifyapp.com run.app'.split(
    ' ',
  ),
);

/** Host and path of a page or a referrer. */
export interface Place {
  /** Lower case. Of an Android app, its id. */
  readonly host: string;
  readonly path: string;
}

/** Reads a URL of the web, or an app's as `android-app://com.example/`; anything else is none. */
export function placeOf(url: string): Place | undefined {
  const match =
    /^\s*(?:https?|android-app):\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:[]+)(?::\d*)?([^?#]*)/i.exec(
      url,
    );
  if (match?.[1] === undefined) return undefined;
  return { host: match[1].toLowerCase().replace(/\.$/, ''), path: match[2] ?? '' };
}

/**
 * The part of a host that somebody registered: shop.example of www.shop.example. By rules of thumb, not by the Public Suffix
 * List: that has 10,000 entries, and an error here makes one referrer internal, or external, that is not.
 */
export function siteOf(host: string): string {
  if (/^[\d.]+$|^\[/.test(host)) return host;
  const labels = host.split('.');
  const [second = '', top = ''] = labels.slice(-2);
  const shared = (top.length === 2 && SHARED_LEVELS.has(second)) || HOSTERS.has(`${second}.${top}`);
  return labels.slice(shared ? -3 : -2).join('.');
}
