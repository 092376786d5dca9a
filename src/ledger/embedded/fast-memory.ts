import type { getOpcodesForHF } from '@ethereumjs/evm';

export type OpcodeMap = ReturnType<typeof getOpcodesForHF>['opcodeMap'];

/** The library's run state, as far as MLOAD and MSTORE need it. */
interface RunState {
  stack: { peek(count: number): bigint[]; pop(): bigint; push(value: bigint): void };
  memory: { read(offset: number, byteCount: number, avoidsCopy: boolean): Uint8Array; write: WriteMemory };
  memoryWordCount: bigint;
}

type WriteMemory = (offset: number, byteCount: number, bytes: Uint8Array) => void;
type GasHandler = (state: RunState, gas: bigint, ...more: unknown[]) => bigint | Promise<bigint>;

const MLOAD = 0x51;
const MSTORE = 0x52;
const WORD = 32;

/** Makes of MLOAD and MSTORE, a third of all that are not done at once, what needs neither a promise nor hex for a word. */
export function useFastMemory(opcodes: OpcodeMap): void {
  replace(opcodes, MLOAD, ({ stack, memory }) => stack.push(wordAt(memory.read(Number(stack.pop()), WORD, true))));
  replace(opcodes, MSTORE, ({ stack, memory }) => {
    const offset = Number(stack.pop());
    memory.write(offset, WORD, wordOf(stack.pop()));
  });
}

function replace(opcodes: OpcodeMap, opcode: number, opHandler: (state: RunState) => void): void {
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
