import { EVM, NobleBN254, type EVMMockBlockchainInterface, type EVMOpts, type Message } from '@ethereumjs/evm';
import { createVM, type VM } from '@ethereumjs/vm';
import { Address } from '@ethereumjs/util';
import { keccak256 } from '../ethereum/keccak256.js';
import { keccak256Once } from './fast-crypto.js';
import { installFastInterpreter } from './fast-interpreter.js';
import { useFastOpcodes } from './fast-opcodes.js';
import type { State } from './state.js';
import type { Store } from './store.js';

/** The EVM on a state, with BLOCKHASH from the store. */
export async function createEvm(state: State): Promise<VM> {
  await installFastInterpreter();
  const { common, store } = state;
  const blockchain = blockHashes(store);
  const evm = new FastCreate2Evm({ common, stateManager: state, blockchain, bn254: new NobleBN254() });
  return createVM({ common, stateManager: state, blockchain, evm });
}

type Create2 = (gas: bigint, value: bigint, initCode: Uint8Array, salt: Uint8Array) => Promise<bigint>;

/**
 * The library hashes CREATE2's init code twice, in JavaScript whatever `customCrypto` says: 1.2 ms for a chunk, here 0.07.
 * So the salt goes past it: the instruction asks for a plain CREATE, whose message is given the salt before its address is made.
 */
class FastCreate2Evm extends EVM {
  #salt: Uint8Array | undefined;
  /** Each address is asked for twice. */
  readonly #addresses = new WeakMap<Message, Address>();

  constructor(options: EVMOpts) {
    super(options);
    useFastOpcodes(this._opcodeMap);
    const create2 = this._opcodeMap[0xf5]!;
    this._opcodeMap[0xf5] = {
      ...create2,
      opHandler: (runState, common) => {
        const { interpreter } = runState;
        const instance = interpreter as { create2: Create2 };
        instance.create2 = async (gas, value, initCode, salt) => {
          this.#salt = salt;
          try {
            return await interpreter.create(gas, value, initCode);
          } finally {
            this.#salt = undefined; // also when it ended before an address was made
          }
        };
        return create2.opHandler(runState, common);
      },
    };
  }

  protected override async _generateAddress(message: Message): Promise<Address> {
    const known = this.#addresses.get(message);
    if (known !== undefined) return known;
    if (this.#salt === undefined) return super._generateAddress(message);
    // EIP-1014
    const parts = [Uint8Array.of(0xff), message.caller.bytes, this.#salt, keccak256Once(message.code as Uint8Array)];
    const address = new Address(keccak256(Buffer.concat(parts)).subarray(12));
    this.#salt = undefined;
    this.#addresses.set(message, address);
    return address;
  }
}

function blockHashes(store: Store): EVMMockBlockchainInterface {
  const chain: EVMMockBlockchainInterface = {
    getBlock: async (number) => {
      const block = store.block(number);
      if (block === undefined) throw new Error(`There is no block ${number}.`);
      return { hash: () => block.hash };
    },
    putBlock: async () => {},
    shallowCopy: () => chain,
  };
  return chain;
}
