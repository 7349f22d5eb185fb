import type { JsonObject } from '../../envelope.ts';
import { scalarText } from '../../json.ts';
import type { Entities } from './entities.ts';
import { membersOf, type SchemaName, type SelfDescribing } from './self-describing.ts';

/** An event of a shop by the names of Segment's e-commerce spec, which one funnel and one schema then serve for all clients. */
export interface ShopEvent {
  readonly name: string;
  readonly properties: JsonObject;
  /** The entities that did not become properties as a whole. */
  readonly contexts: readonly unknown[];
}

const VENDOR = 'com.snowplowanalytics.snowplow';
const SHOP_VENDOR = 'com.snowplowanalytics.snowplow.ecommerce';

/** Events of Snowplow's e-commerce action, by its type. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
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
]);
/** Events of older trackers, by their schema's name. */
const OLD_EVENTS: ReadonlyMap<string, string> = new Map([
  ['add_to_cart', 'Product Added'],
  ['remove_from_cart', 'Product Removed'],
]);

/** Members of entities that have another name in Segment's spec. All others keep theirs. */
type Renamed = Readonly<Record<string, string>>;
const PRODUCT: Renamed = { id: 'product_id' };
const TRANSACTION: Renamed = {
  transaction_id: 'order_id',
  discount_code: 'coupon',
  discount_amount: 'discount',
};
/** Of a transaction that brought no money: its revenue must not count. */
const NO_TRANSACTION: Renamed = { ...TRANSACTION, revenue: 'total' };
const REFUND: Renamed = { transaction_id: 'order_id', refund_amount: 'total' };
const PROMOTION: Renamed = { id: 'promotion_id' };
const CART: Renamed = { total_value: 'cart_value' };
const ACTION: Renamed = { type: 'action', name: 'list' };
const OLD_EVENT: Renamed = { unitPrice: 'price' };

/** Reads an event of a shop; undefined where it is none, or one of a type that is not known. */
export function shopEvent(
  { vendor, name: schemaName }: SchemaName,
  event: SelfDescribing,
  entities: Entities,
): ShopEvent | undefined {
  const data = membersOf(event);
  if (vendor === VENDOR) {
    const name = OLD_EVENTS.get(schemaName);
    if (name === undefined) return undefined;
    return { name, properties: renamed(data, OLD_EVENT), contexts: entities.all };
  }
  if (vendor !== SHOP_VENDOR || schemaName !== 'snowplow_ecommerce_action') return undefined;
  const type = scalarText(data.type) ?? '';
  const name = ACTIONS.get(type);
  if (name === undefined) return undefined;
  return {
    name,
    properties: { ...renamed(data, ACTION), ...shopProperties(type, name, entities) },
    contexts: entities.without('product', SHOP_VENDOR),
  };
}

/** An order has one revenue, its transaction's. Products have prices only, so that no sum counts them again. */
function shopProperties(type: string, name: string, entities: Entities): JsonObject {
  const members = (entity: string, names: Renamed = {}) =>
    Object.assign(
      Object.create(null),
      ...entities.named(entity, SHOP_VENDOR).map((data) => renamed(data, names)),
    ) as JsonObject;
  const products = entities
    .named('product', SHOP_VENDOR)
    .map((product) => renamed(product, PRODUCT));
  const isOne = products.length === 1 && name.startsWith('Product ') && type !== 'list_view';
  return {
    ...members('cart', CART),
    ...members('checkout_step'),
    ...members('promotion', PROMOTION),
    ...members('transaction', type === 'transaction' ? TRANSACTION : NO_TRANSACTION),
    ...members('refund', REFUND),
    ...members('transaction_error'),
    ...(isOne ? products[0] : products.length > 0 ? { products } : undefined),
  };
}

function renamed(data: JsonObject, names: Renamed): JsonObject {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      Object.hasOwn(names, key) ? (names[key] as string) : key,
      value,
    ]),
  );
}
