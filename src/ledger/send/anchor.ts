import { LedgerError } from '../../base/errors.js';
import { fromHex, type Hex } from '../ethereum/hex.js';
import type { Anchor } from '../ledger.js';
import type { Rpc } from '../rpc/rpc.js';
import type { Sender } from './sender.js';

/** Says what the data of such a transaction are: root and count follow. */
const TAG = Buffer.from('dlaudit1');
const ROOT_BYTES = 32;
const COUNT_BYTES = 8;
const BYTE_COUNT = TAG.length + ROOT_BYTES + COUNT_BYTES;
/** 21,000 a transaction and 16 a byte of its data (EIP-2028); with room for chains that ask 40 (EIP-7623). */
const GAS = 25_000;

/**
 * Puts a root on the chain: the data of a transaction of the site's account to itself, which moves nothing. Resolves with the hash
 * of the transaction once it is in the outbox, from where it is sent until a block has it.
 */
export async function sendAnchor(
  { sender }: { sender: Sender },
  { root, count }: Pick<Anchor, 'root' | 'count'>,
): Promise<Hex> {
  if (root.length !== ROOT_BYTES)
    throw new LedgerError('internal', `A root of ${root.length} bytes cannot be anchored; it has 32.`);
  const number = Buffer.alloc(COUNT_BYTES);
  number.writeBigUInt64BE(BigInt(count));
  const data = Buffer.concat([TAG, root, number]);
  const request = { byteCount: BYTE_COUNT, urgent: true, bytesLeft: BYTE_COUNT };
  const sent = await sender.send(request, async () => ({ to: sender.account, data, gas: GAS }));
  await sent.saved;
  return sent.hash;
}

/** What a transaction anchored; undefined while no block has it, and for one that anchors nothing. */
export async function findAnchor(
  { rpc }: { rpc: Pick<Rpc, 'minedTransaction'> },
  hash: Hex,
): Promise<Anchor | undefined> {
  const found = await rpc.minedTransaction(hash);
  if (found === undefined || found.from.toLowerCase() !== found.to?.toLowerCase()) return undefined;
  const data = fromHex(found.data);
  if (data.length !== BYTE_COUNT || !data.subarray(0, TAG.length).equals(TAG)) return undefined;
  return {
    root: Buffer.from(data.subarray(TAG.length, TAG.length + ROOT_BYTES)),
    count: Number(data.readBigUInt64BE(TAG.length + ROOT_BYTES)),
    block: found.block,
  };
}
