import { LedgerError } from '../../base/errors.js';
import type { ImageContract } from './image-contract.js';
import type { Hex } from '../ethereum/hex.js';
/** What the contract says is asked again after so long: a governor may admit or dismiss at any time. */
const BELIEVED_MS = 2_000;

/** The site that this account writes for. */
export interface OwnSite {
  /** As last known; 0 when the account never belonged to one. */
  readonly id: number;
  /** Rejects with `site-not-admitted` while the account belongs to no admitted site. */
  require(): Promise<number>;
  /** The contract has just said otherwise: it is asked again before anything else is sent. */
  doubt(): void;
}

export async function createOwnSite(
  contract: Pick<ImageContract, 'address' | 'release' | 'siteOf'>,
  account: Hex,
): Promise<OwnSite> {
  let id = await contract.siteOf(account);
  let answer = id;
  let askedAtMs = performance.now();

  return {
    doubt: () => (askedAtMs = -Infinity),
    get id() {
      return id;
    },
    require: async () => {
      if (answer === 0 || performance.now() - askedAtMs > BELIEVED_MS) {
        answer = await contract.siteOf(account);
        askedAtMs = performance.now();
        id = answer || id;
      }
      if (answer !== 0) return answer;
      throw new LedgerError(
        'site-not-admitted',
        `The account ${account} belongs to no site of contract ${contract.address}: ${contract.release === 1 ? 'a governor has to admit it' : 'a champion has to name it, and the server to join (JOIN_SITE)'}.`,
      );
    },
  };
}
