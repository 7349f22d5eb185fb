/** Who makes a call: a role of the template, or a person. */
export interface Caller {
  /** Logical id of the role, or `root` for people's calls (any other access key). */
  readonly principal: string;
  /**
   * Checks one action on one resource against the role's policies.
   * @param context keys that policy conditions may test, in lower case, as s3:prefix
   * @throws ServiceError AccessDeniedException that names principal, action, resource and the statement that would mend it.
   */
  authorize(
    action: string,
    resource: string,
    context?: Readonly<Record<string, string | readonly string[]>>,
  ): void;
}

/** An error as AWS answers it. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;

  /** @param code AWS's exception name, as ResourceNotFoundException. */
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
  }
}

/** One of the services that speak JSON 1.0 or 1.1 with X-Amz-Target. */
export interface JsonService {
  /** Part of X-Amz-Target before the dot: Kinesis_20131202. */
  readonly target: string;
  readonly contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  /** Names of the operations it implements. Others are answered with NotImplemented, by name. */
  readonly operations: Readonly<Record<string, Operation>>;
}

/** One operation: input as it came, output as it goes. Throws ServiceError. */
export type Operation = (
  input: Record<string, unknown>,
  caller: Caller,
) => Promise<object> | object;

/** A resource of the template with its intrinsics resolved. */
export interface ResolvedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** A name for resources that the template leaves unnamed: stable over restarts, valid for every service. */
  readonly generatedName: string;
}

/** What a template may ask of a created resource. */
export interface CreatedResource {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Makes resources of one CloudFormation type. */
export interface ResourceHandler {
  /**
   * Properties by dotted path of their first one or two levels: true where implemented, else the reason why it has no
   * effect on one machine. A property that is not listed is refused by name.
   */
  readonly properties: Readonly<Record<string, true | string>>;
  /** Creates it, or finds it again after a restart. */
  create(resource: ResolvedResource): Promise<CreatedResource> | CreatedResource;
}

/** Handlers by CloudFormation type. */
export type ResourceHandlers = Readonly<Record<string, ResourceHandler>>;

/** Objects on disk: bucket `b`, key `k` is the file <folder>/b/k. */
export interface ObjectStore {
  path(bucket: string, key: string): string;
  /** Objects whose key starts with prefix, in key order. */
  list(bucket: string, prefix: string): Promise<readonly StoredObject[]>;
  /** Writes an object atomically: readers see the old one or the new one, whole. */
  put(bucket: string, key: string, body: Uint8Array | string): Promise<void>;
  /** Moves a finished file into place. */
  putFile(bucket: string, key: string, file: string): Promise<void>;
  get(bucket: string, key: string): Promise<Uint8Array>;
  delete(bucket: string, key: string): Promise<void>;
}

/** What a listing says of an object. */
export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
}
