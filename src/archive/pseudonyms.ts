import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { LedgerError } from '../base/errors.js';
import { writeDurably } from '../base/write-durably.js';

/** UIDs and patient IDs as they stand on the chain: HMAC-SHA256 under the key that all sites of a consortium share. */
export interface Pseudonyms {
  imageKey(SOPInstanceUID: string): `0x${string}`;
  /** One patient per issuer and ID; without a PatientID one patient per study. */
  patientKey(patient: { PatientID: string; IssuerOfPatientID: string; StudyInstanceUID: string }): `0x${string}`;
}

/** @param consortiumKey 32 bytes. */
export function createPseudonyms(consortiumKey: Buffer): Pseudonyms {
  const key = (...parts: string[]): `0x${string}` =>
    `0x${createHmac('sha256', consortiumKey).update(parts.join('\x1f')).digest('hex')}`;
  return {
    imageKey: (SOPInstanceUID) => key(SOPInstanceUID),
    patientKey: ({ PatientID, IssuerOfPatientID, StudyInstanceUID }) =>
      PatientID === '' ? key(IssuerOfPatientID, '', StudyInstanceUID) : key(IssuerOfPatientID, PatientID),
  };
}

/** Reads 64 hex digits from `file`; makes the file (0600) when `create` and it is not there. Throws `misconfigured`. */
export async function readConsortiumKey({ file, create }: { file: string; create: boolean }): Promise<Buffer> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && create) return undefined;
    throw new LedgerError(
      'misconfigured',
      `CONSORTIUM_KEY_FILE ${file} cannot be read (${cause.code}); copy it from a site of the consortium.`,
      { cause },
    );
  });
  if (text === undefined) {
    const made = randomBytes(32);
    await writeDurably(file, `${made.toString('hex')}\n`, { mode: 0o600 });
    return made;
  }
  if (!/^[0-9a-fA-F]{64}$/.test(text.trim())) {
    throw new LedgerError(
      'misconfigured',
      `${file} has to hold 64 hex digits, the consortium's key; it holds ${text.trim().length} other characters.`,
    );
  }
  return Buffer.from(text.trim(), 'hex');
}
