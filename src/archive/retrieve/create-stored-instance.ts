import { TRANSFER_SYNTAXES, isEncapsulated } from '../../standard/transfer-syntaxes.js';
import { bufferSource, type ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { asBuffer } from '../../dicom/data-set/as-buffer.js';
import { bulkValue } from '../../dicom/data-set/bulk-value.js';
import { frameChunks, frameCount } from '../../dicom/data-set/frames.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import { fileFaults, missingStart } from '../../dicom/transcode/file-faults.js';
import { dataSetContent } from '../../dicom/transcode/data-set-content.js';
import { transcodePart10 } from '../../dicom/transcode/transcode.js';
import { nativePixels } from '../../dicom/upload/native-pixels.js';
import type { StreamSource } from '../../pieces/stream-ahead.js';
import type { FoundInstance } from '../archive.js';
import type { Payload, Representation, StoredInstance } from '../stored-instance.js';
import { canRepresentFrames, requireRepresentable, requireRepresentableFrames } from './can-represent.js';
import { existingFrames } from './existing-frames.js';
import { wholePayload } from './payload.js';
import type { MadeCache } from './made-cache.js';
import { rendered } from './rendered.js';
import { beginning, storedFile } from './stored-file.js';
import { requireSealed } from './require-sealed.js';

/** What can be read of one instance. */
export interface InstanceContent {
  /** The decoded header. Throws `corrupt`. */
  header: () => InstanceHeader;
  /** The stored bytes, wherever they are on the chain. */
  source: () => StreamSource;
  /** Is told what the file lacks at its beginning, once that is known. */
  noteStart: (before: Buffer) => void;
}

const EXPLICIT_LITTLE_ENDIAN = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;
const ENCAPSULATED_DOCUMENT = '00420011';
const MIMETypeOfEncapsulatedDocument = '00420012';

/** The handle on one instance, as the catalogue has found it; what it reads comes from `content`. */
export function createStoredInstance(
  { pictures, made }: { pictures: PictureWorkers; made: MadeCache },
  instance: FoundInstance,
  content: InstanceContent,
): StoredInstance {
  const { header } = content;
  const source = (): StreamSource => {
    requireSealed(instance);
    if (instance.state === 'retired') throw new LedgerError('gone', 'The instance was retired.');
    return content.source();
  };

  /** The bytes that the header's offsets are about: of an uploaded image that is not encapsulated, its pixels. */
  const described = async (): Promise<ByteSource> => {
    const stored = source();
    const { source: kind, transferSyntaxUID } = header();
    if (kind === 'part10' || isEncapsulated(transferSyntaxUID)) return stored;
    return bufferSource(await nativePixels(await stored.read(0, stored.byteCount), kind));
  };

  const ownFile = (): Payload => storedFile(instance, source());

  const wholeFile = (): Payload => {
    const before = missingStart(header());
    const file = beginning(before, ownFile());
    content.noteStart(before);
    return file;
  };

  const existing = (wanted: readonly number[]) =>
    existingFrames(wanted, {
      SOPInstanceUID: instance.SOPInstanceUID,
      frameCount: frameCount(header().frames),
    });

  return {
    get frameCount() {
      return frameCount(header().frames);
    },
    get bulkPaths() {
      return header().bulk.map(({ path }) => path);
    },
    existingFrames: existing,
    canRepresentFrames: (as) => canRepresentFrames(instance, header(), as),
    storedFile: ownFile,

    instance: async (as) => {
      const isStored = as === 'stored' || as === instance.transferSyntaxUID;
      if (isStored && instance.mediaType === 'application/dicom') {
        if (as === 'stored') return wholeFile();
        const { before, secondFileMetaBytes, byteCount, isInItem } = await fileFaults(source(), header());
        const isWhole = before.length === 0 && secondFileMetaBytes === 0 && byteCount === instance.byteCount;
        if (isWhole && !isInItem) return ownFile();
      }
      requireRepresentable(instance, as);
      const to = as === 'stored' ? header().transferSyntaxUID : as;
      const from = isStored ? await described() : source();
      const convert = (number: number) => pictures.convert(header(), from, { number, to });
      const output = await transcodePart10(from, header(), { to, convert });
      return {
        byteCount: output.byteCount,
        open: (start = 0) => after(output.open(), start),
        mediaType: 'application/dicom',
        transferSyntaxUID: to,
        etag: `${instance.sha256}-${to}`,
      };
    },

    content: ({ withVrs }) => {
      const stored = source();
      const convert = (number: number) => pictures.convert(header(), stored, { number, to: EXPLICIT_LITTLE_ENDIAN });
      return dataSetContent(stored, header(), { convert, withVrs });
    },

    frame: async (number, as) => {
      existing([number]);
      requireRepresentableFrames(instance, header(), as);
      const etag = `${instance.sha256}-${number}-${as}`;
      if (isCopied(header(), as)) {
        const { chunks, transferSyntaxUID } = await frameChunks(await described(), header(), {
          number,
          as: as === EXPLICIT_LITTLE_ENDIAN ? 'explicit-little-endian' : 'stored',
        });
        return { ...wholePayload(chunks, 'application/octet-stream'), transferSyntaxUID, etag };
      }
      const { bytes } = await made.get(instance, `frame ${number} in ${as}`, async () => {
        const frame = await pictures.convert(header(), source(), { number, to: as, layout: 'described' });
        return { bytes: asBuffer(frame.bytes), isAnnotated: false };
      });
      return { ...wholePayload(bytes, 'application/octet-stream'), transferSyntaxUID: as, etag };
    },

    bulkData: async (path) => {
      const value = await bulkValue(await described(), header(), path);
      return {
        mediaType: path === ENCAPSULATED_DOCUMENT ? documentType(instance) : 'application/octet-stream',
        ...(value.transferSyntaxUID !== undefined && { transferSyntaxUID: value.transferSyntaxUID }),
        byteCount: value.byteCount,
        etag: `${instance.sha256}-${path}`,
        open: (from = 0) => after(value.open(), from),
      };
    },

    rendered: (options) => rendered({ pictures, made }, { instance, header, source }, options),
  };
}

/** Whether a frame is given as it lies there, but for the order of its bytes; else it is decoded and encoded. */
function isCopied({ transferSyntaxUID, frames }: InstanceHeader, as: Representation): boolean {
  return as === 'stored' || as === transferSyntaxUID || (as === EXPLICIT_LITTLE_ENDIAN && frames?.kind === 'native');
}

/** What the object says of its document; the routes decide which of these types a browser may see. */
function documentType(instance: FoundInstance): string {
  const [type] = instance.instance[MIMETypeOfEncapsulatedDocument]?.Value ?? [];
  return typeof type === 'string' && /^[a-z]+\/[\w.+-]+$/i.test(type) ? type.toLowerCase() : 'application/octet-stream';
}

/** What is made on the way is made from its beginning. */
async function* after(bytes: AsyncIterable<Buffer>, from: number): AsyncGenerator<Buffer> {
  let skip = from;
  for await (const chunk of bytes) {
    if (chunk.length > skip) yield chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}
