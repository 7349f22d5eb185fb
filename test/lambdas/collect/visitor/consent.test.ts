import { parseExactly } from '../../../../lambdas/collect/json.ts';
import { type Consent, consentOf } from '../../../../lambdas/collect/visitor/consent.ts';

/** A number of a batch's context, as it was written. */
const written = (text: string) => parseExactly(text, JSON.parse(text)).exact;
const of = (consent: unknown, ...categories: string[]) => consentOf({ consent }, categories);

describe('the consent of an event', () => {
  it.each<[Consent, Consent, unknown]>([
    // Without a category; with the category analytics.
    ['missing', 'missing', undefined],
    ['missing', 'missing', null],
    ['missing', 'missing', ''],
    ['missing', 'missing', {}],
    ['missing', 'missing', 'pending'],
    ['missing', 'missing', { analytics: 'who knows' }],
    ['granted', 'granted', true],
    ['granted', 'granted', 'granted'],
    ['granted', 'granted', 'ALL'],
    ['granted', 'granted', { status: 'granted' }],
    ['denied', 'denied', false],
    ['denied', 'denied', 'denied'],
    ['denied', 'denied', { status: 'denied' }],
    ['denied', 'denied', []],
    ['granted', 'granted', ['Analytics', 'ads']],
    ['granted', 'denied', ['ads']],
    ['granted', 'granted', 'ads, analytics'],
    ['granted', 'denied', 'ads'],
    ['granted', 'granted', { Analytics: true, ads: false }],
    ['granted', 'denied', { analytics: false, ads: true }],
    ['granted', 'missing', { ads: true }],
    ['denied', 'missing', { ads: false }],
    ['denied', 'denied', { analytics: 0, ads: 'no' }],
    ['denied', 'denied', written('0.0')],
    ['granted', 'granted', written('{"analytics":1.0}')],
    ['granted', 'granted', { categoryPreferences: { Advertising: false, Analytics: true } }],
    ['granted', 'denied', { categoryPreferences: { Advertising: true, Analytics: false } }],
    ['denied', 'denied', { categoryPreferences: { Advertising: false, Analytics: false } }],
    ['missing', 'missing', { categoryPreferences: {} }],
    ['granted', 'granted', { allowedConsentIds: ['analytics'], deniedConsentIds: ['ads'] }],
    ['granted', 'denied', { allowedConsentIds: ['ads'], deniedConsentIds: ['analytics'] }],
    ['denied', 'denied', { deniedConsentIds: ['analytics'] }],
    ['granted', 'granted', { eventType: 'allow_all', consentScopes: ['ads'] }],
    ['granted', 'granted', { eventType: 'allow_selected', consentScopes: ['analytics'] }],
    ['granted', 'denied', { eventType: 'allow_selected', consentScopes: ['ads'] }],
    ['denied', 'denied', { eventType: 'deny_all', consentScopes: [] }],
    ['denied', 'denied', { eventType: 'withdrawn' }],
    ['missing', 'missing', { eventType: 'pending' }],
    ['missing', 'missing', { basisForProcessing: 'consent', documentVersion: '1' }],
  ])('is %s, about analytics %s: %j', (whole, analytics, consent) => {
    expect([of(consent), of(consent, 'analytics')]).toEqual([whole, analytics]);
  });

  it("is Google's, of the categories that the app names", () => {
    const consent = { ad_storage: 'denied', analytics_storage: 'granted' };

    expect(of(consent, 'analytics_storage')).toBe('granted');
    expect(of(consent, 'ad_storage')).toBe('denied');
  });

  it('is needed for every category that the app names', () => {
    const consent = { analytics: true, personal: false };

    expect(of(consent, 'analytics', 'personal')).toBe('denied');
    expect(of(consent, 'analytics', 'other')).toBe('missing');
    expect(of({ ...consent, other: true }, 'analytics', 'other')).toBe('granted');
  });

  it("is RudderStack's where there is no other", () => {
    const consentManagement = {
      provider: 'custom',
      allowedConsentIds: ['c1'],
      deniedConsentIds: [],
    };

    expect(consentOf({ consentManagement }, ['c1'])).toBe('granted');
    expect(consentOf({ consentManagement }, ['c2'])).toBe('denied');
    expect(consentOf({ consentManagement, consent: false }, ['c1'])).toBe('denied');
    expect(consentOf(undefined, [])).toBe('missing');
  });
});
