import { createHash } from 'node:crypto';
import { bufferSource, type ByteSource } from '../../base/byte-source.js';
import { asBuffer } from '../../dicom/data-set/as-buffer.js';
import { bulkValue } from '../../dicom/data-set/bulk-value.js';
import { frameBytes, frameCount } from '../../dicom/data-set/frames.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { decodeHeader } from '../../dicom/metadata/encode-header.js';
import { nativePixels } from '../../dicom/upload/native-pixels.js';
import { canTranscode, transcodePart10 } from '../../dicom/transcode/transcode.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import { LedgerError } from '../../base/errors.js';
import type { Body } from '../../ledger/ledger.js';
import type { Archive, CatalogInstance, Payload, Representation } from '../archive.js';
import { type ChainSourceDependencies, chainSource } from './body-source.js';
import { rendered } from './rendered.js';
import { wholePayload } from './payload.js';
import type { StreamSource } from '../../pieces/stream-ahead.js';
import type { Catalog } from '../../catalog/catalog.js';
import { isEncapsulated, TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';

export interface RetrieveDependencies extends ChainSourceDependencies {
  catalog: Catalog;
  pictures: PictureWorkers;
}

type Retrieve = Pick<
  Archive,
  | 'instance'
  | 'storedFile'
  | 'canRepresent'
  | 'frameCount'
  | 'frame'
  | 'bulkData'
  | 'thumbnail'
  | 'rendered'
  | 'renderedTypes'
>;

const EXPLICIT_LITTLE_ENDIAN = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;
const ENCAPSULATED_DOCUMENT = '00420011';
const MIMETypeOfEncapsulatedDocument = '00420012';
const RETRY_SENTENCE = 'The instance is announced, but not all of its pieces are on the chain yet; ask again soon.';

export function retrieve(dependencies: RetrieveDependencies): Retrieve {
  const { catalog, pictures } = dependencies;

  const stored = (instance: CatalogInstance): StreamSource => {
    if (instance.state === 'announced') throw new LedgerError('unavailable', RETRY_SENTENCE, { retryable: true });
    if (instance.state === 'retired') throw new LedgerError('gone', 'The instance was retired.');
    return chainSource(dependencies, {
      body: JSON.parse(instance.body) as Body,
      byteCount: instance.byteCount,
    });
  };

  /** The bytes that the header's offsets are about: of an uploaded image that is not encapsulated, its pixels. */
  const described = async (instance: CatalogInstance, header: InstanceHeader): Promise<ByteSource> => {
    const source = stored(instance);
    if (header.source === 'part10' || isEncapsulated(header.transferSyntaxUID)) return source;
    return bufferSource(await nativePixels(await source.read(0, source.byteCount), header.source));
  };

  const storedPayload = (instance: CatalogInstance): Payload => {
    const source = stored(instance);
    return {
      mediaType: instance.mediaType,
      ...(instance.mediaType === 'application/dicom' && { transferSyntaxUID: instance.transferSyntaxUID }),
      byteCount: instance.byteCount,
      etag: instance.sha256,
      open: (from = 0) => source.stream(from, instance.byteCount - from),
    };
  };

  return {
    canRepresent,

    instance: async (instance, as) => {
      const isStored = as === 'stored' || as === instance.transferSyntaxUID;
      if (isStored && instance.mediaType === 'application/dicom') return storedPayload(instance);
      requireRepresentable(instance, as);
      const header = headerOf(instance);
      const to = as === 'stored' ? header.transferSyntaxUID : as;
      const source = isStored ? await described(instance, header) : stored(instance);
      const convert = (number: number) => pictures.convert(header, source, { number, to });
      const output = await transcodePart10(source, header, { to, convert });
      return {
        byteCount: output.byteCount,
        open: (from = 0) => after(output.open(), from),
        mediaType: 'application/dicom',
        transferSyntaxUID: to,
        etag: `${instance.sha256}-${to}`,
      };
    },

    storedFile: async (instance) => storedPayload(instance),

    frameCount: (instance) => frameCount(headerOf(instance).frames),

    frame: async (instance, number, as) => {
      const header = headerOf(instance);
      if (number < 1 || number > frameCount(header.frames)) {
        throw new LedgerError(
          'not-found',
          `There is no frame ${number}; the instance has ${frameCount(header.frames)}.`,
        );
      }
      requireRepresentable(instance, as);
      const etag = `${instance.sha256}-${number}-${as}`;
      const isNative = header.frames?.kind === 'native';
      if (as === 'stored' || as === header.transferSyntaxUID || (as === EXPLICIT_LITTLE_ENDIAN && isNative)) {
        const { bytes, transferSyntaxUID } = await frameBytes(await described(instance, header), header, {
          number,
          as: as === EXPLICIT_LITTLE_ENDIAN ? 'explicit-little-endian' : 'stored',
        });
        return { ...wholePayload(bytes, 'application/octet-stream'), transferSyntaxUID, etag };
      }
      const { bytes } = await pictures.convert(header, stored(instance), { number, to: as });
      return { ...wholePayload(asBuffer(bytes), 'application/octet-stream'), transferSyntaxUID: as, etag };
    },

    bulkData: async (instance, path) => {
      const header = headerOf(instance);
      const value = await bulkValue(await described(instance, header), header, path);
      return {
        mediaType: path === ENCAPSULATED_DOCUMENT ? documentType(instance) : 'application/octet-stream',
        ...(value.transferSyntaxUID !== undefined && { transferSyntaxUID: value.transferSyntaxUID }),
        byteCount: value.byteCount,
        etag: `${instance.sha256}-${path}`,
        open: (from = 0) => after(value.open(), from),
      };
    },

    thumbnail: (instance) => {
      const preview = catalog.preview(instance.imageKey);
      if (!preview || preview.length === 0)
        throw new LedgerError('not-found', 'The instance was stored without a preview.');
      return { ...wholePayload(preview, 'image/jpeg'), etag: createHash('sha256').update(preview).digest('hex') };
    },

    ...rendered({ pictures, stored }),
  };
}

function canRepresent({ transferSyntaxUID: from, instance }: CatalogInstance, as: Representation): boolean {
  const number = (tag: string): number => Number(instance[tag]?.Value?.[0] ?? 0);
  const to = as === 'stored' ? from : as;
  return canTranscode({ from, to, BitsAllocated: number('00280100'), SamplesPerPixel: number('00280002') });
}

function requireRepresentable(instance: CatalogInstance, as: Representation): void {
  if (canRepresent(instance, as)) return;
  throw new LedgerError(
    'not-acceptable',
    `The instance is stored in transfer syntax ${instance.transferSyntaxUID} and cannot be converted to ${as}; ask for transfer-syntax=*.`,
  );
}

/** What the object says of its document; the routes decide which of these types a browser may see. */
function documentType(instance: CatalogInstance): string {
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

function headerOf(instance: CatalogInstance): InstanceHeader {
  return decodeHeader(instance.header);
}
