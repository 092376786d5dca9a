import { timingSafeEqual } from 'node:crypto';
import { LedgerError } from '../base/errors.js';
import { KEY_BYTES } from '../secrecy/labels.js';
import { runKeyCommand } from './run-key-command.js';
import type { Wrap } from './wrap.js';

/**
 * Wraps by a program of whoever runs the archive: a TPM, a key management, a token. What it gives is opened again at once: a key that
 * nobody could open would be found at the next start, when it is too late.
 */
export function commandWrapping(command: string): Wrap {
  const unwrap = async (wrapped: Buffer): Promise<Buffer> => {
    const fileKey = await runKeyCommand(command, 'unwrap', wrapped);
    if (fileKey.length === KEY_BYTES) return fileKey;
    throw unfit(command, `has unwrapped ${fileKey.length} bytes, where a key has ${KEY_BYTES}`);
  };
  return {
    wrap: async (fileKey) => {
      const wrapped = await runKeyCommand(command, 'wrap', fileKey);
      if (wrapped.includes(fileKey)) throw unfit(command, 'has given the key back as it was, instead of wrapping it');
      if (!timingSafeEqual(await unwrap(wrapped), fileKey))
        throw unfit(command, 'has not unwrapped what it has just wrapped');
      return wrapped;
    },
    unwrap: async (wrapped) => ({ fileKey: await unwrap(wrapped), isOutdated: false }),
  };
}

function unfit(command: string, what: string): LedgerError {
  return new LedgerError(
    'misconfigured',
    `KEY_COMMAND "${command}" ${what}. See what it does (docs/operations/keys.md).`,
  );
}
