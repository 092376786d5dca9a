import { LedgerError } from '../../base/errors.js';
import { BASE_GAS, calldataGas, OPEN_RING_GAS } from '../contract/gas.js';
import { rings } from '../contract/images.js';
import type { Hex } from '../ethereum/hex.js';
import type { Heads } from '../nodes/heads.js';
import type { Rpc } from '../rpc/rpc.js';
import type { Sender } from '../send/sender.js';

export interface OpenRingDependencies {
  rpc: Rpc;
  sender: Sender;
  heads: Heads;
  signal: AbortSignal;
}

export interface RingToOpen {
  consortium: Hex;
  siteId: number;
  ringId: Hex;
  commitment: Hex;
}

/** Opens a ring of this site; resolves once the contract has it with this commitment. Rejects with `conflict` when it has another. */
export async function openRing(
  { rpc, sender, heads, signal }: OpenRingDependencies,
  { consortium, siteId, ringId, commitment }: RingToOpen,
): Promise<void> {
  const isOpen = async (): Promise<boolean> => {
    const found = await rings.commitmentOf(rpc, consortium, { siteId, ringId });
    if (found === undefined || found === commitment) return found !== undefined;
    throw new LedgerError(
      'conflict',
      `The ring ${ringId} of site ${siteId} is open with another commitment: ${found}.`,
    );
  };
  if (await isOpen()) return;
  const data = rings.open(ringId, commitment);
  const request = { byteCount: data.length, urgent: true, bytesLeft: data.length };
  const gas = BASE_GAS + OPEN_RING_GAS + calldataGas(data.length);
  const sent = await sender.send(request, async () => ({ to: consortium, data, gas }));
  await sent.mined;
  while (!(await isOpen())) {
    if (signal.aborted) throw new LedgerError('unavailable', 'The server is stopping.', { retryable: true });
    // The node that is asked may be a block behind.
    await heads.after(heads.count, 1_000, signal);
  }
}
