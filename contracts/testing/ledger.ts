import { readdirSync, readFileSync } from 'node:fs';
import { createBlock } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { createLegacyTx } from '@ethereumjs/tx';
import { type Address, createAddressFromPrivateKey, createAddressFromString, hexToBytes } from '@ethereumjs/util';
import { createVM, runTx, type VM } from '@ethereumjs/vm';
import { AbiCoder, Interface, type LogDescription, type ParamType, type Result, getAddress, hexlify } from 'ethers';
import keccak from 'keccak';
import { imageLedgerAbi } from '../../src/ledger/contract/image-ledger-abi.js';

/** What `scripts/compile-contracts.mjs` writes to `released/`. */
export interface Release {
  name: string;
  release: number;
  codeHash: string;
  creationCode: `0x${string}`;
  runtimeCode: `0x${string}`;
}

export interface Sent {
  gas: number;
  txBytes: number;
  events: LogDescription[];
}

/** One of the test's accounts; `key` is its private key. */
export interface Account {
  key: Uint8Array;
  address: string;
}

const GAS_LIMIT = 2_000_000_000n;
const abi = new Interface(imageLedgerAbi);
const common = new Common({ chain: Mainnet, hardfork: Hardfork.Berlin, customCrypto: { keccak256: nativeKeccak } });

export function account(number: number): Account {
  const key = new Uint8Array(32).fill(number);
  return { key, address: getAddress(createAddressFromPrivateKey(key).toString()) };
}

export const governor = account(1);
export const siteA = account(2);
export const siteB = account(3);
export const stranger = account(9);

export function newestRelease(): Release {
  const folder = new URL('../released/', import.meta.url);
  const releases = readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Release,
  );
  return releases.reduce((newest, other) => (other.release > newest.release ? other : newest));
}

export function encodeCall(name: string, ...args: unknown[]): string {
  return abi.encodeFunctionData(name, args);
}

/** The newest release on an EVM of its own (Berlin rules), with a governor and the sites 1 (`siteA`) and 2 (`siteB`). */
export class TestLedger {
  blockNumber = 1n;
  timestamp = 1_700_000_000n;
  readonly sent: Sent[] = [];

  private constructor(
    private readonly vm: VM,
    readonly address: string,
    readonly deployment: Sent,
  ) {}

  static async open(): Promise<TestLedger> {
    const ledger = await TestLedger.deploy(governor.address, 'Site A', [siteA.address]);
    await ledger.send(governor, 'admitSite', 'Site B', [siteB.address]);
    ledger.sent.length = 0;
    return ledger;
  }

  static async deploy(...args: [governor: string, siteName: string, siteAccounts: string[]]): Promise<TestLedger> {
    const vm = await createVM({ common, stateManager: new MerkleStateManager({ common, caches: new Caches() }) });
    const constructorArgs = AbiCoder.defaultAbiCoder().encode(['address', 'string', 'address[]'], args);
    const data = hexToBytes(`${newestRelease().creationCode}${constructorArgs.slice(2)}`);
    const result = await transact(vm, { from: governor, to: undefined, data, blockNumber: 0n, timestamp: 1n });
    if (result.refusal !== undefined) throw new Error(`Deployment was refused: ${describe(result.refusal)}.`);
    return new TestLedger(vm, String(result.createdAddress), result);
  }

  /** Sends one transaction; rejects when the contract refuses it. */
  async send(from: Account, name: string, ...args: unknown[]): Promise<Sent> {
    const result = await this.transact(from, name, args);
    if (result.refusal !== undefined) throw new Error(`${name} was refused: ${describe(result.refusal)}.`);
    return result;
  }

  /** Sends one transaction that has to fail; resolves to the custom error's name and values. */
  async refusal(from: Account, name: string, ...args: unknown[]): Promise<unknown[]> {
    const result = await this.transact(from, name, args);
    if (result.refusal === undefined) throw new Error(`${name} was not refused.`);
    return decodeError(result.refusal);
  }

  /** Calls a getter. One value comes back as itself; a struct, or several values, as an object. */
  async call<T = unknown>(name: string, ...args: unknown[]): Promise<T> {
    const result = await this.view(name, args);
    if (result.refusal !== undefined) throw new Error(`${name} was refused: ${describe(result.refusal)}.`);
    const values = abi.decodeFunctionResult(name, result.returned);
    const types = abi.getFunction(name)!.outputs;
    return (types.length === 1 ? plain(values[0], types[0]!) : named(values, types)) as T;
  }

