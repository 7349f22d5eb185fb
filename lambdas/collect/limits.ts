/** Most bytes of a request's body, unpacked: 500 KB, as Segment's. */
export const MAX_REQUEST_BYTES = 500 * 1024;
/** Most bytes of one event's JSON: 32 KB, as Segment's. */
export const MAX_EVENT_BYTES = 32 * 1024;
/** Most events of a batch: 2,500, as Segment's. */
export const MAX_EVENTS = 2_500;
/** Most ids of a merge call: each becomes an alias with a copy of the call, and 500 KB must not become 60 MB on the stream. */
export const MAX_MERGED_IDS = 20;
/** Most levels of objects and arrays in an event: engines that read JSON stop somewhere, and none of them says where. */
export const MAX_DEPTH = 32;
/** Most keys in all objects of an event together: properties, traits, context and what they hold. */
export const MAX_KEYS = 1_000;
/** Most characters of a key. */
export const MAX_KEY_LENGTH = 256;
/** Most bytes of a batch's own context: it is stored with each of its events. */
export const MAX_BATCH_CONTEXT_BYTES = 8 * 1024;
/** Most bytes that a batch's context takes in all of its events together: 500 KB must not become 40 MB on the stream. */
export const MAX_REPEATED_CONTEXT_BYTES = 4 * 1024 * 1024;
/** Bytes of a payload that a dead letter keeps. */
export const MAX_DEAD_LETTER_BYTES = 100 * 1024;
/** Days that an event of a public key may be late; what claims to be older is taken to be that old. */
export const MAX_LATE_DAYS = 60;
