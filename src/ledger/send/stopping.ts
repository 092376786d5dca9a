import { LedgerError } from '../../base/errors.js';
import type { Hex } from '../ethereum/hex.js';

/** Why a transaction is not waited for any more when the server stops. */
export const stopping = (): LedgerError =>
  new LedgerError('unavailable', 'The server is stopping; what is in the outbox goes on at the next start.', {
    retryable: true,
  });

/** Why a transaction will never be sent: it was not on disk yet when a block had another one with its nonce. */
export const nonceTaken = (account: Hex): LedgerError =>
  new LedgerError(
    'unavailable',
    `Something else that has the key of account ${account} was first: give each program an account of its own, and try again.`,
    { retryable: true },
  );
