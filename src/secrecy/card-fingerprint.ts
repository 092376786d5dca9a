import { hash } from 'node:crypto';
import { exactly, labelled, u32 } from './labels.js';
import { type ConsortiumId, consortiumContext } from './ring-commitment.js';

/** What two people compare of a card. */
export interface ComparedCard extends ConsortiumId {
  siteId: number;
  /** Account of the champion who has published it, 20 bytes. */
  publishedBy: Buffer;
  cardKey: Buffer;
}

const SHOWN_BYTES = 20;

/**
 * The fingerprint of a card: of SHA-256("dicom-ledger/2 fingerprint" ‖ 00 ‖ chainId u64 ‖ consortium 20 ‖ siteId u32 ‖ account of the champion 20 ‖
 * card key) the first 160 bits, as ten groups of four hex digits. The champion is in it because later cards of the same one are believed: else
 * somebody could publish a right key once more, and be the one who was compared.
 */
export function cardFingerprint({ siteId, publishedBy, cardKey, ...consortium }: ComparedCard): string {
  const context = [consortiumContext(consortium), u32(siteId), exactly(20, publishedBy), cardKey];
  const digest = hash('sha256', labelled('fingerprint', Buffer.concat(context)), 'hex');
  return digest
    .slice(0, 2 * SHOWN_BYTES)
    .toUpperCase()
    .match(/.{4}/g)!
    .join(' ');
}

/** Whether a text is this fingerprint, however its digits are grouped. */
export function isFingerprint(text: string, fingerprint: string): boolean {
  return text.replace(/[\s:-]/g, '').toUpperCase() === fingerprint.replaceAll(' ', '');
}
