import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import type { Body } from '../../ledger/ledger.js';
import { encryptedImageOf } from '../secrecy/body-secrets.js';
import type { EncryptedBody } from '../secrecy/opened-body.js';
import type { FoundInstance } from '../archive.js';

/** An instance's body on the chain, and what its header says of it where it is encrypted. */
export interface StoredBody {
  body: Body;
  encrypted: EncryptedBody | undefined;
}

/** The header is asked for only where it is needed: for an encrypted body. */
export function storedBody(instance: FoundInstance, body: Body, header: () => InstanceHeader): StoredBody {
  const image = encryptedImageOf(instance);
  const content = image && header().encrypted;
  return { body, encrypted: content && { image, content } };
}
