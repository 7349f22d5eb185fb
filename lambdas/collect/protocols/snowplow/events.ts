import type { JsonObject } from '../../envelope.ts';
import { isJsonObject, numberFrom, scalarText } from '../../json.ts';
import { RefusedError, shown } from '../../refusal.ts';
import { shopEvent } from './e-commerce.ts';
import type { Entities } from './entities.ts';
import { jsonOf, type SelfDescribing, schemaNameOf, selfDescribing } from './self-describing.ts';

/** What an event is, beside what all events have. */
export interface EventParts {
  readonly type: 'track' | 'page';
  /** Of a track call. */
  readonly name?: string;
  readonly properties?: JsonObject;
  /** URI of the schema that the client names. */
  readonly schema?: string;
  readonly consent?: JsonObject;
  /** The entities that are kept as such. */
  readonly contexts: readonly unknown[];
  /** Parameters that were read. */
  readonly taken: ReadonlySet<string>;
}

/** Parameters of an event's kind, and the names of the properties that they become. */
type Parameters = Readonly<Record<string, string>>;

/** Named as the columns of Snowplow's events table: that is how people know them who query it. */
const STRUCTURED: Parameters = {
  se_ca: 'se_category',
  se_la: 'se_label',
  se_pr: 'se_property',
  se_va: 'se_value',
};
const PING: Parameters = {
  pp_mix: 'pp_xoffset_min',
  pp_max: 'pp_xoffset_max',
  pp_miy: 'pp_yoffset_min',
  pp_may: 'pp_yoffset_max',
};
const ORDER: Parameters = {
  tr_id: 'order_id',
  tr_af: 'affiliation',
  tr_tt: 'total',
  tr_tx: 'tax',
  tr_sh: 'shipping',
  tr_ci: 'order_city',
  tr_st: 'order_state',
  tr_co: 'order_country',
  tr_cu: 'currency',
};
const ITEM: Parameters = {
  ti_id: 'order_id',
  ti_sk: 'sku',
  ti_nm: 'name',
  ti_ca: 'category',
  ti_pr: 'price',
  ti_qu: 'quantity',
  ti_cu: 'currency',
};
/** Parameters that are numbers: all come as text. */
const NUMBERS: ReadonlySet<string> = new Set(
  'se_va pp_mix pp_max pp_miy pp_may tr_tt tr_tx tr_sh ti_pr ti_qu'.split(' '),
);

/**
 * Reads an event by its kind, the parameter `e`.
 * @throws RefusedError where it is of no known kind, or has no name.
 */
export function eventOf(event: JsonObject, entities: Entities): EventParts {
  const track = (name: string, parameters: Parameters, more: readonly string[] = []) => ({
    type: 'track' as const,
    name,
    properties: propertiesOf(event, parameters),
    contexts: entities.all,
    taken: new Set([...Object.keys(parameters), ...more]),
  });
  switch (event.e) {
    case 'pv':
      return { type: 'page', contexts: entities.all, taken: new Set() };
    case 'pp':
      return track('page_ping', PING);
    case 'se':
      return track(actionOf(event), STRUCTURED, ['se_ac']);
    case 'tr':
      return track('Order Completed', ORDER);
    case 'ti':
      return track('Order Item', ITEM);
    case 'ue':
      return selfDescribingEvent(event, entities);
    default:
      throw new RefusedError({
        code: 'invalid_event',
        pointer: '/e',
        message: `/e is ${shown(event.e)}: one of pv, pp, se, ue, tr, ti is allowed`,
      });
  }
}

function propertiesOf(event: JsonObject, parameters: Parameters): JsonObject {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([key, property]) => {
      const text = scalarText(event[key]);
      if (text === undefined) return [];
      return [[property, (NUMBERS.has(key) ? numberFrom(text) : undefined) ?? text]];
    }),
  );
}

function actionOf(event: JsonObject): string {
  const action = scalarText(event.se_ac);
  if (action !== undefined) return action;
  throw new RefusedError({
    code: 'invalid_event',
    pointer: '/se_ac',
    message: '/se_ac is missing: the action names a structured event',
  });
}

function selfDescribingEvent(event: JsonObject, entities: Entities): EventParts {
  const key = scalarText(event.ue_pr) === undefined ? 'ue_px' : 'ue_pr';
  const taken: ReadonlySet<string> = new Set([key]);
  const described = describedIn(event, key);
  const { schema, data } = described;
  const known = schemaNameOf(schema);
  if (known === undefined) {
    throw new RefusedError({
      code: 'invalid_event',
      pointer: `/${key}`,
      message: `/${key} names the schema ${shown(schema)}: one as iglu:com.acme/checkout/jsonschema/1-0-0 is needed`,
    });
  }
  const shop = shopEvent(known, described, entities);
  if (shop) return { type: 'track', ...shop, schema, taken };
  const properties = isJsonObject(data) ? data : data === undefined ? undefined : { data };
  const isConsent = known.name === 'consent_preferences' && isJsonObject(data);
  return {
    type: 'track',
    name: known.name,
    properties,
    schema,
    consent: isConsent ? data : undefined,
    contexts: entities.all,
    taken,
  };
}

/** The self-describing event in a parameter, which is itself wrapped in one. */
function describedIn(event: JsonObject, key: 'ue_pr' | 'ue_px'): SelfDescribing {
  const text = scalarText(event[key]);
  const refused = (message: string) =>
    new RefusedError({ code: 'invalid_event', pointer: `/${key}`, message });
  if (text === undefined) {
    throw refused('/ue_pr and /ue_px are both missing: one of them holds a self-describing event');
  }
  const wrapper = jsonOf(key, text, key === 'ue_px');
  const described = isJsonObject(wrapper) ? selfDescribing(wrapper.data) : undefined;
  if (described === undefined) {
    throw refused(
      `/${key} holds ${shown(wrapper)}: an object is needed whose data has schema and data`,
    );
  }
  return described;
}
