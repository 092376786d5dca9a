import { type ErrorDescription, Interface } from 'ethers/abi';
import { LedgerError, type ErrorCode } from '../../base/errors.js';
import { IMAGE_STATES } from './image-contract.js';
import { imageLedgerAbi } from './image-ledger-abi.js';
import { release2Interfaces } from './release2-interfaces.js';
import type { Hex } from '../ethereum/hex.js';
import { rpcFailure } from '../rpc/provider.js';

export const imageLedgerInterface = new Interface(imageLedgerAbi);

/** Why the contract refuses a call: the name and values of its custom error. */
export interface Revert {
  name: string;
  values: Record<string, string>;
}

function parseError(data: Hex): ErrorDescription | null {
  for (const known of [imageLedgerInterface, release2Interfaces.images, release2Interfaces.consortium]) {
    const parsed = known.parseError(data);
    if (parsed !== null) return parsed;
  }
  return null;
}

function decodeRevert(data: Hex): Revert {
  const parsed = data === '0x' ? null : parseError(data);
  if (parsed === null)
    return { name: data === '0x' ? 'out of gas, or no reason' : `unknown error ${data}`, values: {} };
  const values = parsed.fragment.inputs.map((input, i): [string, string] => [input.name, String(parsed.args[i])]);
  return { name: parsed.name, values: Object.fromEntries(values) };
}

/** A failed `eth_call` as LedgerError: `site-not-admitted`, `gone`, `not-found` or `chain-refused`; other errors stay as they are. */
export function revertError(error: unknown, call: string): unknown {
  const failure = rpcFailure(error);
  if (failure === undefined) return error;
  const isRevert = failure.data !== undefined || /revert/.test(failure.message);
  const revert = isRevert ? decodeRevert(failure.data ?? '0x') : { name: failure.message, values: {} };
  const reason = `${revert.name}(${Object.entries(revert.values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')})`;
  const options = { details: { reason: revert.name, ...revert.values }, cause: error };
  return new LedgerError(codeOf(revert), `The contract refuses ${call}: ${reason}. ${nextStep(revert)}`, options);
}

function codeOf({ name, values }: Revert): ErrorCode {
  if (['NotASite', 'NotAWriter', 'NotTheImagesSite'].includes(name)) return 'site-not-admitted';
  if (name === 'WrongState') {
    const state = IMAGE_STATES[Number(values.state)];
    if (state === 'retired') return 'gone';
    if (state === 'none') return 'not-found';
  }
  return 'chain-refused';
}

function nextStep({ name }: Revert): string {
  if (name === 'NotASite') return 'A governor has to add this account to an admitted site.';
  if (name === 'NotAWriter')
    return 'A champion of the site has to name this account as a writer, and the account has to join.';
  if (name === 'NotTheImagesSite') return 'Ask the site that the image belongs to.';
  return 'The log of this server has what was sent.';
}
