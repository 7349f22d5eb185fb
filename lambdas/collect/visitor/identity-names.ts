import { CLICK_IDS } from '../enrich/rules/marketing.ts';

/** Words that name what tells a visitor apart, in lower case without anything but letters and digits. */
const NAMES =
  'anonymousid userid previousid groupid sessionid clientid distinctid deviceid visitorid customerid memberid personid profileid contactid subscriberid accountid externalid networkuserid domainuserid domainsessionid serverid uid uuid duid tnuid nuid sid advertisingid adid idfa idfv gaid aaid oaid installationid androidid fingerprint useragent useragentdata ip ipaddress clientip requestip remoteaddr remoteip xforwardedfor email emailaddress mail phone phonenumber msisdn firstname lastname fullname username birthday birthdate dateofbirth ssn traits fbp fbc ga gid';

/** Parameters by which tools carry an id over to a page, beside the click ids of advertisers. */
const PARAMETERS =
  '_ga _gl _gac _sp _ke ajs_uid ajs_aid ajs_prop_uid mc_eid _hsenc _hsmi __hssc __hstc hsctatracking vero_id wickedid mkt_tok oly_enc_id oly_anon_id s_cid rb_clickid bsft_uid bsft_eid trk_contact trk_msg klaviyo_id ml_subscriber ml_subscriber_hash sfmc_sub nr_email_referer token';

const IDENTITY_NAMES: ReadonlySet<string> = new Set(NAMES.split(' '));
const IDENTITY_PARAMETERS: ReadonlySet<string> = new Set([
  ...PARAMETERS.split(' '),
  ...Object.keys(CLICK_IDS),
]);

/** Whether what has this name tells visitors apart: userId, user_id and USER-ID alike. */
export function isIdentityName(name: string): boolean {
  return IDENTITY_NAMES.has(name.toLowerCase().replace(/[^a-z\d]/g, ''));
}

/** Whether a parameter of a page's URL tells visitors apart. */
export function isIdentityParameter(name: string): boolean {
  return IDENTITY_PARAMETERS.has(name.toLowerCase()) || isIdentityName(name);
}
