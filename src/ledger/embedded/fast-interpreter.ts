import { EVMError } from '@ethereumjs/evm';
import type { Common } from '@ethereumjs/common';
import { readFile } from 'node:fs/promises';
import { LedgerError } from '../../base/errors.js';
import type { OpcodeMap } from './fast-opcodes.js';

/** The release of @ethereumjs/evm whose interpreter is changed here. Another one may run code in another way. */
const EVM_VERSION = '10.1.3';

type OpcodeEntry = OpcodeMap[number];

/** Of a code: where jumps may go to, what its PUSHes push, and what each of its bytes does. */
interface Analysis {
  jumps: Uint8Array;
  pushes: Record<number, bigint>;
  opcodesCached: OpcodeEntry[];
}

interface RunState {
  programCounter: number;
  opCode: number;
  code: Uint8Array;
  validJumps: Uint8Array;
  cachedPushes: Record<number, bigint>;
  shouldDoJumpAnalysis: boolean;
  gasLeft: bigint;
  gasRefund: bigint;
  stateGasSpilled: bigint;
}

/** The library's, as far as `run` needs it. */
interface Interpreter {
  readonly common: Common;
  readonly _runState: RunState;
  lookupOpInfo(opcode: number): OpcodeEntry;
  useGas(amount: bigint, opcode: unknown): void;
  _getValidJumpDestinations(code: Uint8Array): Analysis;
  run: typeof run;
}

interface RunResult {
  /** As much as the library looks at; it copies the whole. */
  runState: Pick<RunState, 'gasLeft' | 'gasRefund' | 'stateGasSpilled'>;
  exceptionError: unknown;
}

/** By the code itself: the state hands out the same bytes at each call. */
const analyses = new WeakMap<Uint8Array, Analysis>();
let installed: Promise<void> | undefined;

/**
 * Makes the EVMs of this thread run code without two promises for each instruction, and look for the places that jumps may go to once
 * for each code instead of at each call. Throws `internal` when the library is of another release.
 */
export function installFastInterpreter(): Promise<void> {
  return (installed ??= install());
}

async function install(): Promise<void> {
  const library = import.meta.resolve('@ethereumjs/evm');
  const text = await readFile(new URL('../../package.json', library), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  if (version !== EVM_VERSION)
    throw new LedgerError(
      'internal',
      `The embedded chain changes the interpreter of @ethereumjs/evm ${EVM_VERSION}, and ${version} is installed: run "npm ci".`,
    );
  const module = (await import(new URL('interpreter.js', library).href)) as { Interpreter: { prototype: Interpreter } };
  module.Interpreter.prototype.run = run;
}

/** As the library's, for legacy code (no EOF), and without what it does for debuggers, profilers and rules that are not this chain's. */
async function run(this: Interpreter, code: Uint8Array, { pc = 0 }: { pc?: number } = {}): Promise<RunResult> {
  const { _runState: state, common } = this;
  state.code = code;
  state.programCounter = pc;
  let entries: OpcodeEntry[] | undefined;
  const use = (analysis: Analysis): void => {
    state.validJumps = analysis.jumps;
    state.cachedPushes = analysis.pushes;
    state.shouldDoJumpAnalysis = false;
    entries = analysis.opcodesCached;
  };
  const known = analyses.get(code);
  if (known !== undefined) use(known);

  let exceptionError: unknown;
  try {
    while (state.programCounter < code.length) {
      if (entries === undefined && isJump(code[state.programCounter]!)) {
        const analysis = this._getValidJumpDestinations(code);
        analyses.set(code, analysis);
        use(analysis);
      }
      const entry = entries?.[state.programCounter] ?? this.lookupOpInfo(code[state.programCounter]!);
      const { opcodeInfo } = entry;
      state.opCode = opcodeInfo.code;
      let gas = opcodeInfo.feeBigInt;
      if (opcodeInfo.dynamicGas) {
        const asked: bigint | Promise<bigint> = entry.gasHandler(state as never, gas, common);
        gas = typeof asked === 'bigint' ? asked : await asked;
      }
      if (opcodeInfo.isInvalid) {
        exceptionError = new EVMError(EVMError.errorMessages.INVALID_OPCODE);
        break;
      }
      this.useGas(gas, opcodeInfo);
      state.programCounter++;
      const done = entry.opHandler(state as never, common);
      if (opcodeInfo.isAsync) await done;
    }
  } catch (error) {
    if (!isVmError(error)) throw error as Error;
    if (error.error !== EVMError.errorMessages.STOP) exceptionError = error;
  }
  const { gasLeft, gasRefund, stateGasSpilled } = state;
  return { runState: { gasLeft, gasRefund, stateGasSpilled }, exceptionError };
}

const isJump = (opcode: number): boolean => opcode === 0x56 || opcode === 0x57 || opcode === 0x5e;

function isVmError(error: unknown): error is EVMError {
  return error instanceof EVMError;
}
