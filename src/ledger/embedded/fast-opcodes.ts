import type { getOpcodesForHF } from '@ethereumjs/evm';
import { Address } from '@ethereumjs/util';
import { keccak256Once } from './fast-crypto.js';

export type OpcodeMap = ReturnType<typeof getOpcodesForHF>['opcodeMap'];

/** The library's run state, as far as these need it. */
interface RunState {
  stack: { peek(count: number): bigint[]; pop(): bigint; popN(count: number): bigint[]; push(value: bigint): void };
  memory: { read(offset: number, byteCount: number, avoidsCopy: boolean): Uint8Array; write: WriteMemory };
  memoryWordCount: bigint;
  stateManager: { getCode(address: Address): Promise<Uint8Array> };
}

type WriteMemory = (offset: number, byteCount: number, bytes: Uint8Array) => void;
type GasHandler = (state: RunState, gas: bigint, ...more: unknown[]) => bigint | Promise<bigint>;

type OpHandler = (state: RunState, common: unknown) => void | Promise<void>;

const KECCAK256 = 0x20;
const EXTCODECOPY = 0x3c;
const MLOAD = 0x51;
const MSTORE = 0x52;
const WORD = 32;
const NO_BYTES = new Uint8Array();
/** Where code begins that the library gives as something else (EIP-3540). */
const EOF = 0xef;

/**
 * MLOAD and MSTORE, a third of all instructions that are not done at once, without a promise and without hex for a word; KECCAK256 and
 * EXTCODECOPY, which the proof of a chunk is made of, without copies and hex.
 */
export function useFastOpcodes(opcodes: OpcodeMap): void {
  replaceMemory(opcodes, MLOAD, ({ stack, memory }) =>
    stack.push(wordAt(memory.read(Number(stack.pop()), WORD, true))),
  );
  replaceMemory(opcodes, MSTORE, ({ stack, memory }) => {
    const offset = Number(stack.pop());
    memory.write(offset, WORD, wordOf(stack.pop()));
  });
  replaceHandler(opcodes, KECCAK256, () => ({ stack, memory }) => {
    const [offset, byteCount] = stack.popN(2).map(Number) as [number, number];
    stack.push(wordAt(keccak256Once(byteCount === 0 ? NO_BYTES : memory.read(offset, byteCount, true))));
  });
  replaceHandler(opcodes, EXTCODECOPY, (libraryHandler) => async (state, common) => {
    const { stack, memory, stateManager } = state;
    const [account, memoryOffset, codeOffset, byteCount] = stack.peek(4) as [bigint, bigint, bigint, bigint];
    if (byteCount === 0n) return libraryHandler(state, common);
    const code = await stateManager.getCode(new Address(wordOf(account).slice(WORD - 20)));
    const end = codeOffset + byteCount;
    if (end > BigInt(code.length) || code[0] === EOF) return libraryHandler(state, common);
    stack.popN(4);
    memory.write(Number(memoryOffset), Number(byteCount), code.subarray(Number(codeOffset), Number(end)));
  });
}

function replaceHandler(
  opcodes: OpcodeMap,
  opcode: number,
  handlerFor: (libraryHandler: OpHandler) => OpHandler,
): void {
  const entry = opcodes[opcode]!;
  const opHandler = handlerFor(entry.opHandler as unknown as OpHandler);
  opcodes[opcode] = { ...entry, opHandler };
}

function replaceMemory(opcodes: OpcodeMap, opcode: number, opHandler: (state: RunState) => void): void {
  const entry = opcodes[opcode]!;
  const libraryGas = entry.gasHandler as unknown as GasHandler;
  const gasHandler: GasHandler = (state, gas, ...more) => {
    const [offset] = state.stack.peek(1);
    // Only memory that grows costs more.
    return (offset! + 63n) / 32n <= state.memoryWordCount ? gas : libraryGas(state, gas, ...more);
  };
  opcodes[opcode] = { ...entry, gasHandler, opHandler } as unknown as typeof entry;
}

const scratch = new DataView(new ArrayBuffer(WORD));
const scratchBytes = new Uint8Array(scratch.buffer);

/** Good until the next call: memory copies it. */
function wordOf(value: bigint): Uint8Array {
  for (let at = 24, rest = value; at >= 0; at -= 8, rest >>= 64n) scratch.setBigUint64(at, rest);
  return scratchBytes;
}

function wordAt(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, WORD);
  let value = view.getBigUint64(0);
  for (let at = 8; at < WORD; at += 8) value = (value << 64n) | view.getBigUint64(at);
  return value;
}
