import { LedgerError } from '../../base/errors.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { consortiumInterface } from './consortium-reader.js';

/** What a proposal can call, and nothing else: the functions "by proposal only" of the interfaces. */
export const PROPOSABLE = [
  'admitSite',
  'renameSite',
  'dismissSite',
  'readmitSite',
  'nameChampion',
  'removeAccountOf',
  'addGovernor',
  'removeGovernor',
  'replaceGovernor',
  'allowErasures',
  'assignIssuer',
  'rule',
] as const;

export type Proposable = (typeof PROPOSABLE)[number];

/** A value of a call: numbers of any size are bigint, bytes and addresses lower-case hex. */
export type CallValue = bigint | string | readonly Hex[];

/** A call of the consortium to itself, as a person can read it. */
export interface GovernedCall {
  name: Proposable;
  /** By the names of the parameters, in their order. */
  values: Readonly<Record<string, CallValue>>;
  data: Hex;
  /** keccak256 of `data`: what is approved. */
  hash: Hex;
}

/** Selector and arguments of a proposal. Throws `bad-request` for values that do not fit. */
export function encodeCall(name: Proposable, ...values: unknown[]): GovernedCall {
  try {
    return decodeCall(consortiumInterface.encodeFunctionData(name, values) as Hex);
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw new LedgerError('bad-request', `${name} cannot be called so: ${messageOf(error)}.`, { cause: error });
  }
}

/**
 * Reads the call of a proposal. Throws `bad-request` for what nobody could judge by reading it: another function, and any bytes but
 * those that the Contract ABI Specification gives to the values ("strict mode"): what lies behind them would be approved unseen.
 */
export function decodeCall(data: Hex): GovernedCall {
  const selector = data.slice(0, 10);
  const fragment = PROPOSABLE.map((name) => consortiumInterface.getFunction(name)!).find(
    (one) => one.selector === selector,
  );
  if (fragment === undefined)
    throw undecodable(
      `its selector ${selector === '0x' ? 'is missing' : selector} is none of the functions that a proposal can call`,
    );
  let values: unknown[];
  let again: string;
  try {
    values = consortiumInterface.decodeFunctionData(fragment, data).toArray();
    again = consortiumInterface.encodeFunctionData(fragment, values);
  } catch (error) {
    throw undecodable(`the bytes are no values of ${fragment.format('sighash')} (${messageOf(error)})`);
  }
  if (again !== data.toLowerCase())
    throw undecodable(`the bytes are not exactly those of the values of ${fragment.format('sighash')}`);
  const named = fragment.inputs.map(({ name, type }, i): [string, CallValue] => [name, valueOf(type, values[i])]);
  return {
    name: fragment.name as Proposable,
    values: Object.fromEntries(named),
    data: again as Hex,
    hash: toHex(keccak256(fromHex(again))),
  };
}

function valueOf(type: string, value: unknown): CallValue {
  if (type === 'address[]') return [...(value as string[])].map((one) => one.toLowerCase() as Hex);
  return type === 'address' || type === 'bytes32' ? String(value).toLowerCase() : (value as bigint | string);
}

function undecodable(why: string): LedgerError {
  return new LedgerError(
    'bad-request',
    `This call cannot be read, so it is not approved here: ${why}. Ask the governor who proposed it, or update dicom-ledger.`,
    { details: { reason: 'undecodable' } },
  );
}

/** ethers' first sentence, without the bytes that it appends. */
function messageOf(error: unknown): string {
  return String((error as { shortMessage?: string }).shortMessage ?? (error as Error).message).split(' (', 1)[0]!;
}
