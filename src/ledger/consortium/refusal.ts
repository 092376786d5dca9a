import type { Interface } from 'ethers/abi';
import { LedgerError, type ErrorCode } from '../../base/errors.js';
import type { Hex } from '../ethereum/hex.js';
import { rpcFailure } from '../rpc/provider.js';
import { REFUSAL_SENTENCES, type RefusalValues } from './refusal-sentences.js';

/** Why a contract refuses a call: its custom error, with the values by name. */
export interface Refusal {
  name: string;
  values: RefusalValues;
}

interface Asked {
  call: string;
  contract: Hex;
  /** Of the contracts whose errors may come. */
  abis: readonly Interface[];
}

/** The call is not this account's to make. */
const NOT_ALLOWED: ReadonlySet<string> = new Set([
  'NotAGovernor',
  'NotAWriter',
  'NotAChampion',
  'NotOfASite',
  'MayNotCancel',
]);

/** A failed `eth_call` as LedgerError: `site-not-admitted` for an account that may not, `chain-refused` for another rule; other errors stay as they are. */
export function refusalInWords(error: unknown, { call, contract, abis }: Asked): unknown {
  const failure = rpcFailure(error);
  if (failure === undefined) return error;
  const refusal = failure.data && decodeRefusal(failure.data, abis);
  if (!refusal)
    return new LedgerError('chain-refused', `${contract} refuses ${call}: ${failure.message}.`, {
      details: { reason: failure.message },
      cause: error,
    });
  const code: ErrorCode = NOT_ALLOWED.has(refusal.name) ? 'site-not-admitted' : 'chain-refused';
  const details = { reason: refusal.name, ...refusal.values };
  return new LedgerError(code, sentenceOf(refusal, contract), { details, cause: error });
}

function decodeRefusal(data: Hex, abis: readonly Interface[]): Refusal | undefined {
  for (const abi of abis) {
    const parsed = data.length < 10 ? null : abi.parseError(data);
    if (parsed === null) continue;
    // What a proposal's call was refused for is what matters.
    const inner = parsed.name === 'CallFailed' ? decodeRefusal(String(parsed.args[1]) as Hex, abis) : undefined;
    if (inner) return inner;
    const values = parsed.fragment.inputs.map(({ name }, i): [string, string] => [name, String(parsed.args[i])]);
    return { name: parsed.name, values: Object.fromEntries(values) };
  }
  return undefined;
}

function sentenceOf({ name, values }: Refusal, contract: Hex): string {
  const sentence = REFUSAL_SENTENCES[name];
  if (sentence !== undefined) return sentence(values, contract);
  const shown = Object.entries(values).map(([key, value]) => `${key} ${value}`);
  return `${contract} refuses that: ${name}(${shown.join(', ')}).`;
}
