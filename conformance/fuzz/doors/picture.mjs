import { bufferSource } from '../../../dist/base/byte-source.js';
import { ENCODABLE } from '../../../dist/standard/transfer-syntaxes.js';
import { frameCount } from '../../../dist/dicom/data-set/frames.js';
import { scanPart10 } from '../../../dist/dicom/part10/part10.js';
import { openPictures } from '../../../dist/dicom/render/picture-workers.js';
import { transcodePart10 } from '../../../dist/dicom/transcode/transcode.js';
import { collected, only, require } from '../allowed.mjs';
import { openCorpus } from '../corpus.mjs';
import { elementsOf } from '../elements.mjs';
import { mutateBytes } from '../mutate-bytes.mjs';
import { mutateDicom } from '../mutate-dicom.mjs';

const hasPixels = (bytes) => bytes.length < 400_000 && bytes.includes(Buffer.from([0xe0, 0x7f, 0x10, 0]));
const targets = ['1.2.840.10008.1.2.1', ...ENCODABLE];
const maxPreviewBytes = 30_720;

/** Damaged pixels and descriptions of pixels through the threads that make pictures. */
export async function openDoor() {
  const corpus = openCorpus({ of: 'dicom', isWanted: hasPixels });
  const pictures = openPictures({ threads: 2, timeoutMs: 2_000 });
  return {
    lanes: 2,
    make: (random) => {
      const { name, bytes } = corpus.pick(random);
      const damaged = random.once(2)
        ? damagedPixels(random, bytes)
        : mutateDicom(random, bytes, { other: corpus.pick(random).bytes });
      const mediaType = random.pick(['image/jpeg', 'image/png']);
      return {
        label: JSON.stringify({ name, mediaType, frame: random.whole(1, 3), to: random.pick(targets) }),
        bytes: damaged,
      };
    },
    run: async ({ label, bytes }) => {
      const source = bufferSource(bytes);
      const result = await scanPart10(source, { maxInflatedBytes: 64 * 1024 * 1024 });
      if (result.kind === 'refused') return;
      const { header } = result;
      const preview = await only([], () => pictures.preview(header, source));
      require(preview.length > 0 && preview.length <= maxPreviewBytes, `The preview has ${preview.length} bytes.`);
      require(preview.readUInt16BE(0) === 0xffd8, 'The preview is no JPEG.');
      const { mediaType, frame, to } = JSON.parse(label);
      if (frame <= frameCount(header.frames))
        await only(['corrupt', 'not-acceptable'], () => pictures.render(header, source, { mediaType, frame }));
      const convert = (number) => pictures.convert(header, source, { number, to });
      const made = await only(['not-acceptable'], async () =>
        collected((await transcodePart10(source, header, { to, convert })).open()),
      );
      if (!made) return;
      const again = await scanPart10(bufferSource(made));
      require(again.kind === 'header', `What was transcoded is refused: ${again.message}`);
    },
    close: () => pictures.close(),
  };
}

/** The longest value, or the fragments, damaged in place: lengths stay, so that all of it reaches a decoder. */
function damagedPixels(random, bytes) {
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
