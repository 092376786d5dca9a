import type { Log } from '../../base/log.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { Keyring } from '../../keyring/keyring.js';
import { toHex } from '../../ledger/ethereum/hex.js';
import type { Progress } from '../project/progress.js';

export interface KeepUnlockedDependencies {
  keyring: Pick<Keyring, 'rings' | 'onChange'>;
  catalog: Pick<Catalog, 'unlock'>;
  progress: Pick<Progress, 'changed'>;
  log: Log;
}

/**
 * Has everything read for which there is a key: at the start what came in while nobody looked, and then whenever a ring comes in. Returns
 * what ends that.
 */
export function keepUnlocked({ keyring, catalog, progress, log }: KeepUnlockedDependencies): () => void {
  const unlock = async (siteId: number, ringId: Buffer): Promise<void> => {
    try {
      await catalog.unlock({ siteId, ringId: toHex(ringId) });
      progress.changed();
    } catch (error) {
      log.error({ err: error, siteId }, 'What a ring opens could not be queued for reading; the next start does it.');
    }
  };
  const end = keyring.onChange(({ kind, siteId, ringId }) => {
    if (kind === 'merged') void unlock(siteId, ringId);
  });
  for (const { siteId, ringId } of keyring.rings()) void unlock(siteId, ringId);
  return end;
}
