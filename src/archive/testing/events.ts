import { createHash } from 'node:crypto';
import { bufferSource } from '../../base/byte-source.js';
import { encodeHeader } from '../../dicom/metadata/header-codec.js';
import { scanPart10 } from '../../dicom/part10/part10.js';
import { LedgerError } from '../../base/errors.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { Body, Ledger, LedgerEvent } from '../../ledger/ledger.js';
import { createPseudonyms } from '../pseudonyms.js';
import { slice } from './parts.js';

export type AnnouncedEvent = Extract<LedgerEvent, { kind: 'announced' }>;

export const testKeys = createPseudonyms(Buffer.alloc(32, 1));

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
  const base = (imageKey: Hex, logIndex: number) => ({
    contract: '0xc0' as Hex,
    position: { blockNumber: 1n, logIndex },
    imageKey,
    siteId: 1,
  });

  return {
    ledger: {
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
        ...base(testKeys.imageKey(SOPInstanceUID), logIndex),
        kind: 'announced',
        patientKey: '0xaa',
        header: bodyOf(encodeHeader(scanned.header)),
        preview: bodyOf(Buffer.from(`preview of ${SOPInstanceUID}`)),
        instance: bodyOf(file),
      };
    },
    sealed: (SOPInstanceUID: string, logIndex = 1): LedgerEvent => ({
      ...base(testKeys.imageKey(SOPInstanceUID), logIndex),
      kind: 'sealed',
      pages: ['0xbb'],
    }),
    withdrawn: (SOPInstanceUID: string, logIndex = 1): LedgerEvent => ({
      ...base(testKeys.imageKey(SOPInstanceUID), logIndex),
      kind: 'withdrawn',
      by: '0xdd',
    }),
    retired: (SOPInstanceUID: string, logIndex = 2): LedgerEvent => ({
      ...base(testKeys.imageKey(SOPInstanceUID), logIndex),
      kind: 'retired',
      by: '0xdd',
      reason: 'wrong side',
    }),
  };
}
