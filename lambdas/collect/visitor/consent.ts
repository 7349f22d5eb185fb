import type { JsonObject } from '../envelope.ts';
import { isJsonObject, plainNumber, scalarText } from '../json.ts';

/** What an event says of the visitor's consent. */
export type Consent = 'granted' | 'denied' | 'missing';

const GRANTED: ReadonlySet<string> = new Set(
  'granted grant true yes 1 all accepted accept accept_all allowed allow allow_all opt_in optin opted_in implicit_consent'.split(
    ' ',
  ),
);
const DENIED: ReadonlySet<string> = new Set(
  'denied deny deny_all false no 0 none rejected reject reject_all declined decline opt_out optout opted_out withdrawn revoked expired'.split(
    ' ',
  ),
);
const OPEN: ReadonlySet<string> = new Set(['pending', 'unknown', 'unset', 'default']);
/** Members that speak for all categories. */
const WHOLE: ReadonlySet<string> = new Set(['status', 'consent', 'granted', 'allowed', 'value']);

/** What was read: an answer for all, or one for each category. */
interface Answers {
  readonly all?: boolean;
  readonly categories: ReadonlyMap<string, boolean>;
  /** Whether a category that is not named is denied: then the allowed ones were listed. */
  readonly isComplete?: boolean;
}

const NO_ANSWER: Answers = { categories: new Map() };

/**
 * Reads the consent in an event's context: Segment's `consent.categoryPreferences`, RudderStack's `consentManagement`, Snowplow's
 * consent preferences, a map of categories (also Google's, of granted and denied), a list of the allowed ones, or one word.
 * @param categories in lower case: all of them are needed. None: any that is granted will do.
 */
export function consentOf(context: JsonObject | undefined, categories: readonly string[]): Consent {
  const answers = read(context?.consent) ?? read(context?.consentManagement) ?? NO_ANSWER;
  if (answers === NO_ANSWER) return 'missing';
  if (answers.all !== undefined) return answers.all ? 'granted' : 'denied';
  const given = [...answers.categories.values()];
  if (categories.length === 0) {
    if (given.includes(true)) return 'granted';
    return given.length > 0 || answers.isComplete ? 'denied' : 'missing';
  }
  const wanted = categories.map(
    (name) => answers.categories.get(name) ?? (answers.isComplete ? false : undefined),
  );
  if (wanted.includes(false)) return 'denied';
  return wanted.includes(undefined) ? 'missing' : 'granted';
}

function read(consent: unknown): Answers | undefined {
  if (Array.isArray(consent)) return listed(consent, []);
  if (isJsonObject(consent)) return readObject(consent);
  const text = wordOf(consent);
  if (text === undefined || text === '') return undefined;
  if (OPEN.has(text)) return NO_ANSWER;
  const all = yesOrNo(text);
  return all === undefined ? listed(text.split(/[\s,;|]+/), []) : { ...NO_ANSWER, all };
}

function readObject(consent: JsonObject): Answers {
  const { categoryPreferences, allowedConsentIds, deniedConsentIds } = consent;
  const { eventType, basisForProcessing } = consent;
  if (isJsonObject(categoryPreferences)) return readMap(categoryPreferences);
  if (Array.isArray(allowedConsentIds) || Array.isArray(deniedConsentIds)) {
    return {
      ...listed(listOf(allowedConsentIds), listOf(deniedConsentIds)),
      isComplete: Array.isArray(allowedConsentIds),
    };
  }
  if (typeof eventType === 'string') {
    if (eventType === 'allow_selected') return listed(listOf(consent.consentScopes), []);
    const all = yesOrNo(eventType);
    return all === undefined ? NO_ANSWER : { ...NO_ANSWER, all };
  }
  // Snowplow's GDPR entity names the law that the app relies on, not what the visitor said.
  return typeof basisForProcessing === 'string' ? NO_ANSWER : readMap(consent);
}

function readMap(map: JsonObject): Answers {
  const categories = new Map<string, boolean>();
  for (const [name, value] of Object.entries(map)) {
    const answer = yesOrNo(wordOf(value));
    if (answer === undefined) continue;
    if (WHOLE.has(name.toLowerCase())) return { all: answer, categories };
    categories.set(name.toLowerCase(), answer);
  }
  return { categories };
}

function listed(allowed: readonly unknown[], denied: readonly unknown[]): Answers {
  const categories = new Map<string, boolean>();
  for (const name of namesOf(allowed)) categories.set(name, true);
  for (const name of namesOf(denied)) categories.set(name, false);
  return { categories, isComplete: true };
}

function namesOf(list: readonly unknown[]): string[] {
  return list.flatMap((name) => wordOf(name) ?? []).filter(Boolean);
}

/** Of a batch's context numbers stand as they were written: 0.0 says what 0 says. */
function wordOf(value: unknown): string | undefined {
  return scalarText(plainNumber(value))?.trim().toLowerCase();
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function yesOrNo(word: string | undefined): boolean | undefined {
  if (word === undefined) return undefined;
  if (GRANTED.has(word)) return true;
  return DENIED.has(word) ? false : undefined;
}
