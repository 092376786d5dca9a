import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../../base/errors.js';
import { PROJECT_ROOT } from '../../base/project-root.js';
import { readReleases } from '../contract/releases.js';
import type { Hex } from '../ethereum/hex.js';

/** A contract of release 2 as it was compiled. */
export interface Release2 {
  name: 'Consortium' | 'Images';
  codeHash: Hex;
  creationCode: Hex;
}

const read = new Map<Release2['name'], Promise<Release2>>();

/** The consortium's contract, or the newest one of images that asks it who may write. */
export function release2(name: Release2['name']): Promise<Release2> {
  const known = read.get(name) ?? find(name);
  read.set(name, known);
  return known;
}

async function find(name: Release2['name']): Promise<Release2> {
  const released = (await readReleases()).find((one) => one.name === name);
  if (released) return { name, codeHash: released.codeHash, creationCode: released.creationCode };
  const file = path.join(PROJECT_ROOT, 'contracts', 'unreleased', `${name}.json`);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) return JSON.parse(text) as Release2;
  throw new LedgerError('internal', `contracts/released has no ${name}: run npm run contracts.`);
}
