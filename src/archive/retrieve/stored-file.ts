import type { StreamSource } from '../../pieces/stream-ahead.js';
import type { FoundInstance } from '../archive.js';
import type { Payload } from '../stored-instance.js';

/** The stored bytes of an instance in their own media type. */
export function storedFile(instance: FoundInstance, source: StreamSource): Payload {
  const { mediaType, transferSyntaxUID, byteCount, sha256 } = instance;
  return {
    mediaType,
    ...(mediaType === 'application/dicom' && { transferSyntaxUID }),
    byteCount,
    etag: sha256,
    open: (from = 0) => source.stream(from, byteCount - from),
  };
}

/** A file with what it should begin with and does not: readers of `application/dicom` want its preamble. */
export function beginning(before: Buffer, file: Payload): Payload {
  if (before.length === 0) return file;
  return {
    ...file,
    byteCount: file.byteCount === undefined ? undefined : before.length + file.byteCount,
    etag: `${file.etag}-with-preamble`,
    open: async function* (from = 0) {
      if (from < before.length) yield before.subarray(from);
      yield* file.open(Math.max(0, from - before.length));
    },
  };
}
