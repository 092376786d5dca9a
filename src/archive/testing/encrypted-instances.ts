import { randomBytes } from 'node:crypto';
import type { CatalogInstance } from '../../catalog/catalog.js';
import type { ImageToStore } from '../../ledger/ledger.js';
import type { EncryptedSite } from './encrypted-site.js';
import { slice } from './parts.js';

/** The PatientID of every file. */
export const PATIENT = 'SECRET-4711';

let uids = 0;
export const newUid = (): string => `1.2.826.0.1.${++uids}`;

/** Random pixels don't become smaller; `isPlain` ones do. */
export function newFile(uid: string, { size = 700, isPlain = false } = {}): Buffer {
  const file = slice({ SOPInstanceUID: uid, PatientID: PATIENT, size });
  if (!isPlain) randomBytes(size * size).copy(file, file.length - size * size);
  return file;
}

export const found = async ({ catalog }: EncryptedSite, uid: string): Promise<CatalogInstance | undefined> =>
  catalog.seenBy('everything').instance(uid);

/** All bytes that a site gives of an instance before it fails, and the code of its failure. */
export async function given({ archive }: EncryptedSite, uid: string): Promise<{ bytes: Buffer; code?: unknown }> {
  const chunks: Buffer[] = [];
  try {
    const instance = (await archive.instance(uid))!;
    for await (const chunk of (await archive.open(instance)).storedFile().open()) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks) };
  } catch (error) {
    return { bytes: Buffer.concat(chunks), code: (error as { code?: unknown }).code };
  }
}

/** Of what was announced: how it stands in the catalogue of a site. */
export async function standing(site: EncryptedSite, imageId: string): Promise<string> {
  await site.caughtUp();
  return site.catalog.projection.holder(imageId)?.hidden ?? 'in answers';
}

export const bytesOf = ({ instance }: ImageToStore): Promise<Buffer> => instance.read(0, instance.byteCount);

export function changed(bytes: Buffer, change: (copy: Buffer) => unknown): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}
