import type { Hex } from '../../../src/ledger/ethereum/hex.js';
import type { Body, LedgerEvent } from '../../../src/ledger/ledger.js';
import { type Announcement, CONTRACTS, type Op } from './history.js';
import { namedBy } from '../../../src/ledger/testing/named-by.js';

/** How an image stands on a branch. */
export interface ImageOnChain {
  state: 'announced' | 'sealed' | 'retired';
  announcement: Announcement;
  /** How many rulings on it were carried out, and whether it is retired by the last. */
  rulings?: number;
  isRuled?: boolean;
}

/** By contract and image ID. */
export type ImagesOnChain = Map<string, ImageOnChain>;

/** An announcement with its bodies as a ledger tells of them. */
export interface PublishedAnnouncement {
  announcement: Announcement;
  bodies: Record<'header' | 'preview' | 'instance', Body>;
}

type EventOf<E> = E extends LedgerEvent ? Omit<E, 'position'> : never;

export const accountOf = (siteId: number): Hex => `0x${String(siteId).repeat(40)}`;
const GOVERNOR: Hex = `0x${'ee'.repeat(20)}`;

/** The events of one block, and what they change in `images`; none of an op that the contract would revert (IImageLedger, IImages). */
export function blockEvents(
  ops: readonly Op[],
  {
    published,
    images,
    blockNumber,
  }: { published: readonly PublishedAnnouncement[]; images: ImagesOnChain; blockNumber: bigint },
): LedgerEvent[] {
  return ops
    .flatMap((op) => eventsOf(op, published[op.of]!, images))
    .map((event, logIndex) => ({ ...event, position: { blockNumber, logIndex } }));
}

function eventsOf(
  { kind, isGovernor }: Op,
  { announcement, bodies }: PublishedAnnouncement,
  images: ImagesOnChain,
): EventOf<LedgerEvent>[] {
  const { contract, imageId, siteId, patientKey } = announcement;
  const id = `${contract} ${imageId}`;
  const now = images.get(id);
  const theirs = { contract, imageId, siteId: now?.announcement.siteId ?? siteId };
  const isOwn = theirs.siteId === siteId;
  const by = isGovernor ? GOVERNOR : accountOf(siteId);
  if (kind === 'announce') {
    // Of another site it is taken over, as after TAKEOVER_BLOCKS.
    if (now !== undefined && (now.state !== 'announced' || isOwn)) return [];
    images.set(id, { state: 'announced', announcement });
    const announced = {
      contract,
      imageId,
      siteId,
      kind: 'announced' as const,
      names: namedBy(imageId, patientKey).names,
      ...bodies,
    };
    return now === undefined ? [announced] : [{ ...theirs, kind: 'withdrawn', by }, announced];
  }
  if (kind === 'retire' || kind === 'restore') {
    const ended = endedOrRestored({ kind, isOwn, isGovernor, isSecond: contract === CONTRACTS[1] }, now);
    if (ended === undefined) return [];
    images.set(id, ended.image);
    const { ruling } = ended;
    return [
      kind === 'retire'
        ? { ...theirs, kind: 'retired', by, reason: 'fuzz', ruling }
        : { ...theirs, kind: 'restored', by, ruling },
    ];
  }
  if (now?.state !== 'announced' || !isOwn) return [];
  if (kind === 'seal') images.set(id, { ...now, state: 'sealed' });
  else images.delete(id);
  return [kind === 'seal' ? { ...theirs, kind: 'sealed', pages: [by] } : { ...theirs, kind: 'withdrawn', by }];
}

/** What becomes of an image that is taken out of use, or into it again; undefined where the contract refuses that. */
function endedOrRestored(
  { kind, isOwn, isGovernor, isSecond }: Record<'isOwn' | 'isGovernor' | 'isSecond', boolean> & { kind: Op['kind'] },
  now: ImageOnChain | undefined,
): { image: ImageOnChain; ruling: number } | undefined {
  const isRuling = isGovernor && isSecond;
  const from: ImageOnChain['state'] = kind === 'retire' ? 'sealed' : 'retired';
  const isRetiredAnew = isRuling && kind === 'retire' && now?.state === 'retired';
  if (!now || !(now.state === from || isRetiredAnew) || !(isOwn || isGovernor)) return undefined;
  if (kind === 'restore' && (!isSecond || (now.isRuled && !isRuling))) return undefined;
  const rulings = (now.rulings ?? 0) + (isRuling ? 1 : 0);
  const state = kind === 'retire' ? ('retired' as const) : ('sealed' as const);
  const isRuled = isRuling && kind === 'retire';
  return { image: { ...now, state, rulings, isRuled }, ruling: isRuling ? rulings : 0 };
}
