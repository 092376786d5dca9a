import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RingsOwner } from '../../secrecy/rings-file.js';
import { createKeyWrapping, type KeyWrapping } from '../key-wrapping.js';
import type { Keyring } from '../keyring.js';
import { type KeyringOptions, openKeyring } from '../open-keyring.js';

export const OWNER: RingsOwner = { chainId: 53_696n, consortium: Buffer.alloc(20, 0xc0), siteId: 7 };

export const inTheClear = (): KeyWrapping => createKeyWrapping({ allowsClear: true });

/** A ring of another site. */
export const otherRing = () => ({ siteId: 9, ringId: randomBytes(16), root: randomBytes(32) });

export interface KeysBed {
  /** For whatever a test needs. */
  folder: string;
  keys: string;
  open(options?: Partial<KeyringOptions>): Promise<Keyring>;
  /** The bytes of the file of rings. */
  ringFile(): Buffer;
  /** A file for this user alone. */
  write(name: string, text: string, mode?: number): string;
  remove(): void;
}

/** Keys in a folder of their own, in the clear unless told. */
export function keysBed(): KeysBed {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-keyring-'));
  const keys = path.join(folder, 'keys');
  return {
    folder,
    keys,
    open: (options) => openKeyring({ folder: keys, owner: OWNER, wrapping: inTheClear(), ...options }),
    ringFile: () => readFileSync(path.join(keys, 'rings')),
    write: (name, text, mode = 0o600) => {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      chmodSync(file, mode);
      return file;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
