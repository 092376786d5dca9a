import type { ImageLedger } from './image-ledger.js';

/** What the sites of a contract are called. No site is ever given another name. */
export interface SiteNames {
  /** `site <n>` of one that was not learned yet. */
  nameOf(siteId: number): string;
  /** Asks the contract for those that are not known; what cannot be asked is asked for the next time. Never rejects. */
  learn(siteIds: readonly number[]): Promise<void>;
}

/** A governor writes a name, and the contract takes it as long as it likes. */
const MOST_CHARACTERS = 64;

export function createSiteNames(contract: Pick<ImageLedger, 'siteName'>): SiteNames {
  const names = new Map<number, string>();
  const asked = new Set<number>();

  async function learn(siteId: number): Promise<void> {
    if (names.has(siteId) || asked.has(siteId)) return;
    asked.add(siteId);
    try {
      const name = await contract.siteName(siteId);
      names.set(siteId, [...name.replace(/\p{C}/gu, '')].slice(0, MOST_CHARACTERS).join(''));
    } catch {
      // The next event of the site asks again.
    } finally {
      asked.delete(siteId);
    }
  }

  return {
    nameOf: (siteId) => names.get(siteId) || `site ${siteId}`,
    learn: async (siteIds) => {
      await Promise.all(siteIds.map(learn));
    },
  };
}
