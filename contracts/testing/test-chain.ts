import { createBlock } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { createLegacyTx } from '@ethereumjs/tx';
import { type Address, createAddressFromPrivateKey, createAddressFromString, hexToBytes } from '@ethereumjs/util';
import { createVM, runTx, type VM } from '@ethereumjs/vm';
import { type Interface, type LogDescription, type ParamType, type Result, getAddress, hexlify } from 'ethers';
import { fastCrypto } from '../../src/ledger/embedded/fast-crypto.js';

/** What `scripts/compile-contracts.mjs` writes of a contract. */
export interface CompiledContract {
  name: string;
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
const common = new Common({ chain: Mainnet, hardfork: Hardfork.Berlin, customCrypto: fastCrypto });

export function account(number: number): Account {
  const key = new Uint8Array(32).fill(number);
  return { key, address: getAddress(createAddressFromPrivateKey(key).toString()) };
}

/** An EVM of its own (Berlin rules), whose blocks come when the test says so. */
export class TestChain {
  blockNumber = 1n;
  timestamp = 1_700_000_000n;

  private constructor(readonly vm: VM) {}

  static async open(): Promise<TestChain> {
    return new TestChain(
      await createVM({ common, stateManager: new MerkleStateManager({ common, caches: new Caches() }) }),
    );
  }

  /** Deploys a contract; rejects with its refusal. */
  async deploy(
    abi: Interface,
    { name, creationCode }: CompiledContract,
    from: Account,
    ...args: unknown[]
  ): Promise<TestContract> {
    const data = hexToBytes(`${creationCode}${abi.encodeDeploy(args).slice(2)}`);
    const result = await this.transact(abi, from, undefined, data);
    if (result.refusal !== undefined) throw new Error(`${name} was refused: ${describe(abi, result.refusal)}.`);
    return new TestContract(this, abi, getAddress(String(result.createdAddress)), result);
  }

