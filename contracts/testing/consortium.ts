import { Interface, keccak256 } from 'ethers';
import { consortiumAbi } from '../../src/ledger/contract/consortium-abi.js';
import { released } from './released.js';
import { account, type Account, type Sent, TestChain, TestContract } from './test-chain.js';

const abi = new Interface(consortiumAbi);

export const HOUR = 3_600n;
export const DAY = 86_400n;
export const [NONE, WRITER, CHAMPION] = [0n, 1n, 2n];
/** States of a proposal. */
export const [NO_PROPOSAL, OPEN, WAITING, EXECUTABLE, EXECUTED, EXPIRED, ENDED] = [0n, 1n, 2n, 3n, 4n, 5n, 6n];

export const governors = [account(1), account(2), account(3)] as const;
export const [writerA, championA] = [account(11), account(12)];
export const [writerB, championB] = [account(13), account(14)];
export const stranger = account(19);

export interface TestProposal {
  id: bigint;
  data: string;
  dataHash: string;
}

let opened: { consortium: TestConsortium; restore: () => Promise<void> } | undefined;

/** The consortium on an EVM of its own. */
export class TestConsortium extends TestContract {
  /** Three governors, a wait of 72 hours, and the sites 1 and 2, each with a writer and a champion. It is one, as new each time. */
  static async open(): Promise<TestConsortium> {
    if (opened === undefined) {
      const consortium = await TestConsortium.withTwoSites();
      opened = { consortium, restore: await consortium.chain.remember() };
    }
    await opened.restore();
    opened.consortium.sent.length = 0;
    return opened.consortium;
  }

  private static async withTwoSites(): Promise<TestConsortium> {
    const consortium = await TestConsortium.deploy();
    await consortium.pass('admitSite', 'Site B', [championB.address]);
    await consortium.send(championB, 'join', 2);
    await consortium.send(championB, 'nameAccount', writerB.address, WRITER);
    await consortium.send(writerB, 'join', 2);
    return consortium;
  }

  /** With site 1 alone, unless other values are given. */
  static async deploy({
    founders = governors,
    waitSeconds = 72n * HOUR,
    siteName = 'Site A',
    writers = [writerA.address],
    champions = [championA.address],
  }: {
    founders?: readonly Account[];
    waitSeconds?: bigint;
    siteName?: string;
    writers?: string[];
    champions?: string[];
  } = {}): Promise<TestConsortium> {
    const chain = await TestChain.open();
    const accounts = founders.map(({ address }) => address);
    const values = [accounts, waitSeconds, siteName, writers, champions];
    const { address, deployment } = await chain.deploy(abi, released('Consortium'), founders[0]!, ...values);
    return new TestConsortium(chain, abi, address, deployment);
  }

  /** Lets time pass. */
  after(seconds: bigint): void {
    this.chain.timestamp += seconds;
    this.chain.blockNumber += 1n;
  }

  async propose(by: Account, name: string, ...values: unknown[]): Promise<TestProposal> {
    const data = this.encode(name, ...values);
    await this.send(by, 'propose', data);
    return { id: await this.call<bigint>('proposalCount'), data, dataHash: keccak256(data) };
  }

  /** Proposes, approves by a majority of three, waits if that is asked for, and executes; returns the execution. */
  async pass(name: string, ...values: unknown[]): Promise<Sent> {
    const { id, data } = await this.passUnexecuted(name, values);
    return this.send(governors[0], 'execute', id, data);
  }

  /** As `pass`; the call is refused, and why is returned. */
  async passRefusal(name: string, ...values: unknown[]): Promise<unknown[]> {
    const { id, data } = await this.passUnexecuted(name, values);
    const [error, failed, refusal] = await this.refusal(governors[0], 'execute', id, data);
    if (error !== 'CallFailed' || failed !== id) throw new Error(`execute was refused by ${String(error)}.`);
    return this.decode(refusal as string);
  }

  private async passUnexecuted(name: string, values: unknown[]): Promise<TestProposal> {
    const [first, second] = governors;
    const proposal = await this.propose(first, name, ...values);
    await this.send(second, 'approve', proposal.id, proposal.dataHash);
    const { executableFrom } = await this.proposal(proposal.id);
    if (executableFrom > this.chain.timestamp) this.chain.timestamp = executableFrom;
    return proposal;
  }

  async proposal(id: bigint): Promise<{
    state: bigint;
    dataHash: string;
    approvalCount: bigint;
    waits: boolean;
    sentBack: boolean;
    executableFrom: bigint;
    expiresAt: bigint;
  }> {
    return this.call('getProposal', id);
  }

  async stateOf(id: bigint): Promise<bigint> {
    return (await this.proposal(id)).state;
  }
}
