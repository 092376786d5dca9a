import { LedgerError } from '../../base/errors.js';
import { requireReleased } from '../contract/releases.js';
import { toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import type { Rpc } from '../rpc/rpc.js';
import { createConsortiumReader, imagesInterface } from './consortium-reader.js';
import { release2 } from './release2.js';

/** The contracts that belong together, of which one was named. */
export type ContractsAt =
  | { release: 1; contract: Hex }
  /** `images` is undefined when the consortium's address was given: it does not know who asks it. */
  | { release: 2; consortium: Hex; images: Hex | undefined };

/** Finds out by the code at the address which contract it is. Throws `misconfigured` unless it was released. */
export async function contractsAt(rpc: Rpc, address: Hex): Promise<ContractsAt> {
  const [code] = await rpc.codes([address]);
  const codeHash = toHex(keccak256(code!));
  const [consortium, images] = await Promise.all([release2('Consortium'), release2('Images')]);
  if (codeHash === consortium.codeHash) return { release: 2, consortium: address, images: undefined };
  if (codeHash !== images.codeHash) {
    await requireReleased(rpc, [address]);
    return { release: 1, contract: address };
  }
  const [named] = await createConsortiumReader(rpc, address, imagesInterface).read('consortium');
  const asked = String(named).toLowerCase() as Hex;
  const [other] = await rpc.codes([asked]);
  if (toHex(keccak256(other!)) === consortium.codeHash) return { release: 2, consortium: asked, images: address };
  throw new LedgerError(
    'misconfigured',
    `The images at ${address} ask ${asked} who may write, which is no released consortium: trust neither.`,
  );
}
