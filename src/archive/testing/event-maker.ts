import { createHash } from 'node:crypto';
import { bufferSource } from '../../base/byte-source.js';
import { encodePreview } from '../../dicom/render/encode-preview.js';
import { encodeHeader } from '../../dicom/metadata/encode-header.js';
import { scanPart10 } from '../../dicom/part10/part10.js';
import { LedgerError } from '../../base/errors.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { Body, Ledger, LedgerEvent } from '../../ledger/ledger.js';
import { createPseudonyms } from '../pseudonyms.js';
import { slice } from './parts.js';
import { namedBy } from '../../ledger/testing/named-by.js';

export type AnnouncedEvent = Extract<LedgerEvent, { kind: 'announced' }>;

export const testPseudonyms = createPseudonyms(Buffer.alloc(32, 1));

/** Who announces what the maker makes, unless told. */
export const OWN_SITE = 1;
/** By which everything is withdrawn and retired. */
const OWN_ACCOUNT: Hex = '0xdd';

/** A picture of one grey, of whatever is announced. */
const grey = await encodePreview({ pixels: Buffer.alloc(64, 7), width: 8, height: 8, channels: 1 });

/** A preview like no other: a JPEG with a comment (ISO/IEC 10918-1 §B.2.4.5). */
export function previewOf(name: string): Buffer {
  const comment = Buffer.from(`..preview of ${name}`);
  comment.writeUInt16BE(comment.length);
  return Buffer.concat([grey.subarray(0, 2), Buffer.from([0xff, 0xfe]), comment, grey.subarray(2)]);
}

/** Makes events whose headers and previews its ledger can read. */
export function eventMaker() {
  const bodies = new Map<Hex, Buffer>();

  const bodyOf = (bytes: Buffer): Body => {
    const sha256: Hex = `0x${createHash('sha256').update(bytes).digest('hex')}`;
    bodies.set(sha256, bytes);
    return {
      contract: '0xc0',
      scheme: 0,
      byteCount: bytes.length,
      sha256,
      root: sha256,
      pieceBytes: 100,
      list: [],
    };
  };
  const base = (imageId: Hex, logIndex: number) => ({
    contract: '0xc0' as Hex,
    position: { blockNumber: 1n, logIndex },
    imageId,
    siteId: OWN_SITE,
  });

  return {
    ledger: {
      siteId: OWN_SITE,
      account: OWN_ACCOUNT,
      siteName: (siteId: number) => `site ${siteId}`,
      readBody: async ({ sha256 }: Body) => {
        const bytes = bodies.get(sha256);
        if (!bytes) throw new LedgerError('unavailable', 'No node answers.', { retryable: true });
        return bytes;
      },
    } as unknown as Ledger,
    bodyOf,
    announced: async (SOPInstanceUID: string, logIndex = 0, PatientID = 'P-1'): Promise<AnnouncedEvent> => {
      const file = slice({ SOPInstanceUID, PatientID });
      const scanned = await scanPart10(bufferSource(file));
      if (scanned.kind !== 'header') throw new Error(scanned.message);
      return {
        ...base(testPseudonyms.imageKey(SOPInstanceUID), logIndex),
        kind: 'announced',
        names: namedBy(
          testPseudonyms.imageKey(SOPInstanceUID),
          testPseudonyms.patientKey({ PatientID, IssuerOfPatientID: '', StudyInstanceUID: '1.2.3.5' }),
        ).names,
        header: bodyOf(encodeHeader(scanned.header)),
        preview: bodyOf(previewOf(SOPInstanceUID)),
        instance: bodyOf(file),
      };
    },
    sealed: (SOPInstanceUID: string, logIndex = 1): LedgerEvent => ({
      ...base(testPseudonyms.imageKey(SOPInstanceUID), logIndex),
      kind: 'sealed',
      pages: ['0xbb'],
    }),
    withdrawn: (SOPInstanceUID: string, logIndex = 1): LedgerEvent => ({
      ...base(testPseudonyms.imageKey(SOPInstanceUID), logIndex),
      kind: 'withdrawn',
      by: OWN_ACCOUNT,
    }),
    retired: (SOPInstanceUID: string, logIndex = 2): LedgerEvent => ({
      ...base(testPseudonyms.imageKey(SOPInstanceUID), logIndex),
      kind: 'retired',
      by: OWN_ACCOUNT,
      reason: 'wrong side',
      ruling: 0,
    }),
  };
}
