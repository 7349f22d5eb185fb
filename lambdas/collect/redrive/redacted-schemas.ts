import type { Validator } from '#validators';
import { isJsonObject } from '../json.ts';
import { isDigest } from '../privacy/digest.ts';
import { PLACEHOLDERS } from '../privacy/redactor.ts';
import { type ChosenSchema, SchemaRegistry } from '../schema.ts';

/**
 * What stands for a value that was redacted, of the same form. The value itself was checked when the event came; it is not known any
 * more, and its placeholder would never pass a schema that asks for its form.
 */
const STAND_INS: Readonly<Record<string, string>> = {
  [PLACEHOLDERS.card]: '4111111111111111',
  [PLACEHOLDERS.iban]: 'DE89370400440532013000',
  [PLACEHOLDERS.email]: 'someone@example.com',
  [PLACEHOLDERS.phone]: '+14155552671',
  [PLACEHOLDERS.address]: '192.0.2.0',
};

/** The schemas, for properties as dead letters keep them. */
export class RedactedSchemas extends SchemaRegistry {
  override choose(folder: string, named: string | undefined): ChosenSchema | undefined {
    const chosen = super.choose(folder, named);
    return chosen && { ...chosen, validate: ofRedacted(chosen.validate) };
  }
}

function ofRedacted(validate: Validator): Validator {
  const checked: Validator = (value) => {
    const passes = validate(standingIn(value));
    checked.errors = validate.errors ?? null;
    return passes;
  };
  return checked;
}

function standingIn(value: unknown): unknown {
  if (typeof value === 'string') return textFor(value);
  if (Array.isArray(value)) return value.map(standingIn);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, standingIn(member)]),
  );
}

function textFor(text: string): string {
  // Of what is hashed, most are e-mail addresses.
  if (isDigest(text)) return STAND_INS[PLACEHOLDERS.email] ?? text;
  return Object.entries(STAND_INS).reduce(
    (left, [placeholder, standIn]) => left.replaceAll(placeholder, standIn),
    text,
  );
}
