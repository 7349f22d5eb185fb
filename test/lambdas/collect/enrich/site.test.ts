import { placeOf, siteOf } from '../../../../lambdas/collect/enrich/site.ts';

describe('placeOf', () => {
  it.each([
    ['https://User@Shop.Example:8443/a/b?c#d', { host: 'shop.example', path: '/a/b' }],
    ['http://shop.example.', { host: 'shop.example', path: '' }],
    ['android-app://com.google.android.gm/', { host: 'com.google.android.gm', path: '/' }],
    ['http://[::1]:80/x', { host: '[::1]', path: '/x' }],
    ['file:///tmp/x', undefined],
    ['shop.example', undefined],
  ])('%s', (url, place) => {
    expect(placeOf(url)).toEqual(place);
  });
});

describe('siteOf', () => {
  it.each([
    ['www.shop.example', 'shop.example'],
    ['a.b.shop.co.uk', 'shop.co.uk'],
    ['me.github.io', 'me.github.io'],
    ['localhost', 'localhost'],
    ['203.0.113.9', '203.0.113.9'],
  ])('of %s is %s', (host, site) => {
    expect(siteOf(host)).toBe(site);
  });
});
