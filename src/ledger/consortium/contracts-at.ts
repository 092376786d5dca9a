import { findContracts } from '../contract/find-contracts.js';
import { requireReleased } from '../contract/releases.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';

/** The contracts that belong together, of which one was named. */
export type ContractsAt =
  | { release: 1; contract: Hex }
  /** `images` is undefined when the consortium's address was given: it does not know who asks it. */
  | { release: 2; consortium: Hex; images: Hex | undefined };

/** Finds out by the code at the address which contract it is. Throws `misconfigured` unless it was released. */
export async function contractsAt(rpc: Rpc, address: Hex): Promise<ContractsAt> {
  const [release] = await requireReleased(rpc, [address]);
  if (release!.name === 'Consortium') return { release: 2, consortium: address, images: undefined };
  const [{ consortium } = { consortium: undefined }] = await findContracts([{ name: 'the node', rpc }], [address]);
  return consortium === undefined ? { release: 1, contract: address } : { release: 2, consortium, images: address };
}
