import type { ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import type { EncryptedContent } from '../../dicom/data-set/instance-header.js';
import { decodedBody } from '../../pieces/body-codings.js';
import type { StreamSource } from '../../pieces/stream-ahead.js';
import { ROLE } from '../../secrecy/body-keys.js';
import { CELL_BYTES } from '../../secrecy/cell-range.js';
import type { BodySecrets, EncryptedImage } from './body-secrets.js';
import { decryptedSource } from './decrypted-source.js';

/** Whose keys an encrypted body has, and what its header says that it holds. */
export interface EncryptedBody {
  image: EncryptedImage;
  content: EncryptedContent;
}

interface OpenOptions extends EncryptedBody {
  contentKey: string;
  /** Of the bytes as they were given. */
  byteCount: number;
  /** Whether all of the padding is looked at: when the instance is verified. */
  checksPadding: boolean;
}

/**
 * The bytes that were given, out of an encrypted body of an instance. Reads reject with `unavailable` while there is no key for it here,
 * and with `corrupt` as `decryptedSource` does. Throws `corrupt` for what its header cannot say, `not-implemented` for another coding.
 */
export function openedBody(
  secrets: BodySecrets,
  stored: ByteSource,
  { image, content, contentKey, byteCount, checksPadding }: OpenOptions,
): StreamSource {
  const keys = () => {
    const found = secrets.of(image);
    if (found) return found.keys(ROLE.instance);
    throw new LedgerError(
      'unavailable',
      `There is no key for this instance of site ${image.siteId} here any more; ask that site to share it.`,
      { retryable: true },
    );
  };
  const inside = decryptedSource(stored, {
    ...{ role: ROLE.instance, keys, checksPadding },
    byteCount: content.byteCount,
    commitment: secrets.commitment(contentKey),
  });
  return decodedBody(content.scheme, inside, { byteCount, pieceBytes: CELL_BYTES });
}
