import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { LedgerError } from '../../base/errors.js';

/** The settings' files, PEM. */
export interface TlsFiles {
  TLS_CERT_FILE: string;
  TLS_KEY_FILE: string;
  TLS_CLIENT_CA_FILE: string | undefined;
}

/**
 * PS3.15 §B.12 with BCP 195 (RFC 9325 §4.2, RFC 8996): TLS 1.3, and of TLS 1.2 what has forward secrecy and authenticated
 * encryption.
 */
const PROTOCOL: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_AES_128_GCM_SHA256',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
  honorCipherOrder: true,
};

/** What a TLS server needs of the files as they are now. Throws `misconfigured` when one cannot be read or they do not belong together. */
export async function readTls(files: TlsFiles): Promise<SecureContextOptions> {
  const read = async (setting: keyof TlsFiles): Promise<Buffer | undefined> => {
    const file = files[setting];
    if (file === undefined) return undefined;
    return readFile(file).catch((cause: NodeJS.ErrnoException) => {
      const sentence = `${setting} "${file}" cannot be read (${cause.code}); correct the setting.`;
      throw new LedgerError('misconfigured', sentence, { cause });
    });
  };
  const [cert = '', key = '', ca] = await Promise.all([
    read('TLS_CERT_FILE'),
    read('TLS_KEY_FILE'),
    read('TLS_CLIENT_CA_FILE'),
  ]);
  const options = { ...PROTOCOL, cert, key, ca };
  const unusable = `TLS_CERT_FILE "${files.TLS_CERT_FILE}" and TLS_KEY_FILE "${files.TLS_KEY_FILE}" cannot be used together; give a certificate and its key as PEM.`;
  try {
    createSecureContext(options);
    // OpenSSL itself takes a certificate with the key of another kind.
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return options;
  } catch (cause) {
    throw new LedgerError('misconfigured', unusable, { cause });
  }
  throw new LedgerError('misconfigured', unusable);
}
