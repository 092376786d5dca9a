import sharp from 'sharp';
import { dicomJsonText } from '../../standard/dicom-json.js';
import { type ErrorCode, LedgerError } from '../../base/errors.js';
import { asBuffer } from '../data-set/as-buffer.js';
import { attributeLevels, type Identity } from '../data-set/attributes.js';
import type { EncryptedContent, InstanceSource } from '../data-set/instance-header.js';
import { decodePreview } from '../render/decode-preview.js';
import { readHeader } from './read-header.js';

/** One announcement to read. Crosses the thread boundary, where every Buffer becomes a Uint8Array. */
export interface HeaderTask {
  header: Uint8Array;
  preview: Uint8Array;
  maxBytes: number;
}

/** What a header and a preview say, as far as a catalogue asks. */
export interface HeaderFacts {
  identity: Identity;
  transferSyntaxUID: string;
  source: InstanceSource;
  /** Of the whole instance, where its body on the chain has another number of bytes. */
  byteCount: number | undefined;
  /** Of an instance whose bodies are encrypted. */
  encrypted: EncryptedContent | undefined;
  dataSetSha256: string;
  fileName: string | undefined;
  patientIdIssuer: string | undefined;
  /** DICOM JSON text (PS3.18 §F.2); BulkDataURIs are relative to the service root. */
  metadata: string;
  /** False for a preview that is no whole JPEG of at most 30,720 bytes and 2^20 pixels; an empty one is none, and true. */
  isPreviewPicture: boolean;
}

/**
 * What comes back: texts, which cross a thread boundary faster than what they say, and errors as values, because it leaves only their
 * message.
 */
export type HeaderAnswer =
  { kind: 'read'; facts: HeaderFacts; levels: string } | { kind: 'refused'; code: ErrorCode; message: string };

/** Enough to see that all of a JPEG decodes; the less, the cheaper. */
const LOOK = { width: 96, height: 96 };

sharp.concurrency(1);
sharp.cache(false);

export default async function read({ header: bytes, preview, maxBytes }: HeaderTask): Promise<HeaderAnswer> {
  try {
    const { header, identity, metadata } = readHeader(asBuffer(bytes), { maxBytes });
    const { transferSyntaxUID, source, byteCount, encrypted, dataSetSha256, fileName, patientIdIssuer } = header;
    const facts: HeaderFacts = {
      identity,
      transferSyntaxUID,
      source,
      byteCount,
      encrypted,
      dataSetSha256,
      fileName,
      patientIdIssuer,
      metadata: dicomJsonText(metadata),
      isPreviewPicture: preview.length === 0 || (await decodePreview(asBuffer(preview), LOOK)) !== undefined,
    };
    return { kind: 'read', facts, levels: JSON.stringify(attributeLevels(metadata)) };
  } catch (error) {
    // Of anything else that reading throws the sentence may have what the header says.
    const { code, message } =
      error instanceof LedgerError ? error : new LedgerError('corrupt', 'The header cannot be read.');
    return { kind: 'refused', code, message };
  }
}
