import type { Channel } from '../../../../core/channels.ts';

/** A parameter that an advertiser's or sender's link carries. */
export interface ClickId {
  readonly channel: Channel;
  readonly source: string;
  readonly medium: string;
  /** Links that nobody paid for carry it too: what the visit says of its source goes first. */
  readonly weak?: true;
}

/** Click ids by parameter, in lower case. The first in this order that the URL has counts. */
export const CLICK_IDS: Readonly<Record<string, ClickId>> = {
  gclid: { channel: 'paid_search', source: 'google', medium: 'cpc' },
  gbraid: { channel: 'paid_search', source: 'google', medium: 'cpc' },
  wbraid: { channel: 'paid_search', source: 'google', medium: 'cpc' },
  msclkid: { channel: 'paid_search', source: 'bing', medium: 'cpc' },
  yclid: { channel: 'paid_search', source: 'yandex', medium: 'cpc' },
  dclid: { channel: 'display', source: 'google', medium: 'display' },
  tblci: { channel: 'display', source: 'taboola', medium: 'display' },
  dicbo: { channel: 'display', source: 'outbrain', medium: 'display' },
  ttclid: { channel: 'paid_social', source: 'tiktok', medium: 'cpc' },
  twclid: { channel: 'paid_social', source: 'twitter', medium: 'cpc' },
  li_fat_id: { channel: 'paid_social', source: 'linkedin', medium: 'cpc' },
  sccid: { channel: 'paid_social', source: 'snapchat', medium: 'cpc' },
  rdt_cid: { channel: 'paid_social', source: 'reddit', medium: 'cpc' },
  epik: { channel: 'paid_social', source: 'pinterest', medium: 'cpc' },
  qclid: { channel: 'paid_social', source: 'quora', medium: 'cpc' },
  irclickid: { channel: 'affiliate', source: 'impact', medium: 'affiliate' },
  awc: { channel: 'affiliate', source: 'awin', medium: 'affiliate' },
  cjevent: { channel: 'affiliate', source: 'cj', medium: 'affiliate' },
  mc_cid: { channel: 'email', source: 'mailchimp', medium: 'email' },
  _kx: { channel: 'email', source: 'klaviyo', medium: 'email' },
  // Facebook puts it on every link that leaves it, Instagram and Google Shopping likewise.
  fbclid: { channel: 'social', source: 'facebook', medium: 'social', weak: true },
  igshid: { channel: 'social', source: 'instagram', medium: 'social', weak: true },
  srsltid: { channel: 'search', source: 'google', medium: 'organic', weak: true },
};

/** Mediums that say the channel whatever the source is; lower case, spaces and hyphens as _. */
export const MEDIUM_CHANNELS: Readonly<Partial<Record<Channel, string>>> = {
  paid_search: 'paid_search paidsearch sem sea',
  paid_social: 'paid_social paidsocial social_paid socialpaid',
  email: 'email e_mail mail newsletter',
  sms: 'sms mms text_message',
  push: 'push push_notification web_push webpush mobile_push notification',
  affiliate: 'affiliate affiliates',
  display: 'display banner interstitial expandable programmatic native',
  social: 'social social_network social_media socialmedia sm',
  ai: 'ai ai_assistant llm',
  direct: 'direct (none) none',
};

/** Mediums that say only that it was paid for; so does each that starts with `paid`. */
export const PAID_MEDIUMS = 'cpc ppc cpm cpa cpv cpl cpp retargeting remarketing';

/** Sources by what people write beside the names of engines, networks and assistants and their hosts. */
export const SOURCE_KINDS = {
  search: 'adwords googleads google_ads google_shopping bingads bing_ads microsoft_ads',
  social: 'fb ig insta meta facebook_ads instagram_ads x twitter_ads tiktok_ads li yt snap',
  email: 'newsletter email e_mail mail mailchimp klaviyo brevo sendinblue sendgrid',
} as const;

/** Web mailers and mail apps: name, then hosts. Beside them each host whose first label is mail or webmail. */
export const MAILERS: Readonly<Record<string, string>> = {
  Gmail: 'mail.google.com com.google.android.gm',
  Outlook:
    'outlook.com outlook.live.com outlook.office.com outlook.office365.com outlook.cloud.microsoft com.microsoft.office.outlook',
  'Yahoo Mail': 'mail.yahoo.com mail.yahoo.co.jp com.yahoo.mobile.client.android.mail',
  'iCloud Mail': 'www.icloud.com/mail',
  'Proton Mail': 'mail.proton.me mail.protonmail.com',
  GMX: 'navigator.gmx.net navigator-bs.gmx.com deref-gmx.net deref-gmx.com',
  'Web.de': 'navigator.web.de deref-web.de deref-web-02.de',
  'T-Online': 'email.t-online.de',
  'Mail.ru': 'e.mail.ru',
  Fastmail: 'app.fastmail.com',
  Hey: 'app.hey.com',
  Superhuman: 'mail.superhuman.com',
};

/** Assistants that Matomo's list does not name. */
export const MORE_ASSISTANTS: Readonly<Record<string, string>> = {
  Copilot: 'm365.cloud.microsoft copilot.cloud.microsoft',
  Gemini: 'aistudio.google.com',
  Kimi: 'kimi.com kimi.moonshot.cn',
  Poe: 'poe.com',
  Phind: 'phind.com',
  Doubao: 'doubao.com',
  Deepseek: 'deepseek.com',
  'Le Chat': 'lechat.mistral.ai',
};

/** Search apps that Matomo's list names by a page of theirs only. */
export const MORE_ENGINES: Readonly<Record<string, string>> = {
  Google: 'com.google.android.googlequicksearchbox',
};

/** Social apps that Matomo's list does not name. */
export const MORE_NETWORKS: Readonly<Record<string, string>> = {
  Facebook: 'com.facebook.katana com.facebook.lite com.facebook.orca',
  Instagram: 'com.instagram.android',
  LinkedIn: 'com.linkedin.android lnkd.in',
  Reddit: 'com.reddit.frontpage',
  Twitter: 'com.twitter.android',
  Pinterest: 'com.pinterest',
};

/** Names of engines that campaigns use for something else. */
export const AMBIGUOUS_NAMES =
  'free inbox orange charter crawler atlas you witch terra sputnik eo goo clix';
