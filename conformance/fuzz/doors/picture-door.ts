import { bufferSource } from '../../../src/base/byte-source.js';
import { ENCODABLE } from '../../../src/standard/transfer-syntaxes.js';
import { frameCount } from '../../../src/dicom/data-set/frames.js';
import { scanPart10 } from '../../../src/dicom/part10/part10.js';
import { openPictureWorkers, type PictureWorkers } from '../../../src/dicom/render/picture-workers.js';
import type { ConvertFrame } from '../../../src/dicom/transcode/transcode-pixels.js';
import { transcodePart10 } from '../../../src/dicom/transcode/transcode.js';
import type { Choices } from '../choices.js';
import { collected } from '../collected.js';
import { createCorpus } from '../corpus.js';
import type { Door } from '../door.js';
import { elementsOf } from '../elements-of.js';
import { Find, requireThat, throwsOnly } from '../find.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateDicom } from '../mutate-dicom.js';

const TARGETS = ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.50', ...ENCODABLE];
const MAX_FILE_BYTES = 400_000;
const MAX_INFLATED_BYTES = 64 * 1024 * 1024;
const MAX_PREVIEW_BYTES = 30_720;
const PICTURE_TIMEOUT_MS = 2_000;

interface Label {
  name: string;
  mediaType: 'image/jpeg' | 'image/png';
  frame: number;
  /** The transfer syntax to convert to. */
  to: string;
}

const hasPixels = (bytes: Buffer): boolean =>
  bytes.length < MAX_FILE_BYTES && bytes.includes(Buffer.from([0xe0, 0x7f, 0x10, 0]));

/** Damaged pixels and descriptions of pixels through the threads that make pictures. */
export async function openPictureDoor(): Promise<Door> {
  const corpus = createCorpus({ of: 'dicom', isWanted: hasPixels });
  const pictures = openPictureWorkers({ threads: 2, timeoutMs: PICTURE_TIMEOUT_MS });
  return {
    lanes: 2,
    make: (random) => {
      const { name, bytes } = corpus.pick(random);
      const damaged = random.once(2)
        ? damagedPixels(random, bytes)
        : mutateDicom(random, bytes, { other: corpus.pick(random).bytes });
      const mediaType = random.pick(['image/jpeg', 'image/png'] as const);
      const label: Label = { name, mediaType, frame: random.whole(1, 3), to: random.pick(TARGETS) };
      return { label: JSON.stringify(label), bytes: damaged };
    },
    run: ({ label, bytes }) => makePictures(pictures, bytes, JSON.parse(label) as Label),
    close: () => pictures.close(),
  };
}

async function makePictures(pictures: PictureWorkers, bytes: Buffer, { mediaType, frame, to }: Label): Promise<void> {
  const source = bufferSource(bytes);
  const result = await scanPart10(source, { maxInflatedBytes: MAX_INFLATED_BYTES });
  if (result.kind === 'refused') return;
  const { header } = result;
  // What takes longer than it may, as on a busy machine, is told as such.
  const preview = await throwsOnly(['unavailable'], () => pictures.preview(header, source));
  if (!preview) return;
  const { length } = preview;
  requireThat(length > 0 && length <= MAX_PREVIEW_BYTES, `The preview has ${length} bytes.`);
  requireThat(preview.readUInt16BE(0) === 0xffd8, 'The preview is no JPEG.');
  if (frame <= frameCount(header.frames))
    await throwsOnly(['corrupt', 'not-acceptable', 'unavailable'], () =>
      pictures.render(header, source, { mediaType, frames: [frame] }),
    );
  const convert: ConvertFrame = (number) => pictures.convert(header, source, { number, to });
  const made = await throwsOnly(['not-acceptable', 'unavailable'], async () =>
    collected((await transcodePart10(source, header, { to, convert })).open()),
  );
  if (!made) return;
  const again = await scanPart10(bufferSource(made));
  if (again.kind === 'refused') throw new Find(`What was transcoded is refused: ${again.message}`);
}

/** The longest value, or the fragments, damaged in place: lengths stay, so that all of it reaches a decoder. */
function damagedPixels(random: Choices, bytes: Buffer): Buffer {
  const elements = elementsOf(bytes).filter(({ valueBytes }) => valueBytes > 100);
  const pixels = elements.filter(({ tag }) => tag === 0x7fe00010 || tag === 0xfffee000);
  if (pixels.length === 0) return mutateBytes(random, bytes);
  const { valueAt, valueBytes } = random.pick(pixels);
  // Headers of codestreams are at their beginning.
  const from = valueAt;
  const length = random.once(2) ? Math.min(valueBytes, 256) : valueBytes;
  const damaged = mutateBytes(random, bytes.subarray(from, from + length));
  const copy = Buffer.from(bytes);
  damaged.copy(copy, from, 0, length);
  return copy;
}
