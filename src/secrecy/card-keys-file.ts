import { LedgerError } from '../base/errors.js';
import { exactly, u64 } from './labels.js';
import type { CardKeys } from './hpke.js';
import { type FileOwner, readSecretFile, writeSecretFile } from './secret-file.js';

/** Card keys with the day that they are made on. */
export interface DatedCardKeys extends CardKeys {
  /** Milliseconds since 1970. */
  madeAt: number;
}

const MADE_AT_BYTES = 8;
const PRIVATE_BYTES = 32;
const PUBLIC_BYTES = 1_216;
const ROW_BYTES = MADE_AT_BYTES + PRIVATE_BYTES + PUBLIC_BYTES;

/** Card keys as a file under `fileKey` (`writeSecretFile`): for each madeAt u64 ‖ private key 32 ‖ public key 1,216, in their order. */
export function writeCardKeysFile(
  { owner, cardKeys }: { owner: FileOwner; cardKeys: readonly DatedCardKeys[] },
  keys: { fileKey: Buffer; wrappedKey: Buffer },
): Buffer {
  const rows = cardKeys.map(({ madeAt, privateKey, publicKey }) =>
    Buffer.concat([u64(BigInt(madeAt)), exactly(PRIVATE_BYTES, privateKey), exactly(PUBLIC_BYTES, publicKey)]),
  );
  return writeSecretFile('card key', { owner, plaintext: Buffer.concat(rows) }, keys);
}

/** The card keys of a file. Throws as `readSecretFile` does. */
export function readCardKeysFile(file: Buffer, fileKey: Buffer): DatedCardKeys[] {
  const plaintext = readSecretFile('card key', file, fileKey);
  if (plaintext.length % ROW_BYTES !== 0)
    throw new LedgerError(
      'corrupt',
      `A card key file has ${plaintext.length} bytes inside, which is no number of keys.`,
    );
  return Array.from({ length: plaintext.length / ROW_BYTES }, (_, i) => {
    const row = plaintext.subarray(i * ROW_BYTES, (i + 1) * ROW_BYTES);
    return {
      madeAt: Number(row.readBigUInt64BE(0)),
      privateKey: Buffer.from(row.subarray(MADE_AT_BYTES, MADE_AT_BYTES + PRIVATE_BYTES)),
      publicKey: Buffer.from(row.subarray(MADE_AT_BYTES + PRIVATE_BYTES)),
    };
  });
}
