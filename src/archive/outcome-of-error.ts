import { type ErrorCode, LedgerError } from '../errors.js';
import { type Outcome, type Reason, reason } from './outcome.js';

/** PS3.18 §I.2.2: why one part is not stored when it fails so. */
const reasons: Record<ErrorCode, Reason> = {
  'bad-request': reason.cannotUnderstand,
  'not-found': reason.processingFailure,
  gone: reason.processingFailure,
  'method-not-allowed': reason.processingFailure,
  'not-acceptable': reason.processingFailure,
  conflict: reason.duplicateSopInstance,
  'length-required': reason.cannotUnderstand,
  'too-large': reason.outOfResources,
  'unsupported-media-type': reason.cannotUnderstand,
  'range-not-satisfiable': reason.processingFailure,
  'not-implemented': reason.cannotUnderstand,
  unavailable: reason.outOfResources,
  'out-of-space': reason.outOfResources,
  'chain-refused': reason.processingFailure,
  'not-authorized': reason.notAuthorized,
  corrupt: reason.processingFailure,
  misconfigured: reason.processingFailure,
  locked: reason.outOfResources,
  internal: reason.processingFailure,
};

const askOperator = 'The server has logged what happened; ask its operator.';

/** Told to clients instead of the error's own message, which is for the log: it may name files or accounts of the server. */
export const publicMessages: Partial<Record<ErrorCode, string>> = {
  'chain-refused': `The chain refused a transaction of this server. ${askOperator}`,
  'not-authorized': 'The account of this site may not do this on the chain; a governor of the consortium can allow it.',
  corrupt: `The stored bytes are not those that were announced and are not given out. ${askOperator}`,
  misconfigured: `The server is not set up for this. ${askOperator}`,
  locked: 'The data folder of the server is in use by another process; try again later.',
  internal: `The server failed in a way that was not foreseen. ${askOperator}`,
};

/** The fate of one part when something failed. Whoever asks for it logs what `isForTheLog`. */
export function outcomeOfError(error: unknown, ids: { SOPClassUID?: string; SOPInstanceUID?: string } = {}): Outcome {
  const { code, message } = error instanceof LedgerError ? error : { code: 'internal' as const, message: '' };
  return { kind: 'refused', reason: reasons[code], message: publicMessages[code] ?? message, code, ...ids };
}

/** Whether clients are told less than the error says. */
export function isForTheLog(error: unknown): boolean {
  return !(error instanceof LedgerError) || publicMessages[error.code] !== undefined;
}
