import type { ResourceHandler, ResourceHandlers } from '../service.ts';
import { MultipartUploads } from './multipart-uploads.ts';
import { FolderObjectStore } from './object-store.ts';
import { createS3Endpoint, type S3Endpoint } from './rest.ts';

/** What the local S3 is made with. */
export interface S3Options {
  /** The buckets are folders in it. */
  readonly folder: string;
  readonly region: string;
}

/** The local S3. */
export interface S3 {
  readonly store: FolderObjectStore;
  readonly endpoint: S3Endpoint;
  readonly handlers: ResourceHandlers;
}

const NO_EFFECT = {
  encryption: 'objects lie unencrypted in the data folder of this machine',
  loopback: 'only this machine reaches the loopback port',
  kept: 'objects stay until they are deleted: versions, expiry and replicas are not kept on one machine',
  none: 'nothing local reads it',
};

/** Makes the local S3; buckets come from the template. */
export function createS3({ folder, region }: S3Options): S3 {
  const store = new FolderObjectStore(folder);
  const uploads = new MultipartUploads(folder);
  const endpoint = createS3Endpoint({ store, uploads, region, exclusive: createLock() });
  return {
    store,
    endpoint,
    handlers: {
      'AWS::S3::Bucket': bucketHandler(store, region),
      'AWS::S3::BucketPolicy': bucketPolicyHandler,
    },
  };
}

function bucketHandler(store: FolderObjectStore, region: string): ResourceHandler {
  return {
    properties: {
      BucketName: true,
      AccessControl: NO_EFFECT.loopback,
      BucketEncryption: NO_EFFECT.encryption,
      CorsConfiguration: NO_EFFECT.none,
      LifecycleConfiguration: NO_EFFECT.kept,
      LoggingConfiguration: NO_EFFECT.none,
      ObjectLockEnabled: NO_EFFECT.kept,
      OwnershipControls: NO_EFFECT.loopback,
      PublicAccessBlockConfiguration: NO_EFFECT.loopback,
      Tags: NO_EFFECT.none,
      VersioningConfiguration: NO_EFFECT.kept,
    },
    async create({ properties, generatedName }) {
      const name =
        typeof properties.BucketName === 'string' ? properties.BucketName : generatedName;
      await store.createBucket(name);
      const domain = `${name}.s3.amazonaws.com`;
      return {
        ref: name,
        attributes: {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: domain,
          RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
        },
      };
    },
  };
}

const bucketPolicyHandler: ResourceHandler = {
  properties: {
    Bucket: true,
    PolicyDocument:
      'calls are checked against the policies of the calling role only; there is no TLS to demand on loopback',
  },
  create: ({ properties }) => ({ ref: String(properties.Bucket), attributes: {} }),
};

/** Runs work on one object after the other; other objects are not held up. */
function createLock() {
  const tails = new Map<string, Promise<unknown>>();
  return async <T>(bucket: string, key: string, work: () => Promise<T>): Promise<T> => {
    const name = `${bucket}/${key}`;
    const before = tails.get(name) ?? Promise.resolve();
    const run = before.then(work, work);
    // The next in line must not fail for what this one did; its caller sees the failure.
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    tails.set(name, settled);
    try {
      return await run;
    } finally {
      if (tails.get(name) === settled) tails.delete(name);
    }
  };
}
