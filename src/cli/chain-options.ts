import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Hex } from '../ledger/ethereum/hex.js';
import type { LedgerProvider } from '../ledger/rpc/provider.js';
import type { Rpc } from '../ledger/rpc/rpc.js';
import { silentLog } from '../base/log.js';

export interface ChainOptions {
  url: string;
}

export interface ContractOptions extends ChainOptions {
  contract: Hex;
}

export interface KeyOptions {
  keystore: string;
  passwordFile: string;
}

export type GovernorOptions = ContractOptions & KeyOptions;

/** For a command that asks a node. */
export function withChainOptions(command: Command): Command {
  const url = new Option('--url <urls>', 'JSON-RPC of one or several nodes, http(s):// or ws(s)://').env('LEDGER_URL');
  return command.addOption(url.makeOptionMandatory());
}

export function withContractOptions(command: Command): Command {
  const contract = new Option('--contract <address>', 'the contract').env('LEDGER_CONTRACT').argParser(contractOf);
  return withChainOptions(command).addOption(contract.makeOptionMandatory());
}

/** For a command that signs. */
export function withKeyOptions(command: Command, whose: string): Command {
  return command
    .requiredOption('--keystore <file>', `keystore (version 3) of ${whose}`)
    .requiredOption('--password-file <file>', 'its password: the first line');
}

/** Of a list, as the server's LEDGER_CONTRACT is one, the newest. */
function contractOf(text: string): Hex {
  return addressOf(text.split(',', 1)[0]!.trim());
}

export function addressOf(text: string): Hex {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('It has to be 0x and 40 hex digits.');
  return text.toLowerCase() as Hex;
}

export function addressesOf(text: string, before: Hex[] | undefined): Hex[] {
  return [...(before ?? []), addressOf(text)];
}

/** An option that may be given several times. */
export function textsOf(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

export function siteIdOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It has to be the number that "site list" gives.');
  return Number(text);
}

/** 16 bytes, with 0x or without; 32 lower-case hex digits. */
export function ringOf(text: string): string {
  if (/^(0x)?[0-9a-fA-F]{32}$/.test(text)) return text.toLowerCase().replace(/^0x/, '');
  throw new InvalidArgumentError('It has to be 32 hex digits, as "keys status" lists them.');
}

export function hoursOf(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number of hours.');
  return Number(text);
}

/** A 32-byte word: the id of an image, a hash. */
export function hexWordOf(text: string): Hex {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError('It has to be 0x and 64 hex digits.');
  return text.toLowerCase() as Hex;
}

/** Seconds since 1970 of a time as ISO 8601 writes it, in UTC unless it names a zone. */
export function timeOf(text: string): number {
  const isZoned = /(Z|[+-]\d\d:?\d\d)$/.test(text);
  const seconds = Math.floor(Date.parse(isZoned || !text.includes('T') ? text : `${text}Z`) / 1_000);
  if (/^\d{4}-\d\d-\d\d/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError('It has to be a time like 2026-11-28 or 2026-11-28T14:00:00Z.');
}

export function wholeNumberOf(min: number, max: number): (text: string) => number {
  return (text) => {
    if (/^\d+$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
    throw new InvalidArgumentError(`It has to be a whole number from ${min} to ${max}.`);
  };
}

// What asks a chain is loaded by the command that does: the other commands, `serve` among them, do not wait for it.

export async function readKey({ keystore, passwordFile }: KeyOptions): Promise<Buffer> {
  const { readKeystore } = await import('../ledger/keys/keystore.js');
  return readKeystore({ file: keystore, passwordFile });
}

/** The node that answers best, and `rpc`, which asks the next when one fails. */
export async function withChain<T>(
  { url }: ChainOptions,
  work: (chain: { provider: LedgerProvider; rpc: Rpc }) => Promise<T>,
): Promise<T> {
  const { connectNodes } = await import('../ledger/nodes/connect-nodes.js');
  const urls = url.split(',').map((one) => one.trim());
  const nodes = await connectNodes({ urls, log: silentLog, timeoutMs: 5_000 });
  try {
    return await work({ provider: nodes.preferred()[0]!.provider, rpc: nodes.rpc });
  } finally {
    await nodes.close();
  }
}
