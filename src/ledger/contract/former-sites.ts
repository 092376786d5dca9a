import { LedgerError } from '../../base/errors.js';
import type { Hex } from '../ethereum/hex.js';
import type { ImageContract } from './image-contract.js';

/**
 * The number that each site has now, by the one that it has at a contract, for the contracts whose numbers are not those of the newest:
 * ImageLedger numbers its sites itself, and a person says once who is who. Throws `misconfigured` where a site is not named in `formerSites`.
 */
export async function readFormerSites(
  contracts: readonly ImageContract[],
  formerSites: ReadonlyMap<number, number> = new Map(),
): Promise<ReadonlyMap<Hex, ReadonlyMap<number, number>>> {
  const found = new Map<Hex, ReadonlyMap<number, number>>();
  if (contracts[0]?.release !== 2) return found;
  for (const contract of contracts.filter(({ release }) => release === 1)) {
    const count = await contract.siteCount();
    for (let siteId = 1; siteId <= count; siteId++)
      if (!formerSites.has(siteId))
        throw new LedgerError(
          'misconfigured',
          `FORMER_SITES does not say which number site ${siteId} ("${await contract.siteName(siteId)}") of contract ${contract.address} has now: name it as ${siteId}=<number>, as "dicom-ledger site list" shows them.`,
        );
    found.set(contract.address, formerSites);
  }
  return found;
}
