import { LedgerError } from '../base/errors.js';
import { KEY_BYTES } from '../secrecy/labels.js';
import { commandWrapping } from './command-wrapping.js';
import type { WrappingKind } from './keyring.js';
import { passphraseWrapping } from './passphrase-wrapping.js';
import type { Wrap } from './wrap.js';

/** What wraps file keys, and opens those that were wrapped before. */
export interface KeyWrapping extends Wrap {
  readonly kind: WrappingKind;
}

/** The first byte of a wrapped key says what has wrapped it. */
const KIND_BYTES: Record<WrappingKind, number> = { none: 1, passphrase: 2, command: 3 };

/** How large a wrapped key may be: its length has 16 bits in the ring file. */
const MAX_WRAPPED_BYTES = 16 * 1024;

/** The key itself: who has the file reads the rings. */
const inTheClear: Wrap = {
  wrap: async (fileKey) => fileKey,
  unwrap: async (fileKey) => ({ fileKey, isOutdated: false }),
};

/**
 * Wraps by the command, else by the passphrase, else not at all, which has to be allowed. What was wrapped in another of these ways
 * is still opened, so that one way can follow the other. Throws `misconfigured` when none is left.
 */
export function createKeyWrapping(options: {
  /** KEY_COMMAND: a program. */
  command?: string | undefined;
  /** KEY_PASSPHRASE_FILE. */
  passphraseFile?: string | undefined;
  /** Whether keys may lie in the clear: in a trial on the embedded chain, and nowhere else. */
  allowsClear: boolean;
}): KeyWrapping {
  const { command, passphraseFile, allowsClear } = options;
  const ways: Record<WrappingKind, Wrap | undefined> = {
    command: command === undefined ? undefined : commandWrapping(command),
    passphrase: passphraseFile === undefined ? undefined : passphraseWrapping(passphraseFile),
    none: inTheClear,
  };
  const kind = ways.command ? 'command' : ways.passphrase ? 'passphrase' : 'none';
  if (kind === 'none' && !allowsClear)
    throw new LedgerError(
      'misconfigured',
      'The keys of this archive must not lie in the clear: set KEY_COMMAND to a program of a TPM or a key management, or KEY_PASSPHRASE_FILE to a file with a passphrase (docs/operations/keys.md).',
    );
  return {
    kind,
    wrap: async (fileKey) => Buffer.concat([Buffer.of(KIND_BYTES[kind]), await ways[kind]!.wrap(fileKey)]),
    unwrap: async (wrapped) => {
      const found = (Object.keys(KIND_BYTES) as WrappingKind[]).find((one) => KIND_BYTES[one] === wrapped[0]);
      if (found === undefined || wrapped.length > MAX_WRAPPED_BYTES)
        throw new LedgerError('corrupt', `A wrapped key of ${wrapped.length} bytes is of no kind that is known.`);
      const way = ways[found];
      if (!way)
        throw new LedgerError(
          'misconfigured',
          `The key of the rings was wrapped by ${SETTING_OF[found]}, which is unset: set it as it was.`,
        );
      const { fileKey, isOutdated } = await way.unwrap(wrapped.subarray(1));
      if (fileKey.length !== KEY_BYTES)
        throw new LedgerError('corrupt', `The key of the rings has ${fileKey.length} bytes, not ${KEY_BYTES}.`);
      return { fileKey, isOutdated: isOutdated || found !== kind };
    },
  };
}

const SETTING_OF: Record<WrappingKind, string> = {
  command: 'KEY_COMMAND',
  passphrase: 'KEY_PASSPHRASE_FILE',
  none: 'nothing',
};
