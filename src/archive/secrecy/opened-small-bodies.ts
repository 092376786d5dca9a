import { LedgerError } from '../../base/errors.js';
import type { EncryptedContent } from '../../dicom/data-set/instance-header.js';
import type { Body } from '../../ledger/ledger.js';
import { BODY_CODINGS, PLAIN_SCHEME } from '../../pieces/body-codings.js';
import { ENCRYPTED_SCHEME } from '../../secrecy/body.js';
import { ROLE } from '../../secrecy/body-keys.js';
import { plaintextByteCount } from '../../secrecy/cell-range.js';
import type { ImageSecrets } from './body-secrets.js';
import { decryptSmallBody } from './small-body.js';

/** Header and preview as bytes. */
export interface SmallBodies {
  header: Buffer;
  preview: Buffer;
}

/**
 * Throws `not-implemented` where what a catalogue is made from has another form than its release reads: header and preview are plain
 * in release 1, and all is encrypted in release 2.
 */
export function requireForms(
  { header, preview, instance }: Readonly<Record<'header' | 'preview' | 'instance', Body>>,
  { isEncrypted }: { isEncrypted: boolean },
): void {
  const wanted = isEncrypted ? ENCRYPTED_SCHEME : PLAIN_SCHEME;
  for (const [name, { scheme }] of Object.entries({ header, preview, ...(isEncrypted && { instance }) }))
    if (scheme !== wanted)
      throw new LedgerError(
        'not-implemented',
        `The ${name} has scheme ${scheme}; here it is read with ${wanted} only.`,
      );
}

/**
 * Header and preview out of their encrypted bodies; a preview that was not read stays empty. Throws `corrupt` for damage, and what
 * `isOtherKey` knows where the header is another key's: the preview of a header that opens has to open too.
 */
export function openedSmallBodies(secrets: ImageSecrets, { header, preview }: SmallBodies): SmallBodies {
  const opened = decryptSmallBody(header, { keys: secrets.keys(ROLE.header), role: ROLE.header });
  if (preview.length === 0) return { header: opened, preview };
  try {
    return {
      header: opened,
      preview: decryptSmallBody(preview, { keys: secrets.keys(ROLE.preview), role: ROLE.preview }),
    };
  } catch (cause) {
    throw new LedgerError('corrupt', 'The preview cannot be opened with the key that opens the header.', { cause });
  }
}

/**
 * What a header says that the encrypted body of its instance holds. Throws `corrupt` where it says nothing, and where a body of so many bytes cannot hold
 * that: whoever may announce may have written it.
 */
export function requireContent(
  { encrypted, byteCount }: { encrypted: EncryptedContent | undefined; byteCount: number | undefined },
  instance: Body,
): { sha256: string; byteCount: number } {
  if (encrypted === undefined || byteCount === undefined)
    throw new LedgerError('corrupt', 'The header of an encrypted instance does not say what its body holds.');
  const room = plaintextByteCount(instance.byteCount);
  const isLength = BODY_CODINGS[encrypted.scheme]?.isLength(encrypted.byteCount, byteCount) ?? true;
  if (encrypted.byteCount > room || !isLength)
    throw new LedgerError(
      'corrupt',
      `The header says that ${byteCount} bytes lie as ${encrypted.byteCount} of scheme ${encrypted.scheme} in an encrypted body of ${room}, which cannot be.`,
    );
  return { sha256: encrypted.sha256, byteCount };
}
