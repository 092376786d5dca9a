import { Interface } from 'ethers';
import { imageLedgerAbi } from '../../src/ledger/contract/image-ledger-abi.js';
import { released } from './released.js';
import { account, TestChain, TestContract } from './test-chain.js';

const abi = new Interface(imageLedgerAbi);

export const governor = account(1);
export const siteA = account(2);
export const siteB = account(3);
export const stranger = account(9);

export function encodeCall(name: string, ...args: unknown[]): string {
  return abi.encodeFunctionData(name, args);
}

/** The newest release on an EVM of its own, with a governor and the sites 1 (`siteA`) and 2 (`siteB`). */
export class TestLedger extends TestContract {
  static async open(): Promise<TestLedger> {
    const ledger = await TestLedger.deploy(governor.address, 'Site A', [siteA.address]);
    await ledger.send(governor, 'admitSite', 'Site B', [siteB.address]);
    ledger.sent.length = 0;
    return ledger;
  }

  static async deploy(...args: [governor: string, siteName: string, siteAccounts: string[]]): Promise<TestLedger> {
    const chain = await TestChain.open();
    const { address, deployment } = await chain.deploy(abi, released('ImageLedger'), governor, ...args);
    return new TestLedger(chain, abi, address, deployment);
  }

  get blockNumber(): bigint {
    return this.chain.blockNumber;
  }

  set blockNumber(number: bigint) {
    this.chain.blockNumber = number;
  }

  get timestamp(): bigint {
    return this.chain.timestamp;
  }

  set timestamp(seconds: bigint) {
    this.chain.timestamp = seconds;
  }

  async code(address: string): Promise<Buffer> {
    return this.chain.code(address);
  }

  async putCode(address: string, code: Uint8Array): Promise<void> {
    await this.chain.putCode(address, code);
  }
}
