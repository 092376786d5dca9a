import type { Result } from 'ethers';
import type { Hex } from '../ethereum/hex.js';
import type { Body, LedgerEvent } from '../ledger.js';
import { imageLedgerInterface } from './revert-errors.js';
import type { RawLog } from '../rpc/rpc.js';

interface Claim {
  scheme: bigint;
  byteCount: bigint;
  sha256Digest: Hex;
  root: Hex;
}

/** A log of the contract as LedgerEvent; undefined for what a catalogue does not need (sites, governors). */
export function decodeEvent(log: RawLog): LedgerEvent | undefined {
  const parsed = imageLedgerInterface.parseLog(log);
  if (parsed === null) return undefined;
  const values = parsed.args as Result & Record<string, unknown>;
  const contract = lower(log.address);
  const base = {
    contract,
    position: { blockNumber: BigInt(log.blockNumber), logIndex: Number(log.logIndex) },
    imageKey: values.imageKey as Hex,
    siteId: Number(values.siteId),
  };
  switch (parsed.name) {
    case 'Announced':
      return {
        ...base,
        kind: 'announced',
        patientKey: values.patientKey as Hex,
        ...bodies(contract, values.announcement),
      };
    case 'Sealed':
      return { ...base, kind: 'sealed', pages: list(values.pages) };
    case 'Withdrawn':
      return { ...base, kind: 'withdrawn', by: lower(values.by as string) };
    case 'Retired':
      return { ...base, kind: 'retired', by: lower(values.by as string), reason: values.reason as string };
    default:
      return undefined;
  }
}

function bodies(contract: Hex, announced: unknown): { header: Body; preview: Body; instance: Body } {
  const announcement = announced as Record<string, unknown>;
  const pieceBytes = Number(announcement.pieceBytes);
  const body = (claim: unknown, chunks: Hex[]): Body => {
    const { scheme, byteCount, sha256Digest, root } = claim as Claim;
    return {
      contract,
      scheme: Number(scheme),
      byteCount: Number(byteCount),
      sha256: sha256Digest,
      root,
      pieceBytes,
      list: chunks,
    };
  };
  return {
    header: body(announcement.header, list(announcement.headerChunks)),
    preview: body(announcement.preview, list(announcement.previewChunks)),
    instance: body(announcement.instance, []),
  };
}

function list(addresses: unknown): Hex[] {
  return Array.from(addresses as Iterable<string>, lower);
}

function lower(address: string): Hex {
  return address.toLowerCase() as Hex;
}
