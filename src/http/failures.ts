import { reason, type Reason } from '../archive/outcome.js';
import type { ErrorCode } from '../errors.js';

export interface Failure {
  /** PS3.18 §8.5. */
  status: number;
  /** RFC 9457 §3.1.4: the same for every occurrence. */
  title: string;
  /** PS3.18 §I.2.2, when one part of a STOW-RS request fails so. */
  failureReason: Reason;
  /** Said instead of the error's own message, which is for the log: it may name files or accounts of the server. */
  detail?: string;
}

const askOperator = 'The server has logged what happened under this instance; ask its operator.';

/** What a client is told for each way of failing. */
export const failures: Record<ErrorCode, Failure> = {
  'bad-request': { status: 400, title: 'Bad Request', failureReason: reason.cannotUnderstand },
  'not-found': { status: 404, title: 'Not Found', failureReason: reason.processingFailure },
  gone: { status: 410, title: 'Gone', failureReason: reason.processingFailure },
  /** `details.allow`: string[] becomes the Allow header. */
  'method-not-allowed': { status: 405, title: 'Method Not Allowed', failureReason: reason.processingFailure },
  'not-acceptable': { status: 406, title: 'Not Acceptable', failureReason: reason.processingFailure },
  conflict: { status: 409, title: 'Conflict', failureReason: reason.duplicateSopInstance },
  'length-required': { status: 411, title: 'Length Required', failureReason: reason.cannotUnderstand },
  'too-large': { status: 413, title: 'Content Too Large', failureReason: reason.outOfResources },
  /** `details.accept`: string[] becomes the Accept header (RFC 9110 §15.5.16). */
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported Media Type',
    failureReason: reason.cannotUnderstand,
  },
  /** `details.byteCount`: number becomes the Content-Range header (RFC 9110 §15.5.17). */
  'range-not-satisfiable': { status: 416, title: 'Range Not Satisfiable', failureReason: reason.processingFailure },
  'not-implemented': { status: 501, title: 'Not Implemented', failureReason: reason.cannotUnderstand },
  /** `details.retryAfterS`: number becomes the Retry-After header, also for `out-of-space`. */
  unavailable: { status: 503, title: 'Service Unavailable', failureReason: reason.outOfResources },
  'out-of-space': { status: 503, title: 'Out of Storage', failureReason: reason.outOfResources },
  'chain-refused': {
    status: 500,
    title: 'Refused by the Chain',
    failureReason: reason.processingFailure,
    detail: `The chain refused a transaction of this server. ${askOperator}`,
  },
  'not-authorized': {
    status: 403,
    title: 'Not Authorized',
    failureReason: reason.notAuthorized,
    detail: 'The account of this site may not do this on the chain; a governor of the consortium can allow it.',
  },
  corrupt: {
    status: 500,
    title: 'Corrupt Data',
    failureReason: reason.processingFailure,
    detail: `The stored bytes are not those that were announced and are not given out. ${askOperator}`,
  },
  misconfigured: {
    status: 500,
    title: 'Misconfigured',
    failureReason: reason.processingFailure,
    detail: `The server is not set up for this. ${askOperator}`,
  },
  locked: {
    status: 503,
    title: 'Locked',
    failureReason: reason.outOfResources,
    detail: 'The data folder of the server is in use by another process; try again later.',
  },
  internal: {
    status: 500,
    title: 'Internal Error',
    failureReason: reason.processingFailure,
    detail: `The server failed in a way that was not foreseen. ${askOperator}`,
  },
};
