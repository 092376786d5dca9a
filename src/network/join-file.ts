import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { writeDurably } from '../base/write-durably.js';

/** What a machine has to know to join a consortium. Nothing in it is secret, yet who has it can ask to be a peer. */
export interface JoinFile {
  genesis: object;
  chainId: number;
  periodSeconds: number;
  /** Nodes to connect to. */
  enodes: string[];
  /** CIDR masks of the addresses that the nodes talk to. */
  netrestrict?: string | undefined;
  /** Where the contract is, once it is deployed. */
  contract?: Hex | undefined;
}

export const joinFileIn = (folder: string): string => path.join(folder, 'join.json');

/** The contract that the join file of a node's folder names; undefined when it names none, or there is no such file. */
export async function contractIn(folder: string): Promise<Hex | undefined> {
  const file = joinFileIn(folder);
  return existsSync(file) ? (await readJoinFile(file)).contract : undefined;
}

export async function writeJoinFile(folder: string, join: JoinFile): Promise<void> {
  await writeDurably(joinFileIn(folder), `${JSON.stringify(join, null, 2)}\n`, { mode: 0o644 });
}

/** Throws `misconfigured` for a file that is none. */
export async function readJoinFile(file: string): Promise<JoinFile> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError('misconfigured', `The join file ${file} cannot be read (${cause.code}).`, { cause });
  });
  try {
    const join = JSON.parse(text) as JoinFile;
    const { chainId } = (join.genesis as { config: { chainId: number } }).config;
    if (chainId === join.chainId && join.enodes.every((enode) => /^enode:\/\/[0-9a-f]{128}@/.test(enode))) return join;
  } catch {
    // Said below.
  }
  throw new LedgerError(
    'misconfigured',
    `${file} is no join file: take the join.json that "network init" or "network join" of a member wrote.`,
  );
}
