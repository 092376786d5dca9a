import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createConsortium } from '../../../src/ledger/contract/consortium.js';
import { openEmbeddedChain } from '../../../src/ledger/embedded/embedded-chain.js';
import type { Hex } from '../../../src/ledger/ethereum/hex.js';
import { accountOf } from '../../../src/ledger/keys/sign.js';
import { createRpc } from '../../../src/ledger/rpc/rpc.js';
import { closeHonestParts } from './honest-parts.js';
import { createMember, type Member } from './member.js';

/** Opens the embedded chain of a server that does not run, admits another member to it, and closes it after `act`. */
export async function insideStoppedSite(dataFolder: string, act: (mallory: Member) => Promise<void>): Promise<void> {
  const textOf = (name: string): string => readFileSync(path.join(dataFolder, name), 'utf8').trim();
  const keyIn = (name: string): Buffer => Buffer.from(textOf(name).replace(/^0x/, ''), 'hex');
  const governorKey = keyIn('governor.key');
  const chain = await openEmbeddedChain({
    folder: path.join(dataFolder, 'chain'),
    periodMs: 0,
    genesisAccounts: [accountOf(governorKey), accountOf(keyIn('site.key'))],
  });
  try {
    const rpc = createRpc(chain);
    const contract = textOf('contract') as Hex;
    const key = randomBytes(32);
    const consortium = await createConsortium({ rpc }, { contract, governorKey });
    const siteId = await consortium.admitSite({ name: 'Mallory', accounts: [accountOf(key)] });
    await act(createMember({ rpc }, { siteId, contract, consortiumKey: keyIn('consortium.key'), key }));
  } finally {
    await closeHonestParts();
    await chain.close();
  }
}
