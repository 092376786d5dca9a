import { type ErrorCode, LedgerError } from '../errors.js';
import { type Outcome, type Reason, reason } from './outcome.js';

const reasons: Partial<Record<ErrorCode, Reason>> = {
  conflict: reason.duplicateSopInstance,
  gone: reason.processingFailure,
  'not-authorized': reason.notAuthorized,
  'out-of-space': reason.outOfResources,
  'too-large': reason.outOfResources,
  unavailable: reason.outOfResources,
};

/** The fate of one part when something failed. What is not foreseen is a processing failure without inner details. */
export function outcomeOfError(error: unknown, ids: { SOPClassUID?: string; SOPInstanceUID?: string } = {}): Outcome {
  if (error instanceof LedgerError && error.code !== 'internal') {
    return { kind: 'refused', reason: reasons[error.code] ?? reason.processingFailure, message: error.message, ...ids };
  }
  return {
    kind: 'refused',
    reason: reason.processingFailure,
    message: 'The instance could not be processed; the log of the server says why.',
    ...ids,
  };
}
