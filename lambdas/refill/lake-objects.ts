import {
  DeleteObjectCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { PREFIX } from '../../core/layout.ts';
import type { FallbackObjects } from './refill.ts';

/** The fallback objects of the lake bucket. */
export class LakeFallbackObjects implements FallbackObjects {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async *keys(): AsyncIterable<string> {
    const pages = paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.#bucket, Prefix: PREFIX.fallback },
    );
    for await (const page of pages) {
      for (const { Key } of page.Contents ?? []) {
        if (Key?.endsWith('.jsonl')) yield Key;
      }
    }
  }

  async read(key: string): Promise<string> {
    const { Body } = await this.#client.send(
      new GetObjectCommand({ Bucket: this.#bucket, Key: key }),
    );
    if (Body === undefined) throw new Error(`s3://${this.#bucket}/${key} came without a body`);
    return Body.transformToString();
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }
}
