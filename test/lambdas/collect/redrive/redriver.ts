import { gunzipSync, gzipSync } from 'node:zlib';
import type { Validator } from '#validators';
import type { DeadLetter } from '../../../../core/event.ts';
import { readRedriveInput } from '../../../../core/redrive.ts';
import { createCollector } from '../../../../lambdas/collect/collector.ts';
import { LetterObjects } from '../../../../lambdas/collect/redrive/letter-objects.ts';
import { RedactedSchemas } from '../../../../lambdas/collect/redrive/redacted-schemas.ts';
import { redrivePage } from '../../../../lambdas/collect/redrive/redrive.ts';
import { SchemaRegistry } from '../../../../lambdas/collect/schema.ts';
import { s3 } from '../../../../lambdas/runtime/clients/s3.ts';
import { logger } from '../../../../lambdas/runtime/logger.ts';
import { DESTINATIONS, linesOf, startAws } from '../../aws.ts';
import { CONFIG, RECEIVED_AT, send } from '../collector.ts';

/** The bucket of dead letters. */
export const bucket = DESTINATIONS.deadLetterBucket;
/** The day of the tests' letters in it. */
export const DAY = 'dead-letters/dt=2026-11-21';

/** Properties of `cart` need a quantity: a text before it is mended, text or number since; and e-mails have their form. */
const validator = (isRight: (value: { quantity?: unknown; email?: string }) => boolean) => {
  const validate: Validator = (value) => {
    const passes = isRight(value as { quantity?: unknown });
    validate.errors = passes
      ? null
      : [{ instancePath: '/quantity', keyword: 'type', params: { type: 'string' } }];
    return passes;
  };
  return validate;
};
const wrong = [{ version: '1-0-0', validate: validator((p) => typeof p.quantity === 'string') }];
const mended = [
  ...wrong,
  {
    version: '1-0-1',
    validate: validator(
      (p) => p.quantity !== undefined && (p.email === undefined || /^\S+@\S+\.\S+$/.test(p.email)),
    ),
  },
];
/** Schemas as they were when the letters came. */
export const WRONG = { cart: wrong, webhook_source_event: wrong };
/** Schemas of now. */
export const MENDED = { cart: mended, webhook_source_event: mended };

/** A bucket of dead letters, and redrives of it. */
export async function startRedriver() {
  logger.setLogLevel('SILENT');
  const aws = await startAws();
  let names = 0;
  const made = {
    aws,
    /** What was put on the stream since `clear`. */
    sent: [] as Record<string, unknown>[],
    /** Whether the stream is down. */
    fails: false,
    async clear() {
      made.sent = [];
      made.fails = false;
      for (const { key } of await aws.objects.list(bucket, '')) {
        await aws.objects.delete(bucket, key);
      }
    },
    async close() {
      s3().destroy();
      await aws.close();
    },
    /** Stores letters, or texts in their place, as one object. */
    async put(letters: readonly (DeadLetter | string)[], key = `${DAY}/letters-${names++}`) {
      const lines = letters.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
      const text = lines.map((line) => `${line}\n`).join('');
      await aws.objects.put(bucket, `${key}.gz`, gzipSync(text));
    },
    async redrive(input: object = {}, more: Partial<Parameters<typeof redrivePage>[1]> = {}) {
      const app = CONFIG.apps[0];
      if (app === undefined) throw new Error('the config has no app');
      return redrivePage(
        readRedriveInput({ app: 'shop', ...input }, () => 'UTC'),
        {
          app,
          collector: { ...createCollector(CONFIG), schemas: new RedactedSchemas(MENDED) },
          objects: new LetterObjects(s3(), bucket),
          send: async (lines) => {
            if (made.fails) throw new Error('the stream is down');
            made.sent.push(...lines.map(({ json }) => JSON.parse(json)));
          },
          now: () => RECEIVED_AT + 86_400_000,
          hasTime: () => true,
          ...more,
        },
      );
    },
    /** Notes of what became of letters. */
    async notes(): Promise<Record<string, unknown>[]> {
      return (await made.rows('redrives/')).flatMap(({ rows }) => rows);
    },
    /** Objects under a prefix and the rows in them. */
    async rows(prefix: string) {
      const objects = await aws.objects.list(bucket, prefix);
      return Promise.all(
        objects.map(async ({ key }) => {
          const bytes = Buffer.from(await aws.objects.get(bucket, key));
          const text = key.endsWith('.gz') ? gunzipSync(bytes) : bytes;
          const rows = linesOf(text.toString()).map((line) => JSON.parse(line));
          return { key, rows: rows as Record<string, unknown>[] };
        }),
      );
    },
  };
  return made;
}

/** What collect keeps of a request while the schema is wrong. */
export async function lettersOf(
  path: string,
  body: unknown,
  more: Parameters<typeof send>[2] = {},
): Promise<DeadLetter[]> {
  const { sinks } = await send(path, body, more, new SchemaRegistry(WRONG));
  return sinks.deadLetters;
}

/** A call; the schema of before wants its quantity to be a text. */
export const cart = (id?: string, quantity: number | null = 2) => ({
  type: 'track',
  event: 'cart',
  anonymousId: 'ann',
  ...(id !== undefined && { messageId: id }),
  properties: quantity === null ? {} : { quantity },
});

/** A bucket in which nothing is noted: a redrive that is ended before it notes. */
export class Unnoted extends LetterObjects {
  override async note(): Promise<void> {}
}
