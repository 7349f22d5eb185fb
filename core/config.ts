import type { ChannelRule } from './channels.ts';
import type { FunnelDefinition } from './funnel.ts';
import type { Privacy, PrivacyConfig } from './privacy.ts';
import type { Visitors, VisitorsConfig } from './visitors.ts';

/** What a user writes in millrace.config.ts. Every optional member has a default; `parseConfig` fills them in. */
export interface MillraceConfig {
  /** One tenant each. At least one. */
  readonly apps: readonly AppConfig[];
  readonly collection?: {
    /**
     * Paths under which clients reach it: `/` is where they look by themselves (/v1/track), any other is as good and no list of
     * what browsers block knows it. Default: `/` and `/in`.
     */
    readonly basePaths?: readonly string[];
    /** Paths of POST requests of Snowplow trackers beside /com.snowplowanalytics.snowplow/tp2: their `postPath`. Default: none. */
    readonly snowplowPostPaths?: readonly string[];
    /** A domain of your own for the API. Default: none. */
    readonly domain?: CustomDomain;
  };
  /** Default: on demand. Up to about three million events a day, one provisioned shard is cheaper. */
  readonly stream?:
    | { readonly mode: 'on-demand' }
    | { readonly mode: 'provisioned'; readonly shards: number };
  readonly delivery?: {
    /** Seconds that Firehose collects before it writes a Parquet file: 60 to 900. Default 300. */
    readonly bufferSeconds?: number;
    /** MiB that Firehose collects before it writes a Parquet file: 64 to 128. Default 128. */
    readonly bufferMiB?: number;
  };
  readonly retention?: {
    /** Days that raw events are kept. Default: for ever. */
    readonly rawDays?: number;
    /** Days that dead letters are kept: they hold raw payloads. Default 30. */
    readonly deadLetterDays?: number;
    /** Days that Athena's result files are kept. Default 7. */
    readonly resultDays?: number;
    /** Days that logs are kept; a value that CloudWatch Logs knows. Default 30. */
    readonly logDays?: number;
    /** Hours that the stream keeps its records: 24 to 8760. Default 48. */
    readonly streamHours?: number;
  };
  readonly builds?: {
    /** CTAS at the same time: 1 to 20. Default 5. */
    readonly concurrency?: number;
    /** Days of arrival in which a repeated message_id is found even where its event day differs: 1 to 30. Default 7. */
    readonly dedupWindowDays?: number;
    /** Hours that a replaced run is kept for queries that still read it: 1 to 168. Default 24. */
    readonly keepRetiredHours?: number;
  };
  readonly query?: {
    /** Bytes that one question may scan: at least 10,000,000. Default 100 GB. */
    readonly bytesLimit?: number;
    /** Bytes that one build statement may scan. Default 1 TB. */
    readonly buildBytesLimit?: number;
    /** Seconds after which a question gives up: 5 to 29. Default 25. */
    readonly deadlineSeconds?: number;
  };
}

/** A domain of your own. It needs a DNS record that points to the output `DomainTarget`: docs/DEPLOY.md. */
export interface CustomDomain {
  /** As events.shop.example. */
  readonly name: string;
  /** ARN of its certificate in ACM, in the region of the stack. */
  readonly certificateArn: string;
}

