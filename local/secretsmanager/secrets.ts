import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CreatedResource, ResolvedResource, ResourceHandlers } from '../service.ts';
import { number, optionalText, record } from '../template/values.ts';

/** What secrets need to know of their surroundings. */
export interface SecretsOptions {
  /** Folder of the values, a file each. */
  readonly folder: string;
  readonly account: string;
  readonly region: string;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const DEFAULT_LENGTH = 32;

/** Secrets of the template: their values are made once and kept in the data folder. No function can ask for them here. */
export class Secrets {
  readonly #options: SecretsOptions;
  readonly #files = new Map<string, string>();

  constructor(options: SecretsOptions) {
    this.#options = options;
  }

  /** Handlers of AWS::SecretsManager types. */
  get resources(): ResourceHandlers {
    return {
      'AWS::SecretsManager::Secret': {
        properties: {
          Name: true,
          SecretString: true,
          Description: 'is for people',
          Tags: 'are for people',
          'GenerateSecretString.PasswordLength': true,
          'GenerateSecretString.ExcludePunctuation': true,
        },
        create: (resource) => this.#create(resource),
      },
    };
  }

  /**
   * The value of a secret, or of a key of its JSON, as a dynamic reference names it: `<ARN>:SecretString[:<key>]`.
   * @throws Error for a secret that the template does not have, or another form.
   */
  resolve(reference: string): string {
    const match =
      /^(arn(?::[^:]*){6}|[^:]+)(?::SecretString)?(?::([^:]*))?(?::([^:]*):([^:]*))?$/.exec(
        reference,
      );
    const [, id = '', key = '', stage = '', version = ''] = match ?? [];
    const file = this.#files.get(id);
    if (match === null || file === undefined) {
      const known = [...this.#files.keys()].join(', ') || 'none';
      throw new Error(
        `{{resolve:secretsmanager:${reference}}} names no secret here; known: ${known}`,
      );
    }
    if (stage !== '' || version !== '') {
      throw new Error(`{{resolve:secretsmanager:${reference}}}: secrets have one version here`);
    }
    const value = readFileSync(file, 'utf8');
    return key === '' ? value : member(value, key, id);
  }

  #create({ properties, generatedName }: ResolvedResource): CreatedResource {
    const { folder, account, region } = this.#options;
    const name = optionalText(properties.Name, 'Name') ?? generatedName;
    const arn = `arn:aws:secretsmanager:${region}:${account}:secret:${name}-local1`;
    const file = path.join(folder, `${encodeURIComponent(name)}.secret`);
    if (!existsSync(file)) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // Whole or not at all: half a value would be kept for ever.
      writeFileSync(`${file}.new`, newValue(properties), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    }
    this.#files.set(arn, file);
    this.#files.set(name, file);
    return { ref: arn, attributes: { Id: arn } };
  }
}

function newValue({
  SecretString,
  GenerateSecretString,
}: Readonly<Record<string, unknown>>): string {
  const given = optionalText(SecretString, 'SecretString');
  if (given !== undefined) return given;
  const { PasswordLength = DEFAULT_LENGTH, ExcludePunctuation = false } = record(
    GenerateSecretString,
    'GenerateSecretString',
  );
  const punctuation = ExcludePunctuation === true ? '' : PUNCTUATION;
  const characters = LETTERS + LETTERS.toUpperCase() + DIGITS + punctuation;
  return Array.from(
    { length: number(PasswordLength, 'GenerateSecretString.PasswordLength') },
    () => characters[randomInt(characters.length)],
  ).join('');
}

function member(value: string, key: string, id: string): string {
  const found = record(JSON.parse(value), id)[key];
  if (typeof found !== 'string') throw new Error(`secret ${id} has no text under ${key}`);
  return found;
}
