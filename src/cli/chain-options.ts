import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Consortium } from '../ledger/contract/consortium.js';
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

export function siteIdOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It has to be the number that "site list" gives.');
  return Number(text);
}

export function hoursOf(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number of hours.');
  return Number(text);
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

/** Opens the contract with the key of the keystore, which signs what `work` changes. */
export async function withConsortium<T>(
  options: GovernorOptions,
  work: (consortium: Consortium) => Promise<T>,
): Promise<T> {
  const { createConsortium } = await import('../ledger/contract/consortium.js');
  const governorKey = await readKey(options);
  return withChain(options, async ({ rpc }) =>
    work(await createConsortium({ rpc }, { contract: options.contract, governorKey })),
  );
}
