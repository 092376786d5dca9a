import { LedgerError } from '../../base/errors.js';

/** A ring's number as `0x…` in lower case. Throws `bad-request`. */
export function requireRingId(text: string): `0x${string}` {
  if (/^(0x)?[0-9a-fA-F]{32}$/.test(text)) return `0x${text.toLowerCase().replace(/^0x/, '')}`;
  throw new LedgerError('bad-request', `"${text.slice(0, 40)}" is no ring: 32 hex digits, as "dicom-ledger keys status" lists them.`); // prettier-ignore
}
