import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { image, object, part10, sequence, text } from '../../dicom/testing/hand-made.js';
import type { IncomingPart } from '../archive.js';

/** A Part 10 file of 8-bit pixels, all of them `grey`. */
export function slice({
  SOPInstanceUID = '1.2.3.4',
  PatientID = 'P-1',
  SeriesInstanceUID,
  grey = 7,
  size = 8,
}: {
  SOPInstanceUID?: string;
  PatientID?: string;
  SeriesInstanceUID?: string;
  grey?: number;
  size?: number;
} = {}): Buffer {
  const elements = object(
    text(0x00100020, 'LO', PatientID),
    text(0x00280004, 'CS', 'MONOCHROME2'),
    ...image(size, size),
    { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(size * size, grey) },
  ).map((element) => {
    if (element.tag === 0x00080018) return text(0x00080018, 'UI', SOPInstanceUID);
    return element.tag === 0x0020000e && SeriesInstanceUID ? text(0x0020000e, 'UI', SeriesInstanceUID) : element;
  });
  return part10(elements, { mediaStorageUid: SOPInstanceUID });
}

const REJECTED_FOR_QUALITY = [text(0x00080100, 'SH', '113001'), text(0x00080102, 'SH', 'DCM')];

/** A Part 10 file that rejects, for its quality, what nobody has. */
export function rejection(): Buffer {
  const [, ...others] = object(text(0x00100020, 'LO', 'P-1'), sequence(0x0040a043, [REJECTED_FOR_QUALITY]));
  return part10([text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.88.59'), ...others]);
}

export function partOf(bytes: Buffer, also: Partial<IncomingPart> = {}): IncomingPart {
  return { mediaType: 'application/dicom', body: streamOf(bytes), ...also };
}

/** Comes in chunks of 1,000 bytes. */
export function streamOf(bytes: Buffer): Readable {
  const chunks = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, i) =>
    bytes.subarray(i * 1000, (i + 1) * 1000),
  );
  return Readable.from(chunks, { objectMode: false });
}

/** Runs with a folder of its own that is gone afterwards. */
export async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-archive-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