  /** Gas of a getter's execution, without that of a transaction. */
  async callGas(name: string, ...args: unknown[]): Promise<number> {
    const { gas, refusal } = await this.view(name, args);
    if (refusal !== undefined) throw new Error(`${name} was refused: ${describe(refusal)}.`);
    return gas;
  }

  /** Calls a getter that has to fail; resolves to the custom error's name and values. */
  async callRefusal(name: string, ...args: unknown[]): Promise<unknown[]> {
    const result = await this.view(name, args);
    if (result.refusal === undefined) throw new Error(`${name} was not refused.`);
    return decodeError(result.refusal);
  }

  async code(address: string): Promise<Buffer> {
    return Buffer.from(await this.vm.stateManager.getCode(toAddress(address)));
  }

  /** Puts code at an address, as a contract of someone else's would. */
  async putCode(address: string, code: Uint8Array): Promise<void> {
    await this.vm.stateManager.putCode(toAddress(address), code);
  }

  private async transact(from: Account, name: string, args: unknown[]): Promise<TransactionResult> {
    const { blockNumber, timestamp } = this;
    const data = bytesOf(encodeCall(name, ...args));
    const result = await transact(this.vm, { from, to: toAddress(this.address), data, blockNumber, timestamp });
    this.sent.push(result);
    return result;
  }

  private async view(
    name: string,
    args: unknown[],
  ): Promise<{ returned: Uint8Array; gas: number; refusal?: Uint8Array }> {
    const { execResult } = await this.vm.evm.runCall({
      to: toAddress(this.address),
      data: bytesOf(encodeCall(name, ...args)),
      gasLimit: GAS_LIMIT,
      isStatic: true,
    });
    await this.vm.evm.journal.cleanup();
    const [returned, gas] = [execResult.returnValue, Number(execResult.executionGasUsed)];
    return { returned, gas, ...(execResult.exceptionError !== undefined && { refusal: returned }) };
  }
}

interface Transaction {
  from: Account;
  to: Address | undefined;
  data: Uint8Array;
  blockNumber: bigint;
  timestamp: bigint;
}

interface TransactionResult extends Sent {
  createdAddress: Address | undefined;
  refusal?: Uint8Array;
}

async function transact(vm: VM, { from, to, data, blockNumber, timestamp }: Transaction): Promise<TransactionResult> {
  const tx = createLegacyTx({ gasPrice: 0n, gasLimit: GAS_LIMIT, to, data }, { common }).sign(from.key);
  const block = createBlock({ header: { number: blockNumber, timestamp, gasLimit: GAS_LIMIT } }, { common });
  const { totalGasSpent, execResult, createdAddress } = await runTx(vm, {
    tx,
    block,
    skipNonce: true,
    skipBalance: true,
    skipHardForkValidation: true,
  });
  const logs = (execResult.logs ?? []).map(([, topics, logData]) =>
    abi.parseLog({ topics: topics.map((topic) => hexlify(topic)), data: hexlify(logData) }),
  );
  return {
    gas: Number(totalGasSpent),
    txBytes: tx.serialize().length,
    events: logs.filter((log) => log !== null),
    createdAddress,
    ...(execResult.exceptionError !== undefined && { refusal: execResult.returnValue }),
  };
}

function decodeError(returned: Uint8Array): unknown[] {
  const error = abi.parseError(returned);
  if (error === null) throw new Error(`The contract failed without an error of its own: ${hexlify(returned)}.`);
  return [error.name, ...(error.args.toArray() as unknown[])];
}

/** An event's values by name. */
export function eventValues(event: LogDescription): Record<string, unknown> {
  return named(event.args, event.fragment.inputs);
}

function named(values: Result, types: readonly ParamType[]): Record<string, unknown> {
  return Object.fromEntries(types.map((type, i) => [type.name, plain(values[i], type)]));
}

function plain(value: unknown, type: ParamType): unknown {
  if (type.isTuple()) return named(value as Result, type.components);
  return type.isArray() ? (value as Result).map((entry) => plain(entry, type.arrayChildren)) : value;
}

function describe(returned: Uint8Array): string {
  const error = abi.parseError(returned);
  return error === null ? hexlify(returned) : `${error.name}(${error.args.map(String).join(', ')})`;
}

/** As ethers' getBytes, but fast enough for the calls of a large instance. */
function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex.slice(2), 'hex');
}

function toAddress(address: string): Address {
  return createAddressFromString(address.toLowerCase());
}

function nativeKeccak(bytes: Uint8Array): Uint8Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return new Uint8Array(keccak('keccak256').update(view).digest());
}
