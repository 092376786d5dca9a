import { hash, type X509Certificate } from 'node:crypto';

/** By which a card names the certificate of its URL: SHA-256 of its public key, DER of SubjectPublicKeyInfo (RFC 7469 §2.4), as `0x…`. */
export function certificatePin({ publicKey }: X509Certificate): `0x${string}` {
  return `0x${hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex')}`;
}
