import { integer, oneOf, setting } from './base/setting.js';

const KiB = 1024;

/** The settings of what is written to the chain, and in which form. */
export const BODY_SETTINGS = {
  PIECE_BYTES: setting(integer(1, 30 * KiB), String(30 * KiB), 'bytes', 'Size of a piece on the chain.'),
  PIECE_COMPRESSION: setting(
    oneOf('on', 'off'),
    'on',
    'word',
    'Whether instances that get smaller by it are stored compressed, each 64 KiB by itself. Set off while a site of the consortium runs a release that cannot read them.',
  ),
  DEIDENTIFIED_ONLY: setting(
    oneOf('on', 'off'),
    undefined,
    'word',
    "Whether an object is refused that has a patient's name or ID and does not say that the identity is removed ((0012,0062) YES). Unset: on where LEDGER_URL is set and the contract that is written to is of release 1, whose images all members can read for ever.",
  ),
  PADDING: setting(
    oneOf('on', 'off'),
    'on',
    'word',
    'Whether what is encrypted is padded with zeros, by 2 % in the mean, so that its length tells little: a header and a preview to 4 KiB, an instance by Padmé. By an exact length most files can be recognised.',
  ),
} as const;
