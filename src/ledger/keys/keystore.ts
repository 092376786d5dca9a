import { randomBytes, scrypt as nodeScrypt } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { scrypt } from 'ethers/crypto';
import { getBytes } from 'ethers/utils';
import { decryptKeystoreJson, encryptKeystoreJson, isKeystoreJson } from 'ethers/wallet';
import { LedgerError } from '../../base/errors.js';
import { syncFolder } from '../../base/write-durably.js';
import { newKey } from './keys.js';
import type { Hex } from '../ethereum/hex.js';
import { accountOf } from './sign.js';

export interface KeystoreFiles {
  /** Web3 Secret Storage, version 3, as geth and Besu have it, too. */
  file: string;
  /** The password is its first line. */
  passwordFile: string;
}

const SCRYPT_R = 8;

const derive = promisify<Uint8Array, Uint8Array, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  nodeScrypt,
);
// Node's own runs in a thread: a server that starts answers meanwhile, and it takes a fifth of the time.
scrypt.register((password, salt, N, r, p, byteCount) =>
  derive(getBytes(password), getBytes(salt), byteCount, { N, r, p, maxmem: 256 * N * r }).then(
    (key) => new Uint8Array(key),
  ),
);

/**
 * Makes a new key and keeps it in `file`, encrypted; makes `passwordFile` with a random password when it is not there
 * (both 0600). Returns its account. Throws `misconfigured` when `file` is there already.
 *
 * @param scryptN cost of one guess at the password, a power of two; 2^17 takes 128 MiB and about half a second.
 */
export async function createKeystore({
  file,
  passwordFile,
  scryptN = 2 ** 17,
}: KeystoreFiles & { scryptN?: number }): Promise<Hex> {
  if (await isThere(file)) throw alreadyThere(file);
  await createDurably(passwordFile, `${randomBytes(24).toString('base64url')}\n`);
  const password = await readPassword(passwordFile);
  const key = newKey();
  const account = accountOf(key);
  const json = await encryptKeystoreJson({ address: account, privateKey: `0x${key.toString('hex')}` }, password, {
    scrypt: { N: scryptN, r: SCRYPT_R, p: 1 },
  });
  if (!(await createDurably(file, `${json}\n`))) throw alreadyThere(file);
  return account;
}

/** The private key in a keystore. Throws `misconfigured` when a file is missing, is no keystore, or the password is wrong. */
export async function readKeystore({ file, passwordFile }: KeystoreFiles): Promise<Buffer> {
  const json = await readKeystoreText(file);
  const password = await readPassword(passwordFile);
  const { privateKey } = await decryptKeystoreJson(json, password).catch((error: Error) => {
    const why = /incorrect password/.test(error.message)
      ? `The password in ${passwordFile} does not open the keystore ${file}`
      : `The keystore ${file} cannot be decrypted`;
    throw new LedgerError('misconfigured', `${why}; restore both files from the backup of this key.`);
  });
  return Buffer.from(getBytes(privateKey));
}

/** Throws `misconfigured` unless `file` holds a keystore of version 3. */
async function readKeystoreText(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError(
      'misconfigured',
      `The keystore ${file} cannot be read (${cause.code}); make one with "dicom-ledger key new".`,
      { cause },
    );
  });
  if (isKeystoreJson(text)) return text;
  throw new LedgerError(
    'misconfigured',
    `${file} is no keystore of version 3 (Web3 Secret Storage); make one with "dicom-ledger key new".`,
  );
}

/** Its bytes as they are, as geth takes them. */
async function readPassword(file: string): Promise<Buffer> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError('misconfigured', `The password file ${file} cannot be read (${cause.code}).`, { cause });
  });
  const password = text.split(/\r?\n/, 1)[0]!;
  if (password === '')
    throw new LedgerError('misconfigured', `The password file ${file} is empty: its first line is the password.`);
  return Buffer.from(password);
}

/** Makes a file of mode 0600 in one step, so that two that make it at once agree; false when it is there already. */
async function createDurably(file: string, text: string): Promise<boolean> {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(unfinished, file);
    await syncFolder(path.dirname(file));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new LedgerError('misconfigured', `${file} cannot be made (${code}): give a file in a folder that is there.`, {
      cause: error,
    });
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function isThere(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

function alreadyThere(file: string): LedgerError {
  return new LedgerError(
    'misconfigured',
    `${file} is there already: a key is never overwritten; give another --keystore.`,
  );
}
