import type { Hex } from '../ethereum/hex.js';
import { blockTimes } from './block-times.js';
import { type ConsortiumAt, type ConsortiumEvent, consortiumEvents, lower, uintTopic } from './consortium-events.js';

/** What another site gets of a ring. Times are those of blocks, in seconds since 1970. */
export interface RingShare {
  toSite: number;
  /** 0: all that the ring opens. */
  studyKey: bigint;
  mayAdd: boolean;
  /** When and by whose account it was said first. */
  sharedAt: number;
  sharedBy: Hex;
  /** When that site has said first that it has the keys; undefined while it has not. */
  acknowledgedAt: number | undefined;
}

/** A ring as the chain knows it: never a key. */
export interface OpenedRing {
  siteId: number;
  /** 16 bytes. */
  ringId: Hex;
  openedBy: Hex;
  openedAt: number;
  shares: RingShare[];
}

/** A site says that it has the keys of a ring of another one, or of a study of it. */
export interface RingAcknowledgement {
  /** Who says so, by the account of a writer. */
  bySite: number;
  /** Whose ring it is. */
  siteId: number;
  ringId: Hex;
  /** 0: of all that the ring opens. */
  studyKey: bigint;
  block: bigint;
}

/** As `anchor` of the consortium has it: 1 is for a day of the record of use. */
export const RING_ANCHOR_KIND = 2;
const ROOT_BYTES = 32;
const ZERO_BYTES = 12;

/** What is anchored when a ring is acknowledged: 12 zero bytes ‖ siteId u32 ‖ ringId 16. */
export function ringAnchorRoot({ siteId, ringId }: { siteId: number; ringId: Hex }): Hex {
  return `0x${'00'.repeat(ZERO_BYTES)}${siteId.toString(16).padStart(8, '0')}${ringId.slice(2)}`;
}

/** Undefined for a root that is nobody's acknowledgement. */
function ringOfRoot(root: Hex): { siteId: number; ringId: Hex } | undefined {
  const bytes = Buffer.from(root.slice(2), 'hex');
  if (bytes.length !== ROOT_BYTES || bytes.subarray(0, ZERO_BYTES).some((byte) => byte !== 0)) return undefined;
  return {
    siteId: bytes.readUInt32BE(ZERO_BYTES),
    ringId: lower(`0x${bytes.subarray(ZERO_BYTES + 4).toString('hex')}`),
  };
}

/** All rings, or those of one site, in the order in which they were opened. */
export async function readRings(at: ConsortiumAt, siteId?: number): Promise<OpenedRing[]> {
  const first = siteId === undefined ? undefined : uintTopic(siteId);
  const [events, acknowledgements] = await Promise.all([
    consortiumEvents(at, ['RingOpened', 'Shared'], { indexed: [first] }),
    readAcknowledgements(at),
  ]);
  const timeOf = await blockTimes(at.rpc, [...events, ...acknowledgements]);
  const rings = new Map<string, OpenedRing>();
  const shares = new Map<string, RingShare>();
  for (const { name, values, block } of events) {
    const ring = { siteId: Number(values.siteId), ringId: lower(values.ringId) };
    const by = lower(values.by);
    if (name === 'RingOpened') rings.set(keyOf(ring), { ...ring, openedBy: by, openedAt: timeOf(block), shares: [] });
    else {
      const said = saidOf(values);
      const key = keyOf(ring, said);
      const known = shares.get(key);
      // Said again, a share changes in place.
      if (known) known.mayAdd = said.mayAdd;
      else {
        const share = { ...said, sharedAt: timeOf(block), sharedBy: by, acknowledgedAt: undefined };
        shares.set(key, share);
        rings.get(keyOf(ring))?.shares.push(share);
      }
    }
  }
  for (const { block, ...said } of acknowledgements) {
    const share = shares.get(keyOf(said, { toSite: said.bySite, studyKey: said.studyKey }));
    if (share) share.acknowledgedAt ??= timeOf(block);
  }
  return [...rings.values()];
}

/** In which block a ring of a site was opened; undefined while it is not. */
export async function openingBlock(
  at: ConsortiumAt,
  { siteId, ringId }: { siteId: number; ringId: Hex },
): Promise<bigint | undefined> {
  // A bytes16 stands at the beginning of its word.
  const indexed = [uintTopic(siteId), `${ringId}${'00'.repeat(16)}` as const];
  return (await consortiumEvents(at, ['RingOpened'], { indexed }))[0]?.block;
}

/** Acknowledgements of one site or of all, from block `from` on (0 unless given), in chain order. */
export async function readAcknowledgements(
  at: ConsortiumAt,
  { bySite, from = 0n }: { bySite?: number; from?: bigint } = {},
): Promise<RingAcknowledgement[]> {
  const indexed = [bySite === undefined ? undefined : uintTopic(bySite), uintTopic(RING_ANCHOR_KIND)];
  return (await consortiumEvents(at, ['Anchored'], { indexed, from })).flatMap(acknowledgementOf);
}

function acknowledgementOf({ values, block }: ConsortiumEvent): RingAcknowledgement[] {
  const ring = ringOfRoot(lower(values.root));
  if (ring === undefined) return [];
  return [{ bySite: Number(values.siteId), ...ring, studyKey: values.count as bigint, block }];
}

function saidOf(values: ConsortiumEvent['values']): Pick<RingShare, 'toSite' | 'studyKey' | 'mayAdd'> {
  return { toSite: Number(values.toSite), studyKey: values.studyKey as bigint, mayAdd: Boolean(values.mayAdd) };
}

function keyOf(
  { siteId, ringId }: Pick<OpenedRing, 'siteId' | 'ringId'>,
  share?: Pick<RingShare, 'toSite' | 'studyKey'>,
): string {
  return [siteId, ringId, ...(share ? [share.toSite, share.studyKey] : [])].join(' ');
}
