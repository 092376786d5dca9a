import { isEncapsulated } from '../../../src/standard/transfer-syntaxes.js';
import { bufferSource } from '../../../src/base/byte-source.js';
import { encodeHeader } from '../../../src/dicom/metadata/encode-header.js';
import { scanPart10 } from '../../../src/dicom/part10/part10.js';
import { transcodePart10 } from '../../../src/dicom/transcode/transcode.js';
import { nativePixels } from '../../../src/dicom/upload/native-pixels.js';
import { secondaryCapture, secondaryCaptureParameters } from '../../../src/dicom/upload/secondary-capture.js';
import type { Choices } from '../choices.js';
import { collected } from '../collected.js';
import { type Corpus, createCorpus } from '../corpus.js';
import type { NamedBytes } from '../made-files.js';
import type { Door } from '../door.js';
import { Find, throwsNothing, throwsOnly } from '../find.js';
import { mutateImage, smallImages } from '../mutate-image.js';
import { randomText } from '../random-text.js';
import type { SecondaryCaptureParameters } from '../../../src/dicom/upload/secondary-capture-data-set.js';

const MAX_FILE_BYTES = 200_000;

/** JPG and PNG files with hostile parameters: what is taken can be shown as the object that it becomes. */
export async function openImageDoor(): Promise<Door> {
  const small = await smallImages();
  const real = realImages();
  const pick = (random: Choices): NamedBytes => (real && random.once(40) ? real.pick(random) : random.pick(small));
  return {
    make: (random) => {
      const { name, bytes } = pick(random);
      const other = random.pick(small).bytes;
      const parameters = hostileParameters(random, name);
      return { label: JSON.stringify(parameters), bytes: random.once(20) ? bytes : mutateImage(random, bytes, other) };
    },
    run: ({ label, bytes }) => upload(bytes, JSON.parse(label) as SecondaryCaptureParameters),
    close: async () => undefined,
  };
}

async function upload(bytes: Buffer, parameters: SecondaryCaptureParameters): Promise<void> {
  const source = bufferSource(bytes);
  const result = await throwsNothing(() => secondaryCapture(source, parameters));
  if (result.kind === 'refused') return;
  const { header } = result;
  const announced = encodeHeader(header);
  const again = await throwsNothing(() => secondaryCapture(source, secondaryCaptureParameters(header)));
  if (again.kind === 'refused' || !encodeHeader(again.header).equals(announced)) {
    const what = again.kind === 'refused' ? again.message : 'another header';
    throw new Find(`The header does not follow from its own parameters: ${what}`);
  }
  const to = header.transferSyntaxUID;
  const pixels = isEncapsulated(to) ? bytes : await throwsOnly(['corrupt'], () => nativePixels(bytes, header.source));
  if (!pixels) return;
  const convert = (): Promise<never> => Promise.reject(new Find('A frame was to be decoded without need.'));
  const transcoded = await transcodePart10(bufferSource(pixels), header, { to, convert });
  const scanned = await scanPart10(bufferSource(await collected(transcoded.open())));
  if (scanned.kind === 'refused') throw new Find(`The object of the image is refused: ${scanned.message}`);
}

function hostileParameters(random: Choices, name: string): SecondaryCaptureParameters {
  const mediaType = name.endsWith('.png') !== random.once(30) ? 'image/png' : 'image/jpeg';
  // The routes trim what they are given.
  const hostile = (): string | undefined => (random.once(10) ? randomText(random, 300).trim() : undefined);
  return {
    mediaType,
    PatientID: hostile() ?? 'P-1',
    IssuerOfPatientID: hostile(),
    StudyInstanceUID: hostile(),
    fileName: hostile() ?? name,
    acquisition: hostile() ?? '20240229',
  };
}

function realImages(): Corpus | undefined {
  try {
    return createCorpus({ of: 'image', isWanted: (bytes) => bytes.length < MAX_FILE_BYTES });
  } catch {
    return undefined;
  }
}
