import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { DeadLetter, Redriven } from '../../../core/event.ts';
import { DEAD_LETTER_PREFIX, REDRIVE_PREFIX, REFUSED_CALLS_NAME } from '../../../core/layout.ts';

/** An object of dead letters. */
export interface LetterObject {
  readonly key: string;
  readonly bytes: number;
}

/** What became of a letter: the newest note, or the one that it passed. */
export type Notes = ReadonlyMap<string, Redriven>;

const unpack = promisify(gunzip);
const pack = promisify(gzip);

/**
 * Dead letters and what became of those that were sent again. A note lies under redrives/ with the day and the name of the object of its
 * letters, so that a redrive of one object reads the notes of that object, and questions those of their days.
 */
export class LetterObjects {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #noteKeys = new Map<string, Promise<ReadonlyMap<string, readonly string[]>>>();

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  /** Objects of some days, both inclusive, in the order of their keys, from behind one key on. */
  async *list(
    days: { readonly first: string; readonly last: string },
    after: string | null,
  ): AsyncGenerator<LetterObject> {
    const start = `${DEAD_LETTER_PREFIX}dt=${days.first}`;
    const pages = paginateListObjectsV2(
      { client: this.#client },
      {
        Bucket: this.#bucket,
        Prefix: DEAD_LETTER_PREFIX,
        StartAfter: after !== null && after > start ? after : start,
      },
    );
    for await (const { Contents = [] } of pages) {
      for (const { Key: key, Size: bytes = 0 } of Contents) {
        const day = dayOf(key ?? '');
        if (key === undefined || day === undefined) continue;
        if (day > days.last) return;
        yield { key, bytes };
      }
    }
  }

  /** Lines of an object: JSON lines, packed where its name says so. */
  async lines({ key }: LetterObject): Promise<string[]> {
    const bytes = await this.#get(key);
    const text = key.endsWith('.gz') ? await unpack(bytes) : Buffer.from(bytes);
    return text
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
  }

  /** What became of the letters of an object, by the letter's id. */
  async notes({ key }: LetterObject): Promise<Notes> {
    const keys = (await this.#notesOfDay(dayOf(key) ?? '')).get(nameOf(key)) ?? [];
    const notes = new Map<string, Redriven>();
    for (const text of await Promise.all(keys.map((one) => this.#get(one)))) {
      for (const line of Buffer.from(text).toString('utf8').split('\n')) {
        if (line === '') continue;
        const note = JSON.parse(line) as Redriven;
        const known = notes.get(note.dead_letter_id);
        if (known === undefined || isNewer(note, known)) notes.set(note.dead_letter_id, note);
      }
    }
    return notes;
  }

  /**
   * Keeps the letters of the calls of a batch's letter that are refused while others of it pass: all that there are, so that those of an
   * earlier try that was ended go.
   */
  async keepRefused(
    { key }: LetterObject,
    batchId: string,
    letters: readonly DeadLetter[],
  ): Promise<void> {
    const object = {
      Bucket: this.#bucket,
      Key: `${DEAD_LETTER_PREFIX}dt=${dayOf(key)}/${REFUSED_CALLS_NAME}${batchId}.jsonl.gz`,
    };
    if (letters.length === 0) {
      await this.#client.send(new DeleteObjectCommand(object));
      return;
    }
    const Body = await pack(letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''));
    const ContentType = 'application/x-ndjson';
    await this.#client.send(new PutObjectCommand({ ...object, Body, ContentType }));
  }

  /** Notes what became of letters of an object. @param line where in the object they begin. */
  async note({ key }: LetterObject, line: number, notes: readonly Redriven[]): Promise<void> {
    const place = String(line).padStart(7, '0');
    const random = randomBytes(4).toString('hex');
    await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: `${REDRIVE_PREFIX}dt=${dayOf(key)}/${nameOf(key)}.${place}.${random}.jsonl`,
        Body: notes.map((note) => `${JSON.stringify(note)}\n`).join(''),
        ContentType: 'application/x-ndjson',
      }),
    );
  }

  async #get(key: string): Promise<Uint8Array> {
    const { Body } = await this.#client.send(
      new GetObjectCommand({ Bucket: this.#bucket, Key: key }),
    );
    if (Body === undefined) throw new Error(`s3://${this.#bucket}/${key} came without a body`);
    return Body.transformToByteArray();
  }

  /** Keys of a day's notes by the name of the object of their letters: one listing a day. */
  #notesOfDay(day: string): Promise<ReadonlyMap<string, readonly string[]>> {
    let found = this.#noteKeys.get(day);
    if (found === undefined) {
      found = this.#listNotes(day);
      this.#noteKeys.set(day, found);
    }
    return found;
  }

  async #listNotes(day: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const prefix = `${REDRIVE_PREFIX}dt=${day}/`;
    const keys = new Map<string, string[]>();
    const pages = paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.#bucket, Prefix: prefix },
    );
    for await (const { Contents = [] } of pages) {
      for (const { Key: key = '' } of Contents) {
        const name = /^(.*)\.\d{7}\.[0-9a-f]{8}\.jsonl$/.exec(key.slice(prefix.length))?.[1];
        if (name !== undefined) keys.set(name, [...(keys.get(name) ?? []), key]);
      }
    }
    return keys;
  }
}

/** What passed stays so, then what was dismissed; of those that failed the newest counts. The same as in sql/questions/letters_now.sql. */
function isNewer(note: Redriven, known: Redriven): boolean {
  const [weight, knownWeight] = [WEIGHT[note.outcome], WEIGHT[known.outcome]];
  return weight === knownWeight ? note.redriven_at > known.redriven_at : weight > knownWeight;
}

const WEIGHT: Readonly<Record<Redriven['outcome'], number>> = {
  failed: 0,
  dismissed: 1,
  passed: 2,
};

function dayOf(key: string): string | undefined {
  return /^dead-letters\/dt=(\d{4}-\d\d-\d\d)\//.exec(key)?.[1];
}

/** The part of an object's key behind its day, as a part of another key. */
function nameOf(key: string): string {
  return key.slice(`${DEAD_LETTER_PREFIX}dt=YYYY-MM-DD/`.length).replaceAll('/', '_');
}
