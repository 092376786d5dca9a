import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/base/project-root.js';
import type { Random } from '../testing/seeded.js';
import { madeFiles, type NamedBytes } from './made-files.js';

/** Real files, where they lie beside the checkout. */
const SAMPLE_FOLDER = path.join(PROJECT_ROOT, '../shared/data');
const KEPT_BYTES = 1024 * 1024;
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Files to damage. */
export interface Corpus {
  /** One of them, small ones most often. */
  pick(random: Random): NamedBytes;
}

interface SampleFile {
  name: string;
  byteCount: number;
  read: () => Buffer;
}

/**
 * Files of one kind: DICOM files that are made here, and the real ones that lie beside the checkout, of which `isWanted` says that they
 * fit. Throws when there is none.
 */
export function createCorpus({
  of,
  isWanted = () => true,
}: {
  of: 'dicom' | 'image';
  isWanted?: (bytes: Buffer) => boolean;
}): Corpus {
  const files = [...(of === 'dicom' ? made() : []), ...found(of)].filter(({ read }) => isWanted(read()));
  const [first] = files;
  if (first === undefined) throw new Error(`There is nothing to begin with for ${of}.`);
  let total = 0;
  // A file ten times as long comes a tenth as often, so that no time goes into copying.
  const upTo = files.map(({ byteCount }) => (total += 1 / Math.max(byteCount, 4096)));
  return {
    pick: (random) => {
      const at = random.next() * total;
      const file = files[upTo.findIndex((end) => at < end)] ?? first;
      return { name: file.name, bytes: file.read() };
    },
  };
}

function made(): SampleFile[] {
  return madeFiles().map(({ name, bytes }) => ({ name, byteCount: bytes.length, read: () => bytes }));
}

function found(of: 'dicom' | 'image'): SampleFile[] {
  const folder = path.join(SAMPLE_FOLDER, of === 'dicom' ? 'dicom' : 'chest-xray/images');
  const endings = of === 'dicom' ? /\.dcm$|^[^.]*$/i : /\.(png|jpe?g)$/i;
  return namesIn(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const status = statSync(file);
    const byteCount = status.size;
    if (!endings.test(path.basename(name)) || !status.isFile() || byteCount > MAX_FILE_BYTES) return [];
    let kept: Buffer | undefined;
    const read = (): Buffer => {
      if (kept) return kept;
      const bytes = readFileSync(file);
      if (byteCount <= KEPT_BYTES) kept = bytes;
      return bytes;
    };
    return [{ name, byteCount, read }];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  } catch {
    return [];
  }
}
