import { PUBLIC_MESSAGES } from '../archive/outcome.js';
import type { ErrorCode } from '../base/errors.js';

export interface Failure {
  /** PS3.18 §8.5. */
  status: number;
  /** RFC 9457 §3.1.4: the same for every occurrence. */
  title: string;
  /** Said instead of the error's own message, which is for the log. */
  detail?: string;
}

/** What a client is told for each way of failing; `archive/outcome.ts` has the Failure Reason of one part. */
export const FAILURES: Record<ErrorCode, Failure> = {
  'bad-request': { status: 400, title: 'Bad Request' },
  /** `details.challenge`: string becomes the WWW-Authenticate header (RFC 9110 §11.6.1). */
  unauthenticated: { status: 401, title: 'Unauthorized' },
  forbidden: { status: 403, title: 'Forbidden' },
  'not-found': { status: 404, title: 'Not Found' },
  gone: { status: 410, title: 'Gone' },
  /** `details.allow`: string[] becomes the Allow header. */
  'method-not-allowed': { status: 405, title: 'Method Not Allowed' },
  'not-acceptable': { status: 406, title: 'Not Acceptable' },
  misdirected: { status: 421, title: 'Misdirected Request' },
  /** `details.retryAfterS` as for `unavailable`. */
  'too-many-requests': { status: 429, title: 'Too Many Requests' },
  conflict: { status: 409, title: 'Conflict' },
  'length-required': { status: 411, title: 'Length Required' },
  'precondition-failed': { status: 412, title: 'Precondition Failed' },
  'too-large': { status: 413, title: 'Content Too Large' },
  /** `details.accept`: string[] becomes the Accept header (RFC 9110 §15.5.16). */
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported Media Type',
  },
  /** `details.byteCount`: number becomes the Content-Range header (RFC 9110 §15.5.17). */
  'range-not-satisfiable': { status: 416, title: 'Range Not Satisfiable' },
  /** `details.allow` as for `method-not-allowed`; empty where no method is there. */
  'not-implemented': { status: 501, title: 'Not Implemented' },
  /** `details.retryAfterS`: number becomes the Retry-After header, also for `out-of-space`. */
  unavailable: { status: 503, title: 'Service Unavailable' },
  'out-of-space': { status: 503, title: 'Out of Storage' },
  'chain-refused': {
    status: 500,
    title: 'Refused by the Chain',
    detail: PUBLIC_MESSAGES['chain-refused'],
  },
  'site-not-admitted': {
    status: 403,
    title: 'Not Authorized',
    detail: PUBLIC_MESSAGES['site-not-admitted'],
  },
  corrupt: {
    status: 500,
    title: 'Corrupt Data',
    detail: PUBLIC_MESSAGES.corrupt,
  },
  misconfigured: {
    status: 500,
    title: 'Misconfigured',
    detail: PUBLIC_MESSAGES.misconfigured,
  },
  locked: {
    status: 503,
    title: 'Locked',
    detail: PUBLIC_MESSAGES.locked,
  },
  internal: {
    status: 500,
    title: 'Internal Error',
    detail: PUBLIC_MESSAGES.internal,
  },
};
