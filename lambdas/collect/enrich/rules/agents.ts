/** Names, each with what a user agent of it holds. */
export type Patterns = readonly (readonly [name: string, pattern: RegExp])[];

/** Devices that go before the parser's word. The first that fits counts. */
export const DEVICES: Patterns = [
  ['console', /playstation|xbox|nintendo|\bwiiu?\b|steamdeck/i],
  [
    'tv',
    /smart-?tv|googletv|apple ?tv|hbbtv|\btvos\b|android tv|\broku|\baft[a-z]{1,5}\b|bravia|netcast|viera|crkey|opera tv|web0s|\btizen.+\btv\b|philipstv|chromecast/i,
  ],
  ['wearable', /watchos|apple watch|\bwatch\d,\d|sm-r\d{3}\b|wear os/i],
  ['mobile', /blackberry(?!.*playbook)|windows ce|windows phone|symb(?:ian|os)|\bmidp|iemobile/i],
  [
    'tablet',
    /\bipad|playbook|kindle(?! ?fire phone)|\bsilk\/|\btablet\b(?! ?pc)|nexus (?:7|9|10)\b/i,
  ],
];

/** What apps, phones and television sets call themselves that do not claim to be a browser. */
export const HANDSET =
  /\bandroid\b|\bios\b|iphone|ipad|ipod|cfnetwork|hbbtv|smart-?tv|googletv|symbian|series ?[46]0|\bmidp|\bmaui\b|opera mini|blackberry|windows phone|release-keys|\b(?:gt|sgh|sch|sm|sph|shw)-[a-z]?\d|^\W?(?:samsung|sec-|lge?\b|lge?[-a-z]*\d|nokia|mot[-_ ]|motorola|sie-|siemens|htc|alcatel|huawei|(?:sony)?ericsson|sony|zte|lenovo|philips|sagem|sharp|panasonic|pantech|sanyo|kddi|docomo|vodafone|palm|micromax|karbonn|spice|fly|haier|benq|asus|acer|dell|nec|coolpad|tcl|xiaomi|mi \d)/i;

/** What bots call themselves, and the addresses that they leave. */
export const BOT_WORDS =
  /bot|crawl|spider|slurp|https?:|\bwww\.|@|headless|preview|monitor|scan|fetch|check|validat|archive|lighthouse|pagespeed|google-|thumbnail|search|feed|proxy|script|curl|wget|python|\bperl|\bphp|go-http/i;

/** Devices of agents of which the parser says nothing. */
export const OTHER_DEVICES: Patterns = [
  [
    'mobile',
    /\bmobi|phone|ericsson|pantech|huawei|philips|samsung|ipod|ios\b|cfnetwork|dalvik|android|blackberry|symb(?:ian|os)|midp|\bcldc|up\.browser|opera mini|j2me|docomo|nokia|kaios|maemo|webos|obigo|wap|^(?:alcatel|htc|lg[e-]?|mot|samsung|sec-|sie-|sonyericsson)/i,
  ],
  ['desktop', /windows|macintosh|mac os|x11|linux|cros|bsd|amiga|sunos/i],
];

/** Browsers inside apps, and some that the parser takes for another one. */
export const BROWSERS: Patterns = [
  ['Instagram', /\binstagram\b/i],
  ['Facebook', /\bfb(?:an|av|_iab)\b/i],
  ['TikTok', /musical_ly|bytedancewebview|\btrill_/i],
  ['Snapchat', /\bsnapchat\b/i],
  ['LinkedIn', /\blinkedinapp\b/i],
  ['Pinterest', /\bpinterest\//i],
  ['Opera Mini', /opera mini|\bopios\b/i],
  ['Pale Moon', /\bpalemoon\b/i],
  ['Iceweasel', /\biceweasel\b/i],
  ['Brave', /\bbrave\//i],
  ['Netscape', /\bnetscape\d?\//i],
  ['Camino', /\bcamino\//i],
  ['Galeon', /\bgaleon\//i],
  ['Thunderbird', /\bthunderbird\//i],
  ['Outlook', /\boutlook\b/i],
  ['KakaoTalk', /\bkakaotalk\b/i],
  ['Twitter', /\btwitter(?:android| for )/i],
  ['Spotify', /\bspotify\//i],
  ['UC Browser', /\bucweb|\bucbrowser|\buc browser/i],
  ['Lynx', /^lynx\//i],
  ['ELinks', /^elinks\b/i],
  ['Links', /^links\b/i],
  ['Konqueror', /\bkonqueror\b/i],
];

/** Names of the parser that are longer than people's. */
export const SHORT_NAMES: Readonly<Record<string, string>> = {
  'Microsoft Edge': 'Edge',
  'Samsung Internet for Android': 'Samsung Internet',
  'NAVER Whale Browser': 'Whale',
};

/** Systems that go before the parser's word. */
export const SYSTEMS: Patterns = [
  ['tvOS', /\btvos\b|apple ?tv/i],
  ['watchOS', /watchos/i],
  ['KaiOS', /\bkaios\b/i],
  ['HarmonyOS', /\bharmonyos\b|openharmony/i],
  ['PlayStation', /playstation/i],
  ['Nintendo', /nintendo/i],
  ['FreeBSD', /\bfreebsd\b/i],
  ['OpenBSD', /\bopenbsd\b/i],
  ['NetBSD', /\bnetbsd\b/i],
  ['Symbian OS', /symb(?:ian|os)|\bs60v?\d?\b|series60/i],
  ['macOS', /cfnetwork\b.*(?:x86_64|macbook|imac)/i],
  ['iOS', /cfnetwork\b/i],
  ['Tizen', /\btizen\b/i],
];

/** Libraries that send the events of servers and apps: no visitor's browser, and no bot. */
export const LIBRARY =
  /^(?:analytics[-.]|segment|rudder|snowplow|okhttp\/|dalvik\/|node$|[^(]*\bcfnetwork\/)/i;
