import { nameOf } from '../../keyring/held-rings.js';
import type { Keyring } from '../../keyring/keyring.js';
import type { OpenedRing } from '../../ledger/consortium/read-rings.js';
import { fromHex } from '../../ledger/ethereum/hex.js';

/** How many of the rings on the chain have no keys here. What was erased of one is not missing: the ring is held, with nothing in it. */
export function missingRings(opened: readonly OpenedRing[], keyring: Pick<Keyring, 'rings'>): number {
  const held = new Set(keyring.rings().map(nameOf));
  return opened.filter(({ siteId, ringId }) => !held.has(nameOf({ siteId, ringId: fromHex(ringId) }))).length;
}