/** One tenant. */
export interface AppConfig {
  /** [a-z][a-z0-9_-]*, at most 40 characters: it names partitions and stands in URLs. */
  readonly id: string;
  /** Keys that send events. Public by nature: they identify and never read. */
  readonly writeKeys: readonly WriteKey[];
  /** Keys that ask. Only their SHA-256 stands in the config: `npm run key` makes one. */
  readonly readKeys: readonly ReadKey[];
  /** What becomes of an event that has no schema. Default: accept. */
  readonly unknownEvents?: 'accept' | 'refuse';
  /** Properties that facts carry beside the standard dimensions, so that answers can be filtered and broken down by them. */
  readonly dimensions?: readonly PropertyDimension[];
  readonly funnels?: readonly FunnelDefinition[];
  /** IANA time zone of ranges and days where the question names none. Default UTC. */
  readonly timeZone?: string;
  /** Origins whose pages may send events, at least one; `*` for all. Default: all. What sends no origin (servers, images) is not held to it. */
  readonly origins?: readonly string[];
  /** Requests a second that each write key may send, on average over ten seconds: 1 to 100,000. Default 1,000. */
  readonly requestsPerSecond?: number;
  /** What becomes of personal data in events and dead letters. Default: it is redacted. docs/PRIVACY.md */
  readonly privacy?: PrivacyConfig;
  /** Rules of the app's own for the channel of a visit, which go before the built-in ones: docs/ENRICHMENT.md. */
  readonly channelRules?: readonly ChannelRule[];
  /** What is stored of a visitor: the cookie, GPC, DNT, consent. docs/PRIVACY.md. */
  readonly visitors?: VisitorsConfig;
  /** Events of Snowplow trackers: docs/SNOWPLOW.md. */
  readonly snowplow?: SnowplowConfig;
}

/** Which events of Snowplow trackers are the app's: trackers have no write key. */
export interface SnowplowConfig {
  /** App ids (`aid`) of trackers: 1 to 255 characters each, unique over all apps. A write key serves as one, too. Default: none. */
  readonly appIds?: readonly string[];
  /** Whether events that name no app id are the app's: of one app at most. Default: false. */
  readonly isDefault?: boolean;
}

/** A key that sends events. */
export interface WriteKey {
  /** 8 to 100 characters of [A-Za-z0-9_-]. Unique over all apps. */
  readonly key: string;
  /** `public` (default): a browser or an app. `server`: trusted with past event times, which are kept as they are. */
  readonly kind?: 'public' | 'server';
}

/** A key that asks questions. */
export interface ReadKey {
  readonly name: string;
  /** SHA-256 of the key, 64 hex digits. */
  readonly sha256: string;
}

/** A property that becomes a column of the facts. */
export interface PropertyDimension {
  /** Column of the facts: [a-z][a-z0-9_]*, at most 40 characters, no column of the envelope. */
  readonly name: string;
  /** Key of the event's properties (or traits). */
  readonly property: string;
}

/** The config after `parseConfig`: every default filled in, every rule checked. Bundles carry it as config.json. */
export interface Config {
  readonly apps: readonly App[];
  readonly collection: {
    /** Each `/`, or a path that begins with a slash and does not end with one. */
    readonly basePaths: readonly string[];
    readonly snowplowPostPaths: readonly string[];
    readonly domain?: CustomDomain;
  };
  readonly stream:
    | { readonly mode: 'on-demand' }
    | { readonly mode: 'provisioned'; readonly shards: number };
  readonly delivery: Required<NonNullable<MillraceConfig['delivery']>>;
  /** `rawDays` is absent where raw events are kept for ever. */
  readonly retention: Required<Omit<NonNullable<MillraceConfig['retention']>, 'rawDays'>> & {
    readonly rawDays?: number;
  };
  readonly builds: Required<NonNullable<MillraceConfig['builds']>>;
  readonly query: Required<NonNullable<MillraceConfig['query']>>;
}

/** One tenant of a parsed config. In a bundle, lists that its function does not need are empty (lib/bundle.ts). */
export interface App {
  readonly id: string;
  readonly writeKeys: readonly Required<WriteKey>[];
  readonly readKeys: readonly ReadKey[];
  readonly unknownEvents: 'accept' | 'refuse';
  readonly dimensions: readonly PropertyDimension[];
  readonly funnels: readonly FunnelDefinition[];
  readonly timeZone: string;
  readonly origins: readonly string[];
  readonly requestsPerSecond: number;
  readonly channelRules: readonly ChannelRule[];
  readonly visitors: Visitors;
  readonly privacy: Privacy;
  readonly snowplow: Required<SnowplowConfig>;
}

/** Returns the config as it is: gives millrace.config.ts the types, so that an editor completes and checks it. */
export function defineConfig(config: MillraceConfig): MillraceConfig {
  return config;
}
