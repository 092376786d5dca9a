import { bufferSource } from '../../../dist/base/byte-source.js';
import { encodeHeader } from '../../../dist/dicom/metadata/encode-header.js';
import { scanPart10 } from '../../../dist/dicom/part10/part10.js';
import { secondaryCapture, secondaryCaptureParameters } from '../../../dist/dicom/upload/secondary-capture.js';
import { nativePixels } from '../../../dist/dicom/upload/native-pixels.js';
import { transcodePart10 } from '../../../dist/dicom/transcode/transcode.js';
import { collected, only, require } from '../allowed.mjs';
import { openCorpus } from '../corpus.mjs';
import { mutateImage, smallImages } from '../mutate-image.mjs';
import { randomText } from '../random-text.mjs';
import { isEncapsulated } from '../../../dist/standard/transfer-syntaxes.js';

/** JPG and PNG files with hostile parameters: what is taken can be shown as the object that it becomes. */
export async function openDoor() {
  const small = await smallImages();
  const real = realImages();
  const pick = (random) => (real && random.once(40) ? real.pick(random) : random.pick(small));
  return {
    make: (random) => {
      const { name, bytes } = pick(random);
      const other = random.pick(small).bytes;
      const mediaType = name.endsWith('.png') !== random.once(30) ? 'image/png' : 'image/jpeg';
      // The routes trim what they are given.
      const hostile = () => (random.once(10) ? randomText(random, 300).trim() : undefined);
      const parameters = {
        mediaType,
        PatientID: hostile() ?? 'P-1',
        IssuerOfPatientID: hostile(),
        StudyInstanceUID: hostile(),
        fileName: hostile() ?? name,
        acquisition: hostile() ?? '20240229',
      };
      return { label: JSON.stringify(parameters), bytes: random.once(20) ? bytes : mutateImage(random, bytes, other) };
    },
    run: async ({ label, bytes }) => {
      const source = bufferSource(bytes);
      const result = await only([], () => secondaryCapture(source, JSON.parse(label)));
      if (result.kind === 'refused') return;
      const { header } = result;
      const announced = encodeHeader(header);
      const again = await only([], () => secondaryCapture(source, secondaryCaptureParameters(header)));
      const isSame = again.kind === 'header' && encodeHeader(again.header).equals(announced);
      require(isSame, `The header does not follow from its own parameters: ${again.message ?? 'another header'}`);
      const to = header.transferSyntaxUID;
      const isPixels = !isEncapsulated(header.transferSyntaxUID);
      const pixels = isPixels ? await only(['corrupt'], () => nativePixels(bytes, header.source)) : bytes;
      if (!pixels) return;
      const file = await collected((await transcodePart10(bufferSource(pixels), header, { to })).open());
      const scanned = await scanPart10(bufferSource(file));
      require(scanned.kind === 'header', `The object of the image is refused: ${scanned.message}`);
    },
    close: async () => undefined,
  };
}

function realImages() {
  try {
    return openCorpus({ of: 'image', isWanted: (bytes) => bytes.length < 200_000 });
  } catch {
    return undefined;
  }
}
