import { type ErrorCode, LedgerError } from '../base/errors.js';
import { FAILURE_REASON, type FailureReason } from '../standard/failure-reasons.js';

/** What became of one part of a STOW-RS request. A value, never thrown. */
export type Outcome =
  | {
      kind: 'stored';
      StudyInstanceUID: string;
      SeriesInstanceUID: string;
      SOPInstanceUID: string;
      SOPClassUID: string;
      /** Of the bytes that were sent, hex. */
      sha256: string;
      /** Nothing was written: the same content was there. */
      alreadyThere: boolean;
      warning?: { reason: FailureReason; message: string };
    }
  | {
      kind: 'refused';
      reason: FailureReason;
      /** A sentence with the next step, without patient attributes. */
      message: string;
      /** Of the error that refused it; undefined when the instance itself is at fault. */
      code?: ErrorCode;
      /** Both are known, or the part is unidentifiable and is answered in Other Failures Sequence (0008,119A). */
      SOPClassUID?: string;
      SOPInstanceUID?: string;
    };

/** PS3.18 §I.2.2: why one part is not stored when it fails so. */
const REASON_OF_CODE: Record<ErrorCode, FailureReason> = {
  'bad-request': FAILURE_REASON.cannotUnderstand,
  unauthenticated: FAILURE_REASON.notAuthorized,
  forbidden: FAILURE_REASON.notAuthorized,
  'not-found': FAILURE_REASON.processingFailure,
  gone: FAILURE_REASON.processingFailure,
  'method-not-allowed': FAILURE_REASON.processingFailure,
  'not-acceptable': FAILURE_REASON.processingFailure,
  misdirected: FAILURE_REASON.processingFailure,
  'too-many-requests': FAILURE_REASON.outOfResources,
  conflict: FAILURE_REASON.duplicateSopInstance,
  'precondition-failed': FAILURE_REASON.processingFailure,
  'length-required': FAILURE_REASON.cannotUnderstand,
  'too-large': FAILURE_REASON.outOfResources,
  'unsupported-media-type': FAILURE_REASON.cannotUnderstand,
  'range-not-satisfiable': FAILURE_REASON.processingFailure,
  'not-implemented': FAILURE_REASON.cannotUnderstand,
  unavailable: FAILURE_REASON.outOfResources,
  'out-of-space': FAILURE_REASON.outOfResources,
  'chain-refused': FAILURE_REASON.processingFailure,
  'site-not-admitted': FAILURE_REASON.notAuthorized,
  corrupt: FAILURE_REASON.processingFailure,
  misconfigured: FAILURE_REASON.processingFailure,
  locked: FAILURE_REASON.outOfResources,
  internal: FAILURE_REASON.processingFailure,
};

const ASK_OPERATOR = 'The server has logged what happened; ask its operator.';

/** Told to clients instead of the error's own message, which is for the log: it may name files or accounts of the server. */
export const PUBLIC_MESSAGES: Partial<Record<ErrorCode, string>> = {
  'chain-refused': `The chain refused a transaction of this server. ${ASK_OPERATOR}`,
  'site-not-admitted':
    'The account of this site may not do this on the chain; a governor of the consortium can allow it.',
  corrupt: `The stored bytes are not those that were announced and are not given out. ${ASK_OPERATOR}`,
  misconfigured: `The server is not set up for this. ${ASK_OPERATOR}`,
  locked: 'The data folder of the server is in use by another process; try again later.',
  internal: `The server failed in a way that was not foreseen. ${ASK_OPERATOR}`,
};

/** The fate of one part when something failed. Whoever asks for it logs what `isForTheLog`. */
export function outcomeOfError(error: unknown, ids: { SOPClassUID?: string; SOPInstanceUID?: string } = {}): Outcome {
  const { code, message } = error instanceof LedgerError ? error : { code: 'internal' as const, message: '' };
  return { kind: 'refused', reason: REASON_OF_CODE[code], message: PUBLIC_MESSAGES[code] ?? message, code, ...ids };
}

/** Whether clients are told less than the error says. */
export function isForTheLog(error: unknown): boolean {
  return !(error instanceof LedgerError) || PUBLIC_MESSAGES[error.code] !== undefined;
}
