import { LedgerError } from '../../base/errors.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';

/** What tells one chain from another: two networks may use one id. */
export interface ChainIdentity {
  chainId: bigint;
  /** Of block 0, or of block 1 where a chain begins with that. */
  firstHash: Hex | undefined;
}

export async function readIdentity(rpc: Rpc): Promise<ChainIdentity> {
  const [chainId, first] = await Promise.all([rpc.chainId(), rpc.block(0n)]);
  return { chainId, firstHash: (first ?? (await rpc.block(1n)))?.hash };
}

export function isSameChain(one: ChainIdentity, other: ChainIdentity): boolean {
  return one.chainId === other.chainId && one.firstHash === other.firstHash;
}

/** Throws `misconfigured` when one of the nodes is of another chain than the first. */
export function requireOneChain(answers: readonly { name: string; identity: ChainIdentity }[]): void {
  const [first, ...others] = answers;
  const foreign = others.find(({ identity }) => !isSameChain(identity, first!.identity));
  if (!first || !foreign) return;
  const shown = ({ name, identity }: typeof first): string =>
    `${name} is of chain ${identity.chainId} (first block ${identity.firstHash})`;
  throw new LedgerError(
    'misconfigured',
    `The nodes of LEDGER_URL belong to different chains: ${shown(first)}, ${shown(foreign)}. Take out the wrong one.`,
  );
}
