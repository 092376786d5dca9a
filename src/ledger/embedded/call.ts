import type { EVMResult } from '@ethereumjs/evm';
import type { VM } from '@ethereumjs/vm';
import { Account, Address, createZeroAddress } from '@ethereumjs/util';
import { AbiCoder } from 'ethers/abi';
import { blockHeaderFields, storedBlock } from './block-header.js';
import { createEvm } from './evm.js';
import { toHex } from '../ethereum/hex.js';
import { parseBytes, parseQuantity } from './format.js';
import { intrinsicGasOf } from './transaction.js';
import { LIMITS } from './limits.js';
import type { ChainState } from './chain-state.js';
import { invalidParams, refused, RpcError } from './rpc-error.js';
import { State } from './state.js';
import type { StoredBlock } from './block-record.js';

export interface CallRequest {
  from: Address;
  to: Address | undefined;
  data: Uint8Array;
  value: bigint;
  gas: bigint | undefined;
}

/** Calls that change nothing, one after the other. */
export interface Caller {
  call(request: CallRequest, block: StoredBlock): Promise<Uint8Array>;
  /** Gas that is enough, at most 1.5 % more than what is needed; throws what the call throws when none is. */
  estimateGas(request: CallRequest, block: StoredBlock): Promise<bigint>;
}

/** The first parameter of eth_call and eth_estimateGas. */
export function parseCall(value: unknown): CallRequest {
  if (typeof value !== 'object' || value === null) throw invalidParams('missing value for required argument 0');
  const { from, to, data, input, value: wei, gas } = value as Record<string, unknown>;
  const given = input ?? data;
  return {
    from: from === undefined || from === null ? createZeroAddress() : new Address(parseBytes(from, 20)),
    to: to === undefined || to === null ? undefined : new Address(parseBytes(to, 20)),
    data: given === undefined || given === null ? new Uint8Array() : parseBytes(given),
    value: wei === undefined || wei === null ? 0n : parseQuantity(wei),
    gas: gas === undefined || gas === null ? undefined : parseQuantity(gas),
  };
}

export async function createCaller({ rules, store }: ChainState): Promise<Caller> {
  const state = new State(rules, store);
  const machine = await createEvm(state);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = last.then(task);
    last = turn.catch(() => {});
    return turn;
  };
  const run = (request: CallRequest, block: StoredBlock, gas: bigint): Promise<EVMResult> =>
    execute(machine, state, { request, block, gas });
  return {
    call: (request, block) =>
      inTurn(async () => {
        const result = await run(request, block, request.gas ?? LIMITS.callGas);
        throwFailure(result, request.gas ?? LIMITS.callGas);
        return result.execResult.returnValue;
      }),
    estimateGas: (request, block) => inTurn(() => estimate(run, request, block)),
  };
}

async function execute(
  machine: VM,
  state: State,
  { request, block, gas }: { request: CallRequest; block: StoredBlock; gas: bigint },
): Promise<EVMResult> {
  const { evm } = machine;
  await state.setStateRoot(blockHeaderFields(block.header).stateRoot);
  await evm.journal.cleanup();
  await evm.journal.checkpoint();
  try {
    for (const name of evm.precompiles.keys()) evm.journal.addAlwaysWarmAddress(name);
    evm.journal.addAlwaysWarmAddress(request.from.toString());
    if (request.to !== undefined) evm.journal.addAlwaysWarmAddress(request.to.toString());
    const sender = (await state.getAccount(request.from)) ?? new Account();
    if (sender.balance < request.value)
      throw refused(`insufficient funds for transfer: address ${request.from.toString()}`);
    sender.nonce += 1n;
    await state.putAccount(request.from, sender);
    return await evm.runCall({
      block: storedBlock(state.common, block.header),
      caller: request.from,
      origin: request.from,
      gasPrice: LIMITS.gasPrice,
      gasLimit: gas,
      value: request.value,
      data: request.data,
      skipNonceIncrement: true,
      ...(request.to === undefined ? {} : { to: request.to }),
    });
  } finally {
    await evm.journal.revert();
    evm.journal.cleanJournal();
    state.discard();
  }
}

async function estimate(
  run: (request: CallRequest, block: StoredBlock, gas: bigint) => Promise<EVMResult>,
  request: CallRequest,
  block: StoredBlock,
): Promise<bigint> {
  const intrinsic = intrinsicGasOf(request);
  const cap = request.gas !== undefined && request.gas >= 21_000n ? request.gas : LIMITS.blockGas;
  if (cap < intrinsic) throw refused(`gas required exceeds allowance (${cap})`);
  const succeeds = async (gas: bigint): Promise<boolean> =>
    gas >= intrinsic && (await run(request, block, gas - intrinsic)).execResult.exceptionError === undefined;

  const whole = await run(request, block, cap - intrinsic);
  throwFailure(whole, cap);
  // EIP-150 keeps a 64th of the gas back at each call; a call with value has 2,300 besides.
  const spent = intrinsic + whole.execResult.executionGasUsed;
  let low = spent - 1n;
  let high = cap;
  const guess = ((spent + 2_300n) * 64n) / 63n;
  if (guess < high) {
    if (await succeeds(guess)) high = guess;
    else low = guess;
  }
  while (low + 1n < high && (high - low) * 1000n > high * 15n) {
    const middle = (low + high) / 2n < low * 2n ? (low + high) / 2n : low * 2n;
    if (await succeeds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function throwFailure({ execResult }: EVMResult, gas: bigint): void {
  const error = execResult.exceptionError?.error;
  if (error === undefined) return;
  if (error === 'revert') {
    const reason = revertReason(execResult.returnValue);
    throw new RpcError(
      3,
      reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`,
      toHex(execResult.returnValue),
    );
  }
  if (error === 'out of gas') throw refused(`out of gas: gas required exceeds ${gas}`);
  throw refused(MESSAGES[error] ?? error);
}

const MESSAGES: Partial<Record<string, string>> = {
  'invalid JUMP': 'invalid jump destination',
  'invalid opcode': 'invalid opcode',
  'static state change': 'write protection',
  'insufficient balance': 'insufficient balance for transfer',
  'code size to deposit exceeds maximum code size': 'max code size exceeded',
};

/** The text of Solidity's Error(string). */
function revertReason(data: Uint8Array): string | undefined {
  if (Buffer.from(data.subarray(0, 4)).toString('hex') !== '08c379a0') return undefined;
  try {
    return AbiCoder.defaultAbiCoder().decode(['string'], data.subarray(4))[0] as string;
  } catch {
    return undefined;
  }
}
