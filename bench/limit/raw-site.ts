import { openMadeRing } from '../../src/archive/testing/encrypted-site.js';
import { createBodySecrets } from '../../src/archive/secrecy/body-secrets.js';
import { nameForMember } from '../../src/archive/testing/name-for-member.js';
import type { Naming } from '../../src/archive/store/naming.js';
import type { ImageContract } from '../../src/ledger/contract/image-contract.js';
import { createImages, rings } from '../../src/ledger/contract/images.js';
import { transact } from '../../src/ledger/contract/transact.js';
import type { Hex } from '../../src/ledger/ethereum/hex.js';
import type { Rpc } from '../../src/ledger/rpc/rpc.js';

/** A writer of a site who sends what the archive would send, by transactions of his own. */
export interface RawSite {
  key: Buffer;
  chainId: number;
  /** Where images are announced. */
  contract: ImageContract;
  /** Names and encrypts them, under a ring that no server has. */
  naming: Naming;
}

export interface RawSiteParameters {
  consortium: Hex;
  images: Hex;
  siteId: number;
  /** Of an account that has joined the site as a writer. */
  key: Buffer;
}

const OPEN_RING_GAS = 200_000n;

/** Opens a ring of the site on the chain. */
export async function openRawSite(rpc: Rpc, { consortium, images, siteId, key }: RawSiteParameters): Promise<RawSite> {
  const chainId = await rpc.chainId();
  const { numbers, nodes } = await openMadeRing({
    ...{ siteId, chainId, consortium },
    openRing: async (ringId, commitment) => {
      await transact({ rpc }, { key, to: consortium, data: rings.open(ringId, commitment), gasLimit: OPEN_RING_GAS });
    },
  });
  const secrets = createBodySecrets({ chainId, keyring: nodes });
  return {
    key,
    chainId: Number(chainId),
    contract: createImages(rpc, { address: images, release: 2, consortium }),
    naming: nameForMember({ siteId, contract: images }, { numbers, secrets }),
  };
}
