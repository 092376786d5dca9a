import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { secp256k1 } from '../ethereum/secp256k1.js';
import { LedgerError } from '../../base/errors.js';
import { writeDurably } from '../../base/write-durably.js';

/**
 * The private key in `file` (32 bytes as hex), made there with mode 0600 when there is none.
 * Throws `misconfigured` for a file that holds anything else.
 */
export async function loadOrCreateKey(file: string): Promise<Buffer> {
  const existing = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new LedgerError('misconfigured', `The key file ${file} cannot be read (${error.code}).`, { cause: error });
  });
  if (existing !== undefined) return parseKey(`The key file ${file}`, existing);
  const key = newKey();
  await writeDurably(file, `${key.toString('hex')}\n`, { mode: 0o600 });
  return key;
}

/** A private key of 64 hex digits. Throws `misconfigured` with `where` it stood, never with what stood there. */
export function parseKey(where: string, text: string): Buffer {
  const digits = text.trim().replace(/^0x/, '');
  const key = Buffer.from(digits, 'hex');
  if (!/^[0-9a-fA-F]{64}$/.test(digits) || !secp256k1().privateKeyVerify(key))
    throw new LedgerError('misconfigured', `${where} does not hold a private key of 64 hex digits.`);
  return key;
}

/** A new private key of 32 bytes. */
export function newKey(): Buffer {
  let key = randomBytes(32);
  while (!secp256k1().privateKeyVerify(key)) key = randomBytes(32);
  return key;
}
