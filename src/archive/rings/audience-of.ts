import type { Ledger } from '../../ledger/ledger.js';

/** The sites of SHARE, but for this one, by number. */
export interface Audience {
  /** Those that are admitted now: for whom the ring is that is written to. */
  audience: number[];
  /** Those that are not, or not any more. */
  notAdmitted: number[];
}

/** For whom what is stored is to be. Rejects with `unavailable`. */
export async function audienceOf(
  share: readonly number[],
  ledger: Pick<Ledger, 'siteId' | 'isAdmitted'>,
): Promise<Audience> {
  const others = share.filter((site) => site !== ledger.siteId).sort((one, other) => one - other);
  const admitted = await Promise.all(others.map((site) => ledger.isAdmitted(site)));
  return {
    audience: others.filter((_, at) => admitted[at]),
    notAdmitted: others.filter((_, at) => !admitted[at]),
  };
}
