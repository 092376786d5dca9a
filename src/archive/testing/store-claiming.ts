import { createHash } from 'node:crypto';
import { bufferSource } from '../../base/byte-source.js';
import { planBody, planPagedBody } from '../../ledger/contract/chunks.js';
import type { Announcement } from '../../ledger/contract/image-contract.js';
import { createImages } from '../../ledger/contract/images.js';
import { fromHex, type Hex, toHex } from '../../ledger/ethereum/hex.js';
import { batchSteps, encodeBatch, planTransactions } from '../../ledger/image/transaction-plan.js';
import type { ImageToStore } from '../../ledger/ledger.js';
import { MAX_TRANSACTION_GAS } from '../../ledger/contract/gas.js';
import { createRpc } from '../../ledger/rpc/rpc.js';
import type { Bed } from '../../ledger/testing/ledger-bed.js';

const PIECE_BYTES = 30_720;

/** Brings an image of release 2 onto the chain, by an account of its site, with other digests than its bodies have: as a member can who lies. */
export async function storeClaiming(
  bed: Bed,
  {
    key,
    contracts,
    image,
    sha256,
  }: {
    key: Buffer;
    contracts: { images: Hex; consortium: Hex };
    image: ImageToStore;
    sha256: Partial<Announcement['sha256']>;
  },
): Promise<void> {
  const { names, imageId, header, instance: source } = image;
  const preview = await image.preview;
  const at = fromHex(contracts.images);
  const instance = await planPagedBody(at, source, PIECE_BYTES);
  const digest = (bytes: Buffer): Hex => toHex(createHash('sha256').update(bytes).digest());
  const announcement = {
    ...{ names, instance, pieceBytes: PIECE_BYTES, scheme: source.scheme ?? 0 },
    header: await planBody(at, bufferSource(header), PIECE_BYTES),
    preview: await planBody(at, bufferSource(preview), PIECE_BYTES),
    sha256: {
      ...{ header: digest(header), preview: digest(preview), instance: digest(await source.read(0, source.byteCount)) },
      ...sha256,
    },
  };
  const { calls } = createImages(createRpc(bed.provider), {
    ...{ release: 2, address: contracts.images, consortium: contracts.consortium },
  });
  const plan = { ...{ imageId, calls, announcement, instance, header, preview, source } };
  const there = { announced: false, withdraw: false, checkedPages: new Set<number>(), chunks: new Set<string>() };
  const { head, bulk } = planTransactions(plan, there);
  const steps = [...head, ...bulk()];
  for (const batch of batchSteps(steps))
    await bed.transact(key, contracts.images, await encodeBatch(batch), BigInt(MAX_TRANSACTION_GAS));
}