  /** One transaction in a block of its own, with the gas of a whole block unless less is given. */
  async transact(
    abi: Interface,
    from: Account,
    to: string | undefined,
    data: Uint8Array,
    { gasLimit = GAS_LIMIT }: { gasLimit?: bigint } = {},
  ): Promise<TransactionResult> {
    const parameters = { gasPrice: 0n, gasLimit, to: to === undefined ? to : toAddress(to), data };
    const tx = createLegacyTx(parameters, { common }).sign(from.key);
    const { totalGasSpent, execResult, createdAddress } = await runTx(this.vm, {
      tx,
      block: this.block(),
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

  async view(to: string, data: Uint8Array): Promise<{ returned: Uint8Array; gas: number; refusal?: Uint8Array }> {
    const { execResult } = await this.vm.evm.runCall({
      to: toAddress(to),
      data,
      block: this.block(),
      gasLimit: GAS_LIMIT,
      isStatic: true,
    });
    await this.vm.evm.journal.cleanup();
    const [returned, gas] = [execResult.returnValue, Number(execResult.executionGasUsed)];
    return { returned, gas, ...(execResult.exceptionError !== undefined && { refusal: returned }) };
  }

  async code(address: string): Promise<Buffer> {
    return Buffer.from(await this.vm.stateManager.getCode(toAddress(address)));
  }

  /** Puts code at an address, as a contract of someone else's would. */
  async putCode(address: string, code: Uint8Array): Promise<void> {
    await this.vm.stateManager.putCode(toAddress(address), code);
  }

  /** A word of a contract's storage, as `eth_getProof` proves it. */
  async storage(address: string, slot: bigint): Promise<string> {
    const key = hexToBytes(`0x${slot.toString(16).padStart(64, '0')}`);
    const value = await this.vm.stateManager.getStorage(toAddress(address), key);
    return `0x${Buffer.from(value).toString('hex').padStart(64, '0')}`;
  }

  /** Remembers everything as it is now; the function that is returned brings it back, as often as it is called. */
  async remember(): Promise<() => Promise<void>> {
    const { blockNumber, timestamp } = this;
    await this.vm.stateManager.checkpoint();
    return async () => {
      await this.vm.stateManager.revert();
      await this.vm.stateManager.checkpoint();
      Object.assign(this, { blockNumber, timestamp });
    };
  }

  private block() {
    const { blockNumber: number, timestamp } = this;
    return createBlock({ header: { number, timestamp, gasLimit: GAS_LIMIT } }, { common });
  }
}

/** A contract on a test's chain, called by the names of its functions. */
export class TestContract {
  readonly sent: Sent[] = [];

  constructor(
    readonly chain: TestChain,
    readonly abi: Interface,
    readonly address: string,
    readonly deployment: Sent,
  ) {}

  /** Sends one transaction; rejects when the contract refuses it. */
  async send(from: Account, name: string, ...args: unknown[]): Promise<Sent> {
    const result = await this.transact(from, name, args);
    if (result.refusal !== undefined) throw new Error(`${name} was refused: ${describe(this.abi, result.refusal)}.`);
    return result;
  }

  /** Sends one transaction; resolves to the custom error's name and values if the contract refuses it. */
  async attempt(from: Account, name: string, ...args: unknown[]): Promise<unknown[] | undefined> {
    const { refusal } = await this.transact(from, name, args);
    return refusal && decodeError(this.abi, refusal);
  }

  /** Sends one transaction that has to fail; resolves to the custom error's name and values. */
  async refusal(from: Account, name: string, ...args: unknown[]): Promise<unknown[]> {
    const refusal = await this.attempt(from, name, ...args);
    if (refusal === undefined) throw new Error(`${name} was not refused.`);
    return refusal;
  }

  /** Sends one transaction with so much gas; resolves to the custom error's name and values if the contract refuses it. */
  async attemptWithin(
    gasLimit: bigint,
    from: Account,
    name: string,
    ...args: unknown[]
  ): Promise<unknown[] | undefined> {
    const data = bytesOf(this.encode(name, ...args));
    const { refusal } = await this.chain.transact(this.abi, from, this.address, data, { gasLimit });
    return refusal && decodeError(this.abi, refusal);
  }

  /** Calls a getter. One value comes back as itself; a struct, or several values, as an object. */
  async call<T = unknown>(name: string, ...args: unknown[]): Promise<T> {
    const result = await this.view(name, args);
    if (result.refusal !== undefined) throw new Error(`${name} was refused: ${describe(this.abi, result.refusal)}.`);
    const values = this.abi.decodeFunctionResult(name, result.returned);
    const types = this.abi.getFunction(name)!.outputs;
    return (types.length === 1 ? plain(values[0], types[0]!) : named(values, types)) as T;
  }

  /** Gas of a getter's execution, without that of a transaction. */
  async callGas(name: string, ...args: unknown[]): Promise<number> {
    const { gas, refusal } = await this.view(name, args);
    if (refusal !== undefined) throw new Error(`${name} was refused: ${describe(this.abi, refusal)}.`);
    return gas;
  }

  /** Calls a getter that has to fail; resolves to the custom error's name and values. */
  async callRefusal(name: string, ...args: unknown[]): Promise<unknown[]> {
    const result = await this.view(name, args);
    if (result.refusal === undefined) throw new Error(`${name} was not refused.`);
    return decodeError(this.abi, result.refusal);
  }

  encode(name: string, ...args: unknown[]): string {
    return this.abi.encodeFunctionData(name, args);
  }

  /** The name and values of a refusal that came as bytes. */
  decode(refusal: string): unknown[] {
    return decodeError(this.abi, refusal);
  }

  private async transact(from: Account, name: string, args: unknown[]): Promise<TransactionResult> {
    const result = await this.chain.transact(this.abi, from, this.address, bytesOf(this.encode(name, ...args)));
    this.sent.push(result);
    return result;
  }

  private async view(name: string, args: unknown[]): ReturnType<TestChain['view']> {
    return this.chain.view(this.address, bytesOf(this.encode(name, ...args)));
  }
}

interface TransactionResult extends Sent {
  createdAddress: Address | undefined;
  refusal?: Uint8Array;
}

/** A contract's refusal, as the name and the values of its custom error. */
function decodeError(abi: Interface, returned: Uint8Array | string): unknown[] {
  const error = abi.parseError(returned);
  if (error === null) throw new Error(`The contract failed without an error of its own: ${hexlify(returned)}.`);
  return [error.name, ...(error.args.toArray() as unknown[])];
}

/** An event's values by name. */
export function eventValues(event: LogDescription): Record<string, unknown> {
  return named(event.args, event.fragment.inputs);
}

/** Events as lists of their name and values, in order. */
export function eventList(events: readonly LogDescription[]): unknown[][] {
  return events.map((event) => [event.name, ...(event.args.toArray(true) as unknown[])]);
}

function named(values: Result, types: readonly ParamType[]): Record<string, unknown> {
  return Object.fromEntries(types.map((type, i) => [type.name, plain(values[i], type)]));
}

function plain(value: unknown, type: ParamType): unknown {
  if (type.isTuple()) return named(value as Result, type.components);
  return type.isArray() ? (value as Result).map((entry) => plain(entry, type.arrayChildren)) : value;
}

function describe(abi: Interface, returned: Uint8Array): string {
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
