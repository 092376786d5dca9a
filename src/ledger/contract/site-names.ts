import type { ImageContract } from './image-contract.js';

/** What the sites of a contract are called. No site is ever given another name. */
export interface SiteNames {
  /** `site <n>` of one that was not learned yet. */
  nameOf(siteId: number): string;
  /** Those that were learned, by number. */
  known(): { siteId: number; name: string }[];
  /** Asks the contract for those that are not known; what cannot be asked is asked for the next time. Never rejects. */
  learn(siteIds: readonly number[]): Promise<void>;
}

/** A governor writes a name, and the contract takes it as long as it likes. */
const MOST_CHARACTERS = 64;

/** On one line, without control characters or spaces around it. */
const shownOf = (name: string): string =>
  [...name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim()].slice(0, MOST_CHARACTERS).join('').trim();

const unknown = (siteId: number): string => `site ${siteId}`;

export function createSiteNames(contract: Pick<ImageContract, 'siteName'>): SiteNames {
  const names = new Map<number, string>();
  const asked = new Set<number>();

  async function learn(siteId: number): Promise<void> {
    if (names.has(siteId) || asked.has(siteId)) return;
    asked.add(siteId);
    try {
      const name = await contract.siteName(siteId);
      names.set(siteId, shownOf(name) || unknown(siteId));
    } catch {
      // The next event of the site asks again.
    } finally {
      asked.delete(siteId);
    }
  }

  return {
    nameOf: (siteId) => names.get(siteId) ?? unknown(siteId),
    known: () => [...names].map(([siteId, name]) => ({ siteId, name })).sort((a, b) => a.siteId - b.siteId),
    learn: async (siteIds) => {
      await Promise.all(siteIds.map(learn));
    },
  };
}
