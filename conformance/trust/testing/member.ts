import { createPseudonyms, type Pseudonyms } from '../../../src/archive/pseudonyms.js';
import { until } from '../../../src/base/testing/until.js';
import { fromHex, type Hex } from '../../../src/ledger/ethereum/hex.js';
import { accountOf, signTransaction } from '../../../src/ledger/keys/sign.js';
import type { Rpc } from '../../../src/ledger/rpc/rpc.js';
import { BASE_GAS } from '../../../src/ledger/contract/gas.js';
import { createImageLedger } from '../../../src/ledger/contract/image-ledger.js';
import type { ImageState } from '../../../src/ledger/contract/image-contract.js';
import { batchSteps, encodeBatch, type Step } from '../../../src/ledger/image/transaction-plan.js';

/** A site of a consortium without a server: what it says on the chain is what a test makes it say. */
export interface Member {
  siteId: number;
  contract: Hex;
  /** It has the consortium's key, as every member. */
  pseudonyms: Pseudonyms;
  /** How an image stands in its contract. */
  stateOf(imageId: Hex): Promise<ImageState>;
  /** Sends steps in as few transactions as a server would, in order, and waits until blocks have all of them. */
  send(steps: Iterable<Step>): Promise<void>;
  /** Sends each list as one transaction, all at once, and waits until blocks have all of them. */
  sendTransactions(transactions: readonly (readonly Step[])[]): Promise<void>;
}

export interface MemberParameters {
  siteId: number;
  contract: Hex;
  consortiumKey: Buffer;
  /** Of its account. */
  key: Buffer;
}

/** An admitted site that writes with raw transactions to the node behind `rpc`. */
export function createMember({ rpc }: { rpc: Rpc }, parameters: MemberParameters): Member {
  const { siteId, contract, consortiumKey, key } = parameters;
  const account = accountOf(key);

  async function sendTransactions(transactions: readonly (readonly Step[])[]): Promise<void> {
    const [first, chainId, gasPrice] = await Promise.all([rpc.nonce(account, 'latest'), rpc.chainId(), rpc.gasPrice()]);
    for (const [index, steps] of transactions.entries()) {
      const gas = steps.reduce((sum, step) => sum + step.gas, BASE_GAS);
      const data = await encodeBatch({ steps: [...steps], byteCount: 0, gas });
      const nonce = first + index;
      const call = { chainId, nonce, gasPrice, gasLimit: BigInt(gas), to: fromHex(contract), data };
      await rpc.send(signTransaction(call, key).raw);
    }
    const last = first + transactions.length;
    await until("the member's transactions to be in blocks", async () => (await rpc.nonce(account, 'latest')) >= last, {
      timeoutMs: 120_000,
    });
  }

  return {
    siteId,
    contract,
    pseudonyms: createPseudonyms(consortiumKey),
    stateOf: async (imageId) => (await createImageLedger(rpc, contract).image(imageId)).state,
    send: (steps) => sendTransactions([...batchSteps(steps)].map((batch) => batch.steps)),
    sendTransactions,
  };
}
