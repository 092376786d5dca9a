import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from '../../base/project-root.js';
import { LedgerError } from '../../base/errors.js';
import { toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import type { Rpc } from '../rpc/rpc.js';

/** A contract that was released: its code is what every site compares with. */
export interface Release {
  name: string;
  /** Higher is newer. */
  release: number;
  codeHash: Hex;
  creationCode: Hex;
}

const FOLDER = path.join(PROJECT_ROOT, 'contracts', 'released');

/** All released contracts, the newest first. */
export async function readReleases(): Promise<Release[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readFile(path.join(FOLDER, name), 'utf8')));
  return texts.map((text) => JSON.parse(text) as Release).sort((a, b) => b.release - a.release);
}

/** Throws `misconfigured` unless the code at each address is a released contract: a site trusts no other. */
export async function requireReleased(rpc: Rpc, contracts: readonly Hex[]): Promise<void> {
  await requireReleasedAt(contracts, [{ name: 'the node', codes: await rpc.codes(contracts) }]);
}

/**
 * The same for what several nodes gave, in the order of the addresses. A node without code may be behind; that all are without
 * it is a mistake.
 */
export async function requireReleasedAt(
  contracts: readonly Hex[],
  answers: readonly { name: string; codes: readonly Buffer[] }[],
): Promise<void> {
  const known = new Set((await readReleases()).map(({ codeHash }) => codeHash));
  contracts.forEach((address, i) => {
    if (answers.every(({ codes }) => codes[i]!.length === 0))
      throw new LedgerError(
        'misconfigured',
        `There is no contract at ${address}: check LEDGER_CONTRACT and LEDGER_URL.`,
      );
    for (const { name, codes } of answers) {
      const codeHash = toHex(keccak256(codes[i]!));
      if (codes[i]!.length === 0 || known.has(codeHash)) continue;
      throw new LedgerError(
        'misconfigured',
        `The code at ${address} has hash ${codeHash} at ${name}, which is no released contract: check LEDGER_CONTRACT, or update dicom-ledger.`,
      );
    }
  });
}
