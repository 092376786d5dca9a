import { imageIdOf } from '../../ledger/contract/images.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { BodySecrets } from '../secrecy/body-secrets.js';
import { nameByNumbers, type StudyNumbers } from '../store/name-by-numbers.js';
import type { Naming } from '../store/naming.js';

/** How a writer of a site names what it stores that has no server, and has stored nothing before. */
export function nameForMember(
  { siteId, contract }: { siteId: number; contract: Hex },
  { numbers, secrets }: { numbers: StudyNumbers; secrets: BodySecrets },
): Naming {
  const ledger = {
    siteId,
    contracts: [contract],
    imageIdOf: ({ imageKey }: { imageKey: Hex }) => imageIdOf(siteId, imageKey),
  };
  const projection = { own: () => undefined, holder: () => undefined };
  return nameByNumbers({ ledger, projection, numbers, secrets }, { isPadded: true });
}
