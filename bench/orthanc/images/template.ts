import dicomParser from 'dicom-parser';
import { createHash } from 'node:crypto';
import type { InstanceUids } from '../../part10-head.js';
import type { Image } from '../../stow-and-wado.js';

const STUDY = 'x0020000d';
const SERIES = 'x0020000e';
const INSTANCE = 'x00080018';
const IN_META = 'x00020003';
const PIXEL_DATA = 'x7fe00010';
/** One sample in so many bytes is changed. */
const CHANGED_EVERY_BYTES = 2_048;

/** A Part 10 file of which copies are made: other UIDs of the same length and, without compression, other pixels. */
export interface Template {
  bytes: Buffer;
  /** A copy of its own study and series unless `within` says of which; no other copy of this process has its number. */
  copy(number: number, within?: Pick<InstanceUids, 'study' | 'series'>): Image;
}

/** Where a UID stands in the file. */
interface Place {
  offset: number;
  length: number;
}

/** Throws when the file has no UIDs. `bytes` is of explicit or implicit VR, not deflated. */
export function createTemplate(bytes: Buffer): Template {
  const { elements } = dicomParser.parseDicom(bytes);
  const place = (tag: string): Place => {
    const element = elements[tag];
    if (!element) throw new Error(`A file to be copied has no element ${tag}.`);
    const text = bytes.toString('latin1', element.dataOffset, element.dataOffset + element.length);
    return { offset: element.dataOffset, length: text.replace(/[\0 ]+$/, '').length };
  };
  const [study, series, instance, inMeta] = [place(STUDY), place(SERIES), place(INSTANCE), place(IN_META)];
  const pixels = elements[PIXEL_DATA];
  return {
    bytes,
    copy: (number, within) => {
      const uids = {
        study: within?.study ?? uidOf(study.length, number),
        series: within?.series ?? uidOf(series.length, number),
        instance: uidOf(instance.length, number),
      };
      const copied = Buffer.from(bytes);
      copied.write(uids.study, study.offset, 'latin1');
      copied.write(uids.series, series.offset, 'latin1');
      copied.write(uids.instance, instance.offset, 'latin1');
      copied.write(uids.instance, inMeta.offset, 'latin1');
      // The chain holds equal pieces once: copies with the same pixels would cost next to nothing.
      if (pixels && !pixels.encapsulatedPixelData)
        changeSamples(copied.subarray(pixels.dataOffset, pixels.dataOffset + pixels.length), number);
      return { ...uids, bytes: copied };
    },
  };
}

/** So that each block of a copy is its own and compresses as it did: the four lowest bits of a sample now and then. */
function changeSamples(pixels: Buffer, number: number): void {
  const bits = createHash('sha512').update(`${RUN}.${number}`).digest();
  for (let at = 0, i = 0; at < pixels.length; at += CHANGED_EVERY_BYTES, i++)
    pixels[at] = pixels[at]! ^ (bits[i % bits.length]! & 0x0f);
}

const RUN = `${Date.now()}`;

/** A UID of `length` characters. Throws when so few cannot tell one copy from another. */
export function uidOf(length: number, number: number): string {
  const [root, own] = ['2.25.', `${RUN}${String(number).padStart(7, '0')}`];
  if (length <= root.length + own.length)
    throw new Error(`A UID of ${length} characters is too short to be made anew.`);
  return `${root}1${own.padStart(length - root.length - 1, '0')}`;
}
