import { until } from '../../../src/base/testing/until.js';
import { BASE_GAS, MAX_TRANSACTION_GAS } from '../../../src/ledger/contract/gas.js';
import { createImageContract } from '../../../src/ledger/contract/create-image-contract.js';
import type { ContractRef, ImageCalls, ImageState } from '../../../src/ledger/contract/image-contract.js';
import { fromHex, type Hex } from '../../../src/ledger/ethereum/hex.js';
import { batchSteps, encodeBatch, type Step } from '../../../src/ledger/image/transaction-plan.js';
import { transact } from '../../../src/ledger/contract/transact.js';
import { accountOf, signTransaction } from '../../../src/ledger/keys/sign.js';
import type { Rpc } from '../../../src/ledger/rpc/rpc.js';
import type { MemberNaming } from './member-naming.js';

/** An account without a server: what it says on the chain is what a test makes it say. */
export interface Member {
  siteId: number;
  contract: Hex;
  calls: ImageCalls;
  /** As the server of its site would name what it stores. */
  naming: MemberNaming;
  /** How an image stands in its contract. */
  stateOf(imageId: Hex): Promise<ImageState>;
  /** Sends steps in as few transactions as a server would, in order, and waits until blocks have all of them. */
  send(steps: Iterable<Step>): Promise<void>;
  /** Sends each list as one transaction, all at once, and waits until blocks have all of them, with effect or without. */
  sendTransactions(transactions: readonly (readonly Step[])[]): Promise<void>;
  /** Sends calldata that somebody else has sent, and waits until a block has it, with effect or without. */
  sendData(data: Buffer): Promise<void>;
}

export interface MemberParameters {
  siteId: number;
  contract: ContractRef;
  /** Of its account. */
  key: Buffer;
  naming: MemberNaming;
}

/** Somebody who writes with raw transactions to the node behind `rpc`. */
export function createMember({ rpc }: { rpc: Rpc }, { siteId, contract, key, naming }: MemberParameters): Member {
  const account = accountOf(key);
  const images = createImageContract(rpc, contract);

  async function sendTransactions(transactions: readonly (readonly Step[])[]): Promise<void> {
    const [first, chainId, gasPrice] = await Promise.all([rpc.nonce(account, 'latest'), rpc.chainId(), rpc.gasPrice()]);
    for (const [index, steps] of transactions.entries()) {
      const gas = steps.reduce((sum, step) => sum + step.gas, BASE_GAS);
      const data = await encodeBatch({ steps: [...steps], byteCount: 0, gas });
      const nonce = first + index;
      const call = { chainId, nonce, gasPrice, gasLimit: BigInt(gas), to: fromHex(contract.address), data };
      await rpc.send(signTransaction(call, key).raw);
    }
    const last = first + transactions.length;
    await until("the member's transactions to be in blocks", async () => (await rpc.nonce(account, 'latest')) >= last, {
      timeoutMs: 120_000,
    });
  }

  return {
    ...{ siteId, contract: contract.address, calls: images.calls, naming },
    stateOf: async (imageId) => (await images.image(imageId)).state,
    send: (steps) => sendTransactions([...batchSteps(steps)].map((batch) => batch.steps)),
    sendTransactions,
    sendData: async (data) => {
      await transact({ rpc }, { key, to: contract.address, data, gasLimit: BigInt(MAX_TRANSACTION_GAS) });
    },
  };
}
