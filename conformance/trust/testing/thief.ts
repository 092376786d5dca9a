import { randomBytes } from 'node:crypto';
import { createConsortiumReader } from '../../../src/ledger/consortium/consortium-reader.js';
import { readRings, RING_ANCHOR_KIND, ringAnchorRoot } from '../../../src/ledger/consortium/read-rings.js';
import { imageIdOf } from '../../../src/ledger/contract/images.js';
import { transact } from '../../../src/ledger/contract/transact.js';
import { toHex, type Hex } from '../../../src/ledger/ethereum/hex.js';
import { accountOf } from '../../../src/ledger/keys/sign.js';
import { type Forgery, planForgery, randomKey, retireStep } from './forgery.js';
import { createMember, type Member } from './member.js';
import type { TrustBed } from './trust-bed.js';

/** Somebody who has stolen the key of an account, and has no server. */
export interface Thief {
  account: Hex;
  /** Calls the consortium; rejects with its reason when it refuses. */
  call(name: string, ...values: unknown[]): Promise<void>;
  /** Retires images in one transaction, as far as the contract lets. */
  retire(images: readonly Hex[]): Promise<void>;
  /** Announces and seals an image of a site of which nothing can be read, and gives its ID. */
  announceGarbage(names: { siteId: number; ringId: Hex; studyKey: bigint }): Promise<Hex>;
  /** Says of all rings of the other sites that this site has their keys. */
  acknowledgeAll(siteId: number): Promise<void>;
}

const GAS = 3_000_000n;

export function thiefOf({ rpc, consortium, contract, mallory }: TrustBed, key: Buffer): Thief {
  const account = accountOf(key);
  const reader = createConsortiumReader(rpc, consortium);
  const member: Member = createMember(
    { rpc },
    { siteId: 0, contract: { address: contract, release: 2, consortium }, key, naming: mallory.naming },
  );
  const call: Thief['call'] = async (name, ...values) => {
    const data = reader.encode(name, ...values);
    await reader.simulate(name, data, account);
    await transact({ rpc }, { key, to: consortium, data, gasLimit: GAS });
  };
  return {
    ...{ account, call },
    retire: (images) => member.sendTransactions([images.map((imageId) => retireStep(member, imageId, '113001'))]),
    announceGarbage: async ({ siteId, ...names }) => {
      const imageKey = randomKey();
      const byte = randomBytes(1);
      const forgery: Forgery = {
        imageId: imageIdOf(siteId, imageKey),
        names: { release: 2, imageKey, patientKey: 1n, ...names },
        ...{ header: byte, preview: byte, instance: byte, scheme: 2, sha256: randomKey() },
      };
      await member.send((await planForgery(member, forgery)).all);
      return forgery.imageId;
    },
    acknowledgeAll: async (siteId) => {
      for (const ring of await readRings({ rpc, consortium }))
        if (ring.siteId !== siteId) await call('anchor', RING_ANCHOR_KIND, ringAnchorRoot(ring), 0n);
      await call('anchor', 1, toHex(randomBytes(32)), 1n);
    },
  };
}
