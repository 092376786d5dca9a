import { setTimeout as delay } from 'node:timers/promises';
import { LedgerError } from '../../base/errors.js';
import { readErasedStudies } from '../../ledger/consortium/read-erased-studies.js';
import { readRingSharing } from '../../ledger/consortium/read-ring-sharing.js';
import { toHex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Ring } from '../../secrecy/ring.js';
import { pathOf, type Prefix, studyKeyOf } from '../../secrecy/tree.js';

/** What the chain says of a ring that goes from one site to another. */
export interface SharedRing {
  /** The site that has opened it. */
  siteId: number;
  commitment: Buffer;
  /** Every site that gets it, or a study of it. */
  sharedWith: number[];
  /** What of it the recipient gets; undefined: all. */
  studyKeys: ReadonlySet<bigint> | undefined;
  /** The studies that were erased. */
  erased: Prefix[];
}

/** From whom to whom which ring goes. */
interface Passing {
  from: number;
  to: number;
  ringId: Buffer;
}

const WAIT_MS = { each: 500, most: 60_000 };

/**
 * The rings of that number that both sites have by the word of the chain, as deep as it is final; the sender's own first. What the head has already
 * is waited for. Rejects with `forbidden` when there is none, and with `unavailable` when it does not become final.
 */
export async function sharedRings(
  { ledger, signal }: { ledger: Pick<Ledger, 'askConsortium'>; signal: AbortSignal },
  passing: Passing,
): Promise<SharedRing[]> {
  const asked = (options?: { depth: number }): Promise<SharedRing[]> => readShared(ledger, passing, options);
  const until = Date.now() + WAIT_MS.most;
  for (;;) {
    const found = await asked();
    if (found.length > 0) return found;
    if ((await asked({ depth: 1 })).length === 0) throw notShared(passing);
    if (Date.now() > until || signal.aborted)
      throw new LedgerError('unavailable', `That the ring ${passing.ringId.toString('hex')} is shared is not final on the chain yet; try again.`, { retryable: true, details: { retryAfterS: 15 } }); // prettier-ignore
    await delay(WAIT_MS.each, undefined, { signal }).catch(() => undefined);
  }
}

async function readShared(
  ledger: Pick<Ledger, 'askConsortium'>,
  { from, to, ringId }: Passing,
  options?: { depth: number },
): Promise<SharedRing[]> {
  return ledger.askConsortium(async (at) => {
    const rings = await readRingSharing(at, toHex(ringId));
    const between = rings.filter(({ siteId, shares }) => {
      const readers = [siteId, ...shares.map(({ toSite }) => toSite)];
      return readers.includes(from) && readers.includes(to);
    });
    const shared = between.map(async ({ siteId, commitment, shares }): Promise<SharedRing> => {
      const given = shares.filter(({ toSite }) => toSite === to).map(({ studyKey }) => studyKey);
      const isWhole = to === siteId || given.includes(0n);
      return {
        ...{ siteId, commitment },
        sharedWith: [...new Set(shares.map(({ toSite }) => toSite))],
        studyKeys: isWhole ? undefined : new Set(given),
        erased: (await readErasedStudies(at, siteId)).map(pathOf),
      };
    });
    return (await Promise.all(shared)).sort((a, b) => Number(b.siteId === from) - Number(a.siteId === from));
  }, options);
}

/** The study keys of which a ring consists; undefined when it has more than studies. */
export function studyKeysOf(ring: Ring): bigint[] | undefined {
  const keys: bigint[] = [];
  for (const place of ring.keys()) {
    const key = studyKeyOf(place);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return keys;
}

function notShared({ from, to, ringId }: Passing): LedgerError {
  const ring = ringId.toString('hex');
  return new LedgerError(
    'forbidden',
    `The chain does not share the ring ${ring} between the sites ${from} and ${to}: its site says so first ("dicom-ledger share ring ${ring} --to <siteId>").`,
  );
}
