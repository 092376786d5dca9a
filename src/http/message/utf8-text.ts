import { LedgerError } from '../../base/errors.js';

/** Text in UTF-8 that somebody has sent. Throws `bad-request` for what is none. */
export function utf8Text(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LedgerError('bad-request', 'The metadata is no UTF-8; write it in UTF-8 and send it again.', { cause });
  }
}
