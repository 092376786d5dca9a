import { createHash } from 'node:crypto';
import { bufferSource } from '../../../src/base/byte-source.js';
import type { InstanceHeader } from '../../../src/dicom/data-set/instance-header.js';
import { encodeHeader } from '../../../src/dicom/metadata/encode-header.js';
import { scanPart10 } from '../../../src/dicom/part10/part10.js';
import { encodePreview } from '../../../src/dicom/render/encode-preview.js';
import { openPictureWorkers, type PictureWorkers } from '../../../src/dicom/render/picture-workers.js';
import { secondaryCapture } from '../../../src/dicom/upload/secondary-capture.js';
import { type ContentVerifier, openContentVerifier } from '../../../src/dicom/verify/open-content-verifier.js';
import type { Choices } from '../choices.js';
import { createCorpus } from '../corpus.js';
import type { Door } from '../door.js';
import { Find, requireThat, throwsNothing } from '../find.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateDicom } from '../mutate-dicom.js';
import { mutateImage, smallImages } from '../mutate-image.js';

const MAX_FILE_BYTES = 200_000;
const MAX_INFLATED_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 8_000;

interface Label {
  name: string;
  /** Base64. */
  preview: string;
}

interface Doors {
  pictures: PictureWorkers;
  contents: ContentVerifier;
}

/** What others have stored, with what they say of it: the honest passes, and whatever the others are, they are judged. */
export async function openContentDoor(): Promise<Door> {
  const corpus = createCorpus({ of: 'dicom', isWanted: (bytes) => bytes.length < MAX_FILE_BYTES });
  const images = await smallImages();
  const pictures = openPictureWorkers({ threads: 2, timeoutMs: TIMEOUT_MS });
  const contents = openContentVerifier({ timeoutMs: TIMEOUT_MS });
  const gray = { pixels: Uint8Array.from({ length: 256 }, (_, at) => at), width: 16, height: 16, channels: 1 } as const;
  const preview = await encodePreview(gray);
  const fileOf = (random: Choices): { name: string; bytes: Buffer } => {
    if (random.once(3)) {
      const { name, bytes } = random.pick(images);
      return { name, bytes: random.once(4) ? bytes : mutateImage(random, bytes, random.pick(images).bytes) };
    }
    const { name, bytes } = corpus.pick(random);
    return { name, bytes: random.once(4) ? bytes : mutateDicom(random, bytes, { other: corpus.pick(random).bytes }) };
  };
  return {
    lanes: 2,
    make: (random) => {
      const { name, bytes } = fileOf(random);
      const label: Label = { name, preview: mutateBytes(random, preview).subarray(0, 4096).toString('base64') };
      return { label: JSON.stringify(label), bytes };
    },
    run: ({ label, bytes }) => verify({ pictures, contents }, bytes, JSON.parse(label) as Label),
    close: async () => {
      await pictures.close();
      await contents.close();
    },
  };
}

async function verify({ pictures, contents }: Doors, bytes: Buffer, { name, preview }: Label): Promise<void> {
  const source = bufferSource(bytes);
  const header = await headerOf(bytes, name);
  if (header === undefined) return;
  const announced = {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    header: encodeHeader(header),
    preview: await throwsNothing(() => pictures.preview(header, source)),
  };
  const fault = await throwsNothing(() => contents.verify(source, announced));
  if (fault) throw new Find(`What is honest is refused: ${fault.detail}`);
  const other = { ...announced, preview: Buffer.from(preview, 'base64') };
  const judged = await throwsNothing(() => contents.verify(source, other));
  requireThat(judged?.reason !== 'bytes', 'A preview is taken for bytes.');
  const changed = { ...announced, sha256: announced.sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
  const wrong = await throwsNothing(() => contents.verify(source, changed));
  requireThat(wrong?.reason === 'bytes', 'Another SHA-256 is not found.');
}

/** Undefined for what no site stores. */
async function headerOf(bytes: Buffer, name: string): Promise<InstanceHeader | undefined> {
  const source = bufferSource(bytes);
  const mediaType = name.endsWith('.png') ? 'image/png' : 'image/jpeg';
  const result = /\.(png|jpe?g)$/.test(name)
    ? await secondaryCapture(source, { mediaType, PatientID: 'P-1' })
    : await scanPart10(source, { maxInflatedBytes: MAX_INFLATED_BYTES });
  return result.kind === 'header' ? result.header : undefined;
}
