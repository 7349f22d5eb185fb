import { SchemaRegistry } from '../../../../../lambdas/collect/schema.ts';
import { RECEIVED_AT } from '../../collector.ts';
import { base64, contexts, event, post, recordOf, selfDescribing } from './tracker.ts';

const CHECKOUT = 'iglu:com.acme/checkout/jsonschema/1-0-0';
const PLAN = { schema: 'iglu:com.acme/user/jsonschema/1-0-0', data: { plan: 'pro', since: 2020 } };

describe('events of Snowplow trackers', () => {
  it('a page view is a page call with its page, ids, times and what else came', async () => {
    const record = await recordOf({
      e: 'pv',
      url: 'https://shop.example/cart/?utm_source=news&utm_medium=email#top',
      refr: 'https://www.google.com/',
      page: 'Cart – Grüße',
      uid: 'user-1',
      sid: 'session-1',
      vid: '3',
      ua: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      lang: 'de-DE',
      tz: 'Europe/Berlin',
      res: '390x844',
      vp: '390x700',
      ip: '203.0.113.9',
      cd: '24',
      empty: '',
    });

    expect(record).toMatchObject({
      message_id: '0b8d8f0e-6c1d-4b43-9d68-0c55c62e7d2a',
      app_id: 'shop',
      type: 'page',
      event: 'page',
      anonymous_id: 'device-1',
      user_id: 'user-1',
      session_id: 'session-1',
      event_at: RECEIVED_AT - 4_000,
      sent_at: RECEIVED_AT - 1_000,
      url: 'https://shop.example/cart/?utm_source=news&utm_medium=email#top',
      path: '/cart/',
      search: '?utm_source=news&utm_medium=email',
      referrer: 'https://www.google.com/',
      title: 'Cart – Grüße',
      channel: 'email',
      locale: 'de-DE',
      screen: '390x844',
      device: 'mobile',
      os: 'iOS',
    });
    expect(record.properties).toMatchObject({
      _context: {
        timezone: 'Europe/Berlin',
        library: { name: 'snowplow', version: 'js-4.10.1' },
        snowplow: {
          e: 'pv',
          aid: 'shop-web',
          p: 'web',
          tna: 'sp1',
          vid: '3',
          vp: '390x700',
          cd: '24',
        },
      },
    });
    expect(JSON.stringify(record)).not.toContain('203.0.113.9');
  });

  it('a page ping is a track call with its offsets as numbers', async () => {
    const record = await recordOf({
      e: 'pp',
      url: 'https://shop.example/',
      pp_miy: '0',
      pp_may: '812',
    });

    expect(record).toMatchObject({
      type: 'track',
      event: 'page_ping',
      url: 'https://shop.example/',
      path: '/',
      properties: { pp_yoffset_min: 0, pp_yoffset_max: 812 },
    });
  });

  it('a structured event is named by its action', async () => {
    const record = await recordOf({
      ...{
        e: 'se',
        se_ca: 'shop',
        se_ac: 'add-to-basket',
        se_la: 'hat',
        se_pr: 'pcs',
        se_va: '2.50',
      },
    });

    expect(record).toMatchObject({
      type: 'track',
      event: 'add-to-basket',
      properties: { se_category: 'shop', se_label: 'hat', se_property: 'pcs', se_value: 2.5 },
    });
  });

  it.each(['plain', 'base64', 'padded base64'])(
    'a self-describing event is named by its schema, its data are the properties: %s',
    async (encoding) => {
      const ue = selfDescribing(CHECKOUT, { value: 12.5, note: 'Grüße ☕' });
      const co = contexts(PLAN);
      const padded = (text: string) => Buffer.from(text).toString('base64');
      const parameters = {
        plain: { ue_pr: ue, co },
        base64: { ue_px: base64(ue), cx: base64(co) },
        'padded base64': { ue_px: padded(ue), cx: padded(co) },
      }[encoding];

      const record = await recordOf({ e: 'ue', ...parameters });

      expect(record).toMatchObject({ type: 'track', event: 'checkout' });
      const { _context, ...properties } = record.properties as Record<string, unknown>;
      expect(properties).toEqual({ value: 12.5, note: 'Grüße ☕' });
      expect(_context).toMatchObject({ schema: CHECKOUT, contexts: [PLAN] });
      expect(JSON.stringify(_context)).not.toMatch(/ue_p|"c[ox]"/);
    },
  );

  it.each([
    ['1-0-3', 'checkout/1-0-0'],
    ['2-0-0', 'checkout/2-1-0'],
    ['3-0-0', 'checkout/2-1-0'],
  ])('version %s of a schema is checked by %s of the registry', async (version, schema) => {
    const schemas = new SchemaRegistry({
      checkout: ['1-0-0', '2-1-0'].map((name) => ({ version: name, validate: () => true })),
    });
    const ue = selfDescribing(CHECKOUT.replace('1-0-0', version), { value: 1 });

    const { records } = await post([event({ e: 'ue', ue_pr: ue })], { schemas });

    expect(records).toMatchObject([{ schema }]);
  });

  it('keeps numbers of self-describing events and entities to the letter', async () => {
    const { sinks } = await post([
      event({
        e: 'ue',
        ue_pr: `{"schema":"x","data":{"schema":"${CHECKOUT}","data":{"id":12345678901234567890,"price":1.10}}}`,
        co: `{"data":[{"schema":"iglu:a/b/jsonschema/1-0-0","data":{"n":1e5}}]}`,
      }),
    ]);

    const { properties } = JSON.parse(sinks.lines[0]?.json ?? '');
    expect(properties).toContain('"id":12345678901234567890,"price":1.10');
    expect(properties).toContain('"n":1e5');
  });

  it('takes from entities what has columns, where no parameter has it', async () => {
    const session = {
      schema: 'iglu:com.snowplowanalytics.snowplow/client_session/jsonschema/1-0-2',
      data: { userId: 'installation-1', sessionId: 'session-9', sessionIndex: 4 },
    };
    const mobile = {
      schema: 'iglu:com.snowplowanalytics.snowplow/mobile_context/jsonschema/1-0-3',
      data: { osType: 'ios', osVersion: '18.0', deviceModel: 'iPhone17,1' },
    };
    const gdpr = {
      schema: 'iglu:com.snowplowanalytics.snowplow/gdpr/jsonschema/1-0-0',
      data: { basisForProcessing: 'consent', documentId: 'd-1' },
    };

    const record = await recordOf({ e: 'pv', duid: '', co: contexts(session, mobile, gdpr) });

    expect(record).toMatchObject({
      anonymous_id: 'installation-1',
      session_id: 'session-9',
      os: 'iOS',
      consent: '{"basisForProcessing":"consent","documentId":"d-1"}',
      properties: { _context: { contexts: [session, mobile, gdpr] } },
    });
  });

  it('keeps the name of a system that it does not know, whatever it is', async () => {
    const mobile = {
      schema: 'iglu:com.snowplowanalytics.snowplow/mobile_context/jsonschema/1-0-3',
      data: { osType: 'constructor' },
    };

    expect(await recordOf({ e: 'pv', co: contexts(mobile) })).toMatchObject({ os: 'constructor' });
  });

  it('a network user id serves where there is no device id', async () => {
    expect(await recordOf({ e: 'pv', duid: '', nuid: 'network-1' })).toMatchObject({
      anonymous_id: 'network-1',
    });
    expect(await recordOf({ e: 'pv', duid: '', tnuid: 'network-2' })).toMatchObject({
      anonymous_id: 'network-2',
    });
  });

  it('makes a message id where the tracker sent none', async () => {
    expect((await recordOf({ e: 'pv', eid: '' })).message_id).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('e-commerce events of Snowplow trackers', () => {
  it('a transaction has the revenue, its items have none', async () => {
    const { records, sinks } = await post([
      event({
        ...{
          e: 'tr',
          eid: 't-1',
          tr_id: 'o-7',
          tr_af: 'web',
          tr_tt: '30.50',
          tr_tx: '4.87',
          tr_sh: '0',
        },
        ...{ tr_ci: 'Berlin', tr_co: 'Germany', tr_cu: 'eur' },
      }),
      event({
        ...{ e: 'ti', eid: 't-2', ti_id: 'o-7', ti_sk: 'sku-1', ti_nm: 'Hat', ti_ca: 'Clothes' },
        ...{ ti_pr: '15.25', ti_qu: '2', ti_cu: 'EUR' },
      }),
    ]);

    expect(sinks.deadLetters).toEqual([]);
    expect(records).toMatchObject([
      {
        event: 'Order Completed',
        schema: expect.stringMatching(/^order_completed\//),
        revenue: 30.5,
        currency: 'EUR',
        properties: {
          ...{ order_id: 'o-7', affiliation: 'web', total: 30.5, tax: 4.87, shipping: 0 },
          ...{ order_city: 'Berlin', order_country: 'Germany' },
        },
      },
      {
        event: 'Order Item',
        currency: 'EUR',
        properties: { order_id: 'o-7', sku: 'sku-1', name: 'Hat', price: 15.25, quantity: 2 },
      },
    ]);
    expect(records[0]).not.toHaveProperty('country');
    expect(records[1]).not.toHaveProperty('revenue');
  });

  it.each([
    ['add_to_cart', 'Product Added'],
    ['remove_from_cart', 'Product Removed'],
    ['product_view', 'Product Viewed'],
    ['list_view', 'Product List Viewed'],
    ['list_click', 'Product Clicked'],
    ['promo_view', 'Promotion Viewed'],
    ['promo_click', 'Promotion Clicked'],
    ['checkout_step', 'Checkout Step Completed'],
    ['transaction', 'Order Completed'],
    ['refund', 'Order Refunded'],
    ['trns_error', 'Transaction Failed'],
  ])('the action %s is %s', async (type, name) => {
    const shop = (entity: string, data: object) => ({
      schema: `iglu:com.snowplowanalytics.snowplow.ecommerce/${entity}/jsonschema/1-0-0`,
      data,
    });
    const schema = shop('snowplow_ecommerce_action', {}).schema;
    const product = { id: 'p-1', name: 'Hat', category: 'Clothes', price: 15.25, currency: 'EUR' };
    const page = shop('page', { type: 'cart', language: 'de' });
    const transaction = shop('transaction', {
      ...{
        transaction_id: 'o-8',
        revenue: 30.5,
        currency: 'EUR',
        payment_method: 'card',
        tax: null,
      },
      ...{ total_quantity: 2, discount_code: 'XMAS', discount_amount: 2, credit_order: false },
    });

    const record = await recordOf({
      e: 'ue',
      ue_px: base64(selfDescribing(schema, { type, name: 'top sellers' })),
      cx: base64(contexts(shop('product', product), page, transaction)),
    });

    const { id, ...rest } = product;
    const isOne = name.startsWith('Product ') && type !== 'list_view';
    const order = { order_id: 'o-8', payment_method: 'card', coupon: 'XMAS', discount: 2 };
    expect(record).toMatchObject({
      event: name,
      properties: {
        action: type,
        list: 'top sellers',
        ...order,
        ...(isOne ? { product_id: id, ...rest } : { products: [{ product_id: id, ...rest }] }),
        _context: { schema, contexts: [page, transaction] },
      },
    });
    expect(record.revenue).toBe(type === 'transaction' ? 30.5 : undefined);
  });

  it("older trackers' cart events have the same names", async () => {
    const schema = 'iglu:com.snowplowanalytics.snowplow/add_to_cart/jsonschema/1-0-0';
    const data = { sku: 's-1', quantity: 2, unitPrice: 3.49, currency: 'GBP' };

    const record = await recordOf({ e: 'ue', ue_pr: selfDescribing(schema, data) });

    expect(record).toMatchObject({
      event: 'Product Added',
      currency: 'GBP',
      properties: { sku: 's-1', quantity: 2, price: 3.49 },
    });
  });
});
