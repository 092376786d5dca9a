import { LedgerError, type ErrorCode } from '../../base/errors.js';

/** A LedgerError on its way between threads. */
export interface SentFailure {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  details: Record<string, unknown>;
}

/** What is thrown for an error that a statement or the connection gives. */
export function failureOf(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  const { code, message } = error as { code?: unknown; message: string };
  const text = typeof code === 'string' ? code : '';
  const retryable = { cause: error, retryable: true };
  // PostgreSQL, appendix A.
  if (text === '42P01' || text === '3F000')
    return new LedgerError('unavailable', 'The catalogue in PostgreSQL is not made yet; ask again later.', retryable);
  if (text === '57014')
    return new LedgerError('unavailable', 'The catalogue took too long to answer; ask for less.', retryable);
  if (text.startsWith('53'))
    return new LedgerError('out-of-space', `PostgreSQL has no room for the catalogue (${message}).`, retryable);
  return new LedgerError('internal', `The catalogue in PostgreSQL failed (${message}).`, { cause: error });
}

export const sentFailure = (error: unknown): SentFailure => {
  const { code, message, retryable, details } = failureOf(error);
  return { code, message, retryable, details };
};

export const receivedFailure = ({ code, message, retryable, details }: SentFailure): LedgerError =>
  new LedgerError(code, message, { retryable, details });
