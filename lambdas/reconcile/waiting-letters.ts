import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { DEAD_LETTER_FALLBACK } from '../../core/layout.ts';

/** Times (epoch ms) at which dead letters were put aside that the delivery stream did not take, and that wait still. */
export async function waitingLetters(client: S3Client, bucket: string): Promise<number[]> {
  const times: number[] = [];
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: DEAD_LETTER_FALLBACK });
  for await (const { Contents = [] } of pages) {
    times.push(...Contents.map(({ LastModified }) => LastModified?.getTime() ?? 0));
  }
  return times;
}
