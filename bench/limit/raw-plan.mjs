// The transactions that a site would send for images, signed before the clock runs, and the addresses of their chunks.
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bufferSource } from '../../dist/base/byte-source.js';
import { addressesOf, planBody, planPagedBody } from '../../dist/ledger/contract/chunks.js';
import { fromHex, toHex } from '../../dist/ledger/ethereum/hex.js';
import { signTransaction } from '../../dist/ledger/keys/sign.js';
import { encodePack, imageSteps, packSteps } from '../../dist/ledger/image/transaction-plan.js';

const pieceBytes = 30_720;
const nothingThere = { announced: false, withdraw: false, checkedPages: new Set(), chunks: new Set() };
/** geth counts a pooled transaction in slots of so many bytes. */
const slotBytes = 32 * 1024;

/** @returns {Promise<{raws: Buffer[], slots: number[], addresses: string[], byteCount: number}>} in nonce order */
export async function signImages({ described, contract, chainId, key, nonce }) {
  const raws = [];
  const addresses = [];
  for (const image of described) {
    const plan = await planImage(image, contract);
    addresses.push(...addressesOf(plan.instance.chunks).map(toHex));
    const { head, bulk } = imageSteps(plan, nothingThere);
    const whole = [...packSteps([...head, ...bulk()])];
    for (const pack of whole.length === 1 ? whole : [...packSteps(head), ...packSteps(bulk())]) {
      const data = await encodePack(pack);
      const call = {
        nonce: nonce + raws.length,
        gasPrice: 1n,
        gasLimit: BigInt(pack.gas),
        to: fromHex(contract),
        data,
      };
      raws.push(signTransaction({ chainId: BigInt(chainId), ...call }, key).raw);
      // This process seals for the nodes, too.
      await nextTurn();
    }
  }
  const byteCount = described.reduce((sum, { instance }) => sum + instance.byteCount, 0);
  return { raws, slots: raws.map(({ length }) => Math.ceil(length / slotBytes)), addresses, byteCount };
}

async function planImage({ imageKey, patientKey, header, preview, instance }, contract) {
  const deployer = fromHex(contract);
  const [headerPlan, previewPlan] = await Promise.all(
    [header, preview].map((bytes) => planBody(deployer, bufferSource(bytes), pieceBytes)),
  );
  const paged = await planPagedBody(deployer, instance, pieceBytes);
  const sha256 = { header: hash(header), preview: hash(preview), instance: instance.sha256 };
  const bodies = { header: headerPlan, preview: previewPlan, instance: paged };
  const announcement = { imageKey, patientKey, pieceBytes, ...bodies, sha256 };
  return { announcement, instance: paged, header, preview, source: instance };
}

function hash(bytes) {
  return toHex(createHash('sha256').update(bytes).digest());
}
