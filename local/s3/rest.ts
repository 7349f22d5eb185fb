import { randomUUID } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AnyRequest, AnyResponse } from '../gateway/port.ts';
import { query } from '../gateway/request.ts';
import { type Caller, ServiceError } from '../service.ts';
import {
  deleteObjects,
  getBucketLocation,
  headBucket,
  listBuckets,
  listObjects,
  listObjectsV2,
} from './buckets.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listParts,
  uploadPart,
  uploadPartCopy,
} from './multipart.ts';
import { copyObject, deleteObject, getObject, headObject, putObject } from './objects.ts';
import type { S3Call, S3Context, S3Operation, S3Reply } from './operation.ts';
import { renderXml } from './xml.ts';

/** S3's REST protocol, as the gateway uses it. */
export interface S3Endpoint {
  /** @throws ServiceError NotImplemented where a request asks for what is not implemented. */
  identify(request: AnyRequest): S3Call;
  handle(call: S3Call, request: AnyRequest, caller: Caller): Promise<S3Reply>;
  send(response: AnyResponse, reply: S3Reply): Promise<void>;
  sendError(response: AnyResponse, error: ServiceError): Promise<void>;
}

interface Route {
  readonly operation: string;
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** Query parameters that must be there; those of SUBRESOURCES that are not named must not. */
  readonly query?: readonly string[];
  /** Header that must be there. */
  readonly header?: string;
  readonly run: S3Operation;
}

/** The first that fits counts. */
const ROUTES: readonly Route[] = [
  { operation: 'ListBuckets', method: 'GET', on: 'service', run: listBuckets },
  { operation: 'HeadBucket', method: 'HEAD', on: 'bucket', run: headBucket },
  {
    operation: 'GetBucketLocation',
    method: 'GET',
    on: 'bucket',
    query: ['location'],
    run: getBucketLocation,
  },
  {
    operation: 'ListObjectsV2',
    method: 'GET',
    on: 'bucket',
    query: ['list-type'],
    run: listObjectsV2,
  },
  { operation: 'ListObjects', method: 'GET', on: 'bucket', run: listObjects },
  {
    operation: 'DeleteObjects',
    method: 'POST',
    on: 'bucket',
    query: ['delete'],
    run: deleteObjects,
  },
  {
    operation: 'CreateMultipartUpload',
    method: 'POST',
    on: 'object',
    query: ['uploads'],
    run: createMultipartUpload,
  },
  {
    operation: 'CompleteMultipartUpload',
    method: 'POST',
    on: 'object',
    query: ['uploadId'],
    run: completeMultipartUpload,
  },
  {
    operation: 'UploadPartCopy',
    method: 'PUT',
    on: 'object',
    query: ['uploadId', 'partNumber'],
    header: 'x-amz-copy-source',
    run: uploadPartCopy,
  },
  {
    operation: 'UploadPart',
    method: 'PUT',
    on: 'object',
    query: ['uploadId', 'partNumber'],
    run: uploadPart,
  },
  {
    operation: 'AbortMultipartUpload',
    method: 'DELETE',
    on: 'object',
    query: ['uploadId'],
    run: abortMultipartUpload,
  },
  { operation: 'ListParts', method: 'GET', on: 'object', query: ['uploadId'], run: listParts },
  {
    operation: 'CopyObject',
    method: 'PUT',
    on: 'object',
    header: 'x-amz-copy-source',
    run: copyObject,
  },
  { operation: 'PutObject', method: 'PUT', on: 'object', run: putObject },
  { operation: 'GetObject', method: 'GET', on: 'object', run: getObject },
  { operation: 'HeadObject', method: 'HEAD', on: 'object', run: headObject },
  { operation: 'DeleteObject', method: 'DELETE', on: 'object', run: deleteObject },
];

/** Query parameters that ask for another operation than the plain request. */
const SUBRESOURCES = new Set(
  `accelerate acl analytics annotation attributes cors delete encryption intelligent-tiering inventory
  legal-hold lifecycle list-type location logging metadataConfiguration metadataTable metrics notification
  object-lock ownershipControls partNumber policy policyStatus publicAccessBlock renameObject replication
  requestPayment restore retention select session tagging torrent uploadId uploads versionId versioning
  versions website`.split(/\s+/),
);

/** Makes the REST protocol over a store. */
export function createS3Endpoint(context: S3Context): S3Endpoint {
  return {
    identify,
    handle: async (call, request, caller) => {
      const route = ROUTES.find(({ operation }) => operation === call.operation) as Route;
      return route.run(context, call, request, caller);
    },
    send,
    sendError: (response, error) => {
      const denied = error.code === 'AccessDeniedException';
      const code = denied ? 'AccessDenied' : error.code;
      return send(response, {
        status: denied ? 403 : error.status,
        headers: { 'content-type': 'application/xml' },
        body: renderXml('Error', { Code: code, Message: error.message, RequestId: randomUUID() }),
      });
    },
  };
}

function identify(request: AnyRequest): S3Call {
  const { pathname } = new URL(`http://host${request.url ?? '/'}`);
  const path = decodePath(pathname.slice(1));
  const slash = path.indexOf('/');
  const bucket = slash === -1 ? path : path.slice(0, slash);
  const key = slash === -1 ? '' : path.slice(slash + 1);
  const parameters = query(request);
  const on = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const asked = [...parameters.keys()].filter((name) => SUBRESOURCES.has(name)).sort();
  const route = ROUTES.find(
    (candidate) =>
      candidate.method === request.method &&
      candidate.on === on &&
      asked.join() === [...(candidate.query ?? [])].sort().join() &&
      (candidate.header === undefined || request.headers[candidate.header] !== undefined),
  );
  if (route !== undefined) return { operation: route.operation, bucket, key, query: parameters };
  const known = ROUTES.map(({ operation }) => operation).join(', ');
  const what = asked.length === 0 ? '' : ` with ${asked.join(', ')}`;
  throw new ServiceError(
    'NotImplemented',
    `S3 ${request.method} on ${on === 'object' ? 'an object' : `a ${on}`}${what} is not implemented locally; implemented are ${known}`,
    501,
  );
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new ServiceError('InvalidURI', `Couldn't parse the specified URI: ${path}`);
  }
}

async function send(response: AnyResponse, reply: S3Reply): Promise<void> {
  const { status, headers = {}, body } = reply;
  response.statusCode = status;
  response.setHeader('x-amz-request-id', randomUUID());
  response.setHeader('server', 'millrace');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body instanceof Readable) {
    await pipeline(body, response as Writable);
    return;
  }
  if (body !== undefined) response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body ?? '');
}
