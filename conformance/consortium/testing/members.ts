import { expect } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKeystore } from '../../../src/ledger/keys/keystore.js';
import { type CommandResult, done, runCommand } from '../../testing/command-line.js';

export interface ChainUnderTest {
  url: string;
  close(): Promise<unknown>;
}

export type Address = `0x${string}`;

/** Starts a chain in a folder, where some accounts have gas. */
export type StartChain = (parameters: { folder: string; funded: Address[] }) => Promise<ChainUnderTest>;

/** People with keystores of their own, who govern by the compiled commands alone. */
export interface Members {
  file: (name: string) => string;
  keyOf: (who: string) => string[];
  /** Of each that has a key. */
  accounts: Record<string, Address>;
  newKey: (who: string) => Promise<Address>;
  /** The chain on which they govern, once it runs, and the contract, once it is there. */
  chain: ChainUnderTest | undefined;
  contract: string;
  environment: () => Record<string, string>;
  /** Runs a command with the key of `who`; undefined without a key. */
  govern: (who: string | undefined, ...args: string[]) => Promise<CommandResult>;
  close(): Promise<void>;
}

/** `scryptN` makes keystores that open fast; without it the command makes them as everybody gets them. */
export function openMembers({ scryptN }: { scryptN?: number } = {}): Members {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-members-'));
  const members: Members = {
    ...{ chain: undefined, contract: '', accounts: {} },
    file: (name) => path.join(folder, name),
    keyOf: (who) => ['--keystore', members.file(`${who}.json`), '--password-file', members.file(`${who}.txt`)],
    newKey: async (who) => {
      const [file, passwordFile] = [members.file(`${who}.json`), members.file(`${who}.txt`)];
      return (members.accounts[who] =
        scryptN === undefined
          ? ((await done(runCommand(['key', 'new', ...members.keyOf(who)]))).trim() as Address)
          : await createKeystore({ file, passwordFile, scryptN }));
    },
    environment: () => ({ LEDGER_URL: members.chain!.url, LEDGER_CONTRACT: members.contract }),
    govern: (who, ...args) =>
      runCommand([...args, ...(who === undefined ? [] : members.keyOf(who))], members.environment()),
    close: async () => {
      await members.chain?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return members;
}

/** A command that has to fail, with one sentence. */
export async function refused(running: Promise<CommandResult>, sentence: RegExp): Promise<void> {
  const { code, stdout, stderr } = await running;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
}
