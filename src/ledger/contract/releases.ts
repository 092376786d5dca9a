import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from '../../base/project-root.js';
import { LedgerError } from '../../base/errors.js';
import { toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import type { Rpc } from '../rpc/rpc.js';

/** A contract that was released: its code is what every site compares with. */
export interface Release {
  name: 'ImageLedger' | 'Consortium' | 'Images';
  /** Higher is newer. */
  release: 1 | 2;
  codeHash: Hex;
  creationCode: Hex;
}

const FOLDER = path.join(PROJECT_ROOT, 'contracts', 'released');

/** All released contracts, the newest first. */
async function readReleases(): Promise<Release[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readFile(path.join(FOLDER, name), 'utf8')));
  return texts.map((text) => JSON.parse(text) as Release).sort((a, b) => b.release - a.release);
}

/** The newest release of a contract; throws `internal` when there is none. */
export async function newestRelease(name: Release['name']): Promise<Release> {
  const release = (await readReleases()).find((one) => one.name === name);
  if (release) return release;
  throw new LedgerError('internal', `contracts/released has no ${name}: run npm run contracts.`);
}

/** What some nodes gave as the code at some addresses, in the order of the addresses. */
export interface CodeAnswer {
  name: string;
  codes: readonly Buffer[];
}

/** What lies at each address. Throws `misconfigured` unless it is a released contract: a site trusts no other. */
export async function requireReleased(rpc: Rpc, contracts: readonly Hex[]): Promise<Release[]> {
  return requireReleasedAt(contracts, [{ name: 'the node', codes: await rpc.codes(contracts) }]);
}

/** The same by what several nodes gave. A node without code may be behind; that all are without it is a mistake. */
export async function requireReleasedAt(contracts: readonly Hex[], answers: readonly CodeAnswer[]): Promise<Release[]> {
  const known = new Map((await readReleases()).map((release) => [release.codeHash, release]));
  return contracts.map((address, i) => {
    let found: Release | undefined;
    for (const { name, codes } of answers) {
      const code = codes[i]!;
      if (code.length === 0) continue;
      const codeHash = toHex(keccak256(code));
      found = known.get(codeHash);
      if (found) continue;
      throw new LedgerError(
        'misconfigured',
        `The code at ${address} has hash ${codeHash} at ${name}, which is no released contract: check LEDGER_CONTRACT, or update dicom-ledger.`,
      );
    }
    if (found) return found;
    throw new LedgerError('misconfigured', `There is no contract at ${address}: check LEDGER_CONTRACT and LEDGER_URL.`);
  });
}
