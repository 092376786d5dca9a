/** Every way in which a request or the server as a whole can fail. `http/failures.ts` gives each its HTTP status. */
export type ErrorCode =
  | 'bad-request'
  /** Nobody is logged in, or the credential is wrong, ended or revoked. */
  | 'unauthenticated'
  /** Whoever asks does not have the permission that the route needs. */
  | 'forbidden'
  | 'not-found'
  | 'gone'
  | 'method-not-allowed'
  | 'not-acceptable'
  /** The Host of the request is none that this server goes by. */
  | 'misdirected'
  /** Whoever asks has used up what one may have of the server just now: try again later. */
  | 'too-many-requests'
  | 'conflict'
  /** If-Match names another state of the resource than it has. */
  | 'precondition-failed'
  | 'length-required'
  | 'too-large'
  | 'unsupported-media-type'
  | 'range-not-satisfiable'
  | 'not-implemented'
  /** The pieces are not on the chain yet, or no node can be reached: try again later. */
  | 'unavailable'
  | 'out-of-space'
  /** The chain refused a transaction; `details.reason` has the contract's error. */
  | 'chain-refused'
  /** The contract does not let this site's account do it: it belongs to no admitted site, or not to that of the image. */
  | 'site-not-admitted'
  /** Bytes that came back are not those that were announced. */
  | 'corrupt'
  /** A setting, a folder or a configured contract is not what it has to be. */
  | 'misconfigured'
  /** The data folder is in use by another process. */
  | 'locked'
  | 'internal';

export interface ErrorOptions {
  /** Named values a program may look at; never credentials or patient attributes. */
  details?: Record<string, unknown>;
  /** True when the same request may succeed later without change. */
  retryable?: boolean;
  cause?: unknown;
}

/** The one error class of dicom-ledger. `message` is a sentence with the offending value and the next step. */
export class LedgerError extends Error {
  readonly details: Record<string, unknown>;
  readonly retryable: boolean;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LedgerError';
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? false;
  }
}

/** Whether asking again cannot help: the bytes are proven, and are not what they have to be. */
export function isCorruptForEver(error: unknown): error is LedgerError {
  return error instanceof LedgerError && error.code === 'corrupt' && !error.retryable;
}
