import { oracleLines } from './oracle.js';
import { decodeFrame } from '../codec/decode-frame.js';
import type { ImagePixel } from '../codec/native-frame.js';

/** For tests: a stream that another program wrote, and the samples that it, or a third one, finds in it. */
export interface MadeStream {
  name: string;
  transferSyntaxUID: string;
  image: ImagePixel;
  stream: Buffer;
  /** Little endian, by pixel, in the bits allocated of `image`. */
  expected: Buffer;
  isSigned: boolean;
  /** By how much a sample may be another one. */
  tolerance: number;
  /** Of what is decoded. */
  photometric: string;
}

/** What a script in `streams/` makes. */
export function madeStreams(script: string): MadeStream[] {
  const made = oracleLines<MadeStream & { stream: string; expected: string }>(`src/dicom/testing/streams/${script}`);
  return made.map(({ stream, expected, ...rest }) => ({
    ...rest,
    stream: Buffer.from(stream, 'base64'),
    expected: Buffer.from(expected, 'base64'),
  }));
}

/** Decodes each; a sentence for every stream in which we find something else. */
export async function deviations(streams: readonly MadeStream[]): Promise<string[]> {
  const found: string[] = [];
  for (const made of streams) {
    const { name, transferSyntaxUID, image, stream, tolerance, photometric } = made;
    try {
      const frame = await decodeFrame(stream, { ...image, transferSyntaxUID });
      const most = mostBetween(Buffer.from(frame.bytes), made);
      if (!(most <= tolerance)) found.push(`${name} (${transferSyntaxUID}): a sample differs by ${most}`);
      if (frame.PhotometricInterpretation !== photometric)
        found.push(`${name} (${transferSyntaxUID}): ${frame.PhotometricInterpretation}, not ${photometric}`);
    } catch (error) {
      found.push(`${name} (${transferSyntaxUID}): ${String(error)}`);
    }
  }
  return found;
}

/** How many there are in each transfer syntax. */
export function countsBySyntax(streams: readonly MadeStream[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { transferSyntaxUID } of streams) counts[transferSyntaxUID] = (counts[transferSyntaxUID] ?? 0) + 1;
  return counts;
}

/** Of stored values: bits above those that are stored say nothing (PS3.5 §8.1.1). */
function mostBetween(bytes: Buffer, { expected, image, isSigned }: MadeStream): number {
  if (bytes.length !== expected.length) return Infinity;
  const { BitsAllocated, BitsStored } = image;
  const step = BitsAllocated / 8;
  const span = 2 ** BitsStored;
  const value = (word: number) => (isSigned && word % span >= span / 2 ? (word % span) - span : word % span);
  let most = 0;
  for (let at = 0; at < bytes.length; at += step) {
    const [mine, other] = [bytes.readUIntLE(at, step), expected.readUIntLE(at, step)].map(value) as [number, number];
    most = Math.max(most, Math.abs(mine - other));
  }
  return most;
}
