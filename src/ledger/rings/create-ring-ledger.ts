import { LedgerError } from '../../base/errors.js';
import { createConsortiumReader } from '../consortium/consortium-reader.js';
import { openingBlock, readAcknowledgements, readRings } from '../consortium/read-rings.js';
import { logsBetween } from '../contract/logs-between.js';
import type { OwnSite } from '../contract/own-site.js';
import type { Hex } from '../ethereum/hex.js';
import type { RingLedger } from '../ring-ledger.js';
import { acknowledgeRing } from './acknowledge-ring.js';
import type { CallConsortiumDependencies } from './call-consortium.js';
import { openRing } from './open-ring.js';
import { shareRing } from './share-ring.js';

export interface RingLedgerDependencies extends CallConsortiumDependencies {
  ownSite: Pick<OwnSite, 'id' | 'require'>;
}

/** Rings at that consortium; undefined where the contract that is written to is of release 1. */
export function createRingLedger(dependencies: RingLedgerDependencies, consortium: Hex | undefined): RingLedger {
  const { rpc, ownSite } = dependencies;
  const required = (): Hex => {
    if (consortium !== undefined) return consortium;
    throw new LedgerError('not-implemented', 'The contract that is written to is of release 1, which has no rings.');
  };
  const at = () => ({ rpc, consortium: required() });
  /** By ring of this site: before it was opened, nobody has acknowledged it. */
  const openings = new Map<Hex, bigint>();
  return {
    openRing: async (ringId, commitment) => {
      const { consortium: to } = at();
      await openRing(dependencies, { consortium: to, siteId: await ownSite.require(), ringId, commitment });
    },
    share: async (to) => {
      const { consortium: of } = at();
      await shareRing(dependencies, { consortium: of, siteId: await ownSite.require(), to });
    },
    acknowledge: async (ring) => {
      const { consortium: to } = at();
      await acknowledgeRing(dependencies, { consortium: to, bySite: await ownSite.require(), ring });
    },
    rings: async (siteId) => readRings(at(), siteId),
    sharedWith: async (ringId) => {
      const reader = createConsortiumReader(rpc, required());
      // A dismissed site too has its rings.
      const siteId = ownSite.id;
      const count = Number((await reader.read('siteCount'))[0]);
      const others = Array.from({ length: count }, (_, i) => i + 1).filter((one) => one !== siteId);
      const shares = await Promise.all(others.map((one) => reader.read('getShare', siteId, ringId, one, 0n)));
      return others.filter((_, i) => Number(shares[i]!.sharedAt) > 0);
    },
    acknowledgedBy: async (ringId) => {
      const siteId = ownSite.id;
      const from = openings.get(ringId) ?? (await openingBlock(at(), { siteId, ringId }));
      if (from === undefined) return [];
      openings.set(ringId, from);
      const found = await readAcknowledgements(at(), { from });
      const whole = found.filter((one) => one.siteId === siteId && one.ringId === ringId && one.studyKey === 0n);
      return [...new Set(whole.map(({ bySite }) => bySite))].sort((one, other) => one - other);
    },
    hasMovedSince: async (block) => {
      const { consortium: contract } = at();
      const upTo = await rpc.blockNumber();
      const logs = await logsBetween({ rpc }, { contract, topics: [], from: block + 1n, to: upTo });
      return { hasMoved: logs.length > 0, upTo };
    },
    recovered: () => dependencies.sender.recovered,
    isAdmitted: async (siteId) => {
      const reader = createConsortiumReader(rpc, required());
      if (Number((await reader.read('siteCount'))[0]) < siteId) return false;
      return Boolean((await reader.read('getSite', siteId)).admitted);
    },
  };
}
