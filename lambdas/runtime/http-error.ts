import type { Problem } from '../../core/api.ts';

/** What an error's answer holds beside status and detail. */
export interface HttpErrorOptions {
  /** More members of the problem document, as `refused`. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** Whether what came is kept as dead letters: a client that would send it again for ever may be told that all is well. */
  readonly isKept?: boolean;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Service unavailable',
  504: 'Took too long',
};

/** An error that a client may read: it becomes a problem document (RFC 9457). */
export class HttpError extends Error {
  // Fixed here and in each subclass: bundling shortens the names of classes.
  override name = 'HttpError';
  readonly status: number;
  /** Closed vocabulary of the function, snake_case; the problem's type is `urn:millrace:problem:<code>`. */
  readonly code: string;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly isKept: boolean;

  /** @param detail What is wrong, the value got, and what is allowed. */
  constructor(status: number, code: string, detail: string, options: HttpErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.extensions = options.extensions ?? {};
    this.headers = options.headers ?? {};
    this.isKept = options.isKept ?? false;
  }

  /** The body of the answer. */
  toProblem(): Problem {
    return {
      ...this.extensions,
      type: `urn:millrace:problem:${this.code}`,
      title: TITLES[this.status] ?? `Status ${this.status}`,
      status: this.status,
      code: this.code,
      detail: this.message,
    };
  }
}

/** 400: the request is wrong and will stay so. */
export class BadRequestError extends HttpError {
  override name = 'BadRequestError';

  constructor(code: string, detail: string, options?: HttpErrorOptions) {
    super(400, code, detail, options);
  }
}

/** 401: no key, or one that is not known. Says nothing about other keys. */
export class UnauthorizedError extends HttpError {
  override name = 'UnauthorizedError';

  constructor(code: string, detail: string, options?: HttpErrorOptions) {
    super(401, code, detail, options);
  }
}

/** 403: known, but not allowed. */
export class ForbiddenError extends HttpError {
  override name = 'ForbiddenError';

  constructor(code: string, detail: string, options?: HttpErrorOptions) {
    super(403, code, detail, options);
  }
}

/** 404: no such thing. */
export class NotFoundError extends HttpError {
  override name = 'NotFoundError';

  constructor(code: string, detail: string, options?: HttpErrorOptions) {
    super(404, code, detail, options);
  }
}

/** 413: larger than the limit. */
export class ContentTooLargeError extends HttpError {
  override name = 'ContentTooLargeError';

  constructor(code: string, detail: string, options?: HttpErrorOptions) {
    super(413, code, detail, options);
  }
}

/** 429: may be sent again, unchanged, after some seconds. */
export class TooManyRequestsError extends HttpError {
  override name = 'TooManyRequestsError';

  constructor(code: string, detail: string, retryAfterSeconds: number) {
    super(429, code, detail, { headers: { 'retry-after': String(retryAfterSeconds) } });
  }
}

/** 503: may be sent again, unchanged, after some seconds. */
export class UnavailableError extends HttpError {
  override name = 'UnavailableError';

  constructor(
    code: string,
    detail: string,
    retryAfterSeconds: number,
    options: HttpErrorOptions = {},
  ) {
    super(503, code, detail, {
      ...options,
      headers: { ...options.headers, 'retry-after': String(retryAfterSeconds) },
    });
  }
}
