import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bufferSource } from '../../src/base/byte-source.js';
import { addressesOf, type BodyPlan, planBody, planPagedBody } from '../../src/ledger/contract/chunks.js';
import { fromHex, toHex, type Hex } from '../../src/ledger/ethereum/hex.js';
import { signTransaction } from '../../src/ledger/keys/sign.js';
import {
  type AlreadyThere,
  encodeBatch,
  type ImageToPlan,
  planTransactions,
  batchSteps,
} from '../../src/ledger/image/transaction-plan.js';
import type { DescribedImage } from './images.js';
import type { ImageContract } from '../../src/ledger/contract/image-contract.js';

const PIECE_BYTES = 30_720;
const NOTHING_THERE: AlreadyThere = { announced: false, withdraw: false, checkedPages: new Set(), chunks: new Set() };
/** geth counts a pooled transaction in slots of so many bytes. */
const SLOT_BYTES = 32 * 1024;

export interface SignedImages {
  imageIds: Hex[];
  /** In nonce order. */
  raws: Buffer[];
  /** Of a pool, for each. */
  slots: number[];
  /** Of all chunks of the instances. */
  addresses: Hex[];
  /** Of the instances, as they lie on the chain. */
  byteCount: number;
}

export interface SignImagesOptions {
  described: readonly DescribedImage[];
  contract: ImageContract;
  chainId: number;
  key: Buffer;
  /** Of the first transaction. */
  nonce: number;
}

/** The transactions that a site would send for images, signed before the clock runs, and the addresses of their chunks. */
export async function signImages(options: SignImagesOptions): Promise<SignedImages> {
  const { described, contract, chainId, key, nonce } = options;
  const raws: Buffer[] = [];
  const addresses: Hex[] = [];
  for (const image of described) {
    const plan = await planImage(image, contract);
    addresses.push(...addressesOf(plan.instance.chunks).map(toHex));
    const { head, bulk } = planTransactions(plan, NOTHING_THERE);
    const whole = [...batchSteps([...head, ...bulk()])];
    for (const pack of whole.length === 1 ? whole : [...batchSteps(head), ...batchSteps(bulk())]) {
      const data = await encodeBatch(pack);
      const call = {
        nonce: nonce + raws.length,
        gasPrice: 1n,
        gasLimit: BigInt(pack.gas),
        to: fromHex(contract.address),
        data,
      };
      raws.push(signTransaction({ chainId: BigInt(chainId), ...call }, key).raw);
      // This process seals for the nodes, too.
      await nextTurn();
    }
  }
  const byteCount = described.reduce((sum, { instance }) => sum + instance.byteCount, 0);
  const imageIds = described.map(({ imageId }) => imageId);
  const slots = raws.map(({ length }) => Math.ceil(length / SLOT_BYTES));
  return { imageIds, raws, slots, addresses, byteCount };
}

async function planImage(image: DescribedImage, { address, calls }: ImageContract): Promise<ImageToPlan> {
  const { imageId, names, header, instance } = image;
  const preview = await image.preview;
  const deployer = fromHex(address);
  const planOf = (bytes: Buffer): Promise<BodyPlan> => planBody(deployer, bufferSource(bytes), PIECE_BYTES);
  const [headerPlan, previewPlan] = await Promise.all([planOf(header), planOf(preview)]);
  const paged = await planPagedBody(deployer, instance, PIECE_BYTES);
  const sha256 = { header: hash(header), preview: hash(preview), instance: instance.sha256 };
  const bodies = { header: headerPlan, preview: previewPlan, instance: paged };
  const announcement = { names, pieceBytes: PIECE_BYTES, ...bodies, scheme: instance.scheme ?? 0, sha256 };
  return { imageId, calls, announcement, instance: paged, header, preview, source: instance };
}

function hash(bytes: Buffer): Hex {
  return toHex(createHash('sha256').update(bytes).digest());
}
