import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createKeyWrapping } from '../../../src/keyring/key-wrapping.js';
import { keysFolder } from '../../../src/keyring/keys-folder.js';
import { openKeyring } from '../../../src/keyring/open-keyring.js';
import { createConsortiumAccount } from '../../../src/ledger/consortium/consortium-account.js';
import { contractsAt } from '../../../src/ledger/consortium/contracts-at.js';
import { encodeCall } from '../../../src/ledger/consortium/decode-call.js';
import { openEmbeddedChain } from '../../../src/ledger/embedded/embedded-chain.js';
import { fromHex, type Hex } from '../../../src/ledger/ethereum/hex.js';
import { accountOf } from '../../../src/ledger/keys/sign.js';
import { createRpc } from '../../../src/ledger/rpc/rpc.js';
import { wholeRing } from '../../../src/secrecy/ring.js';
import { openMemberRing } from './give-keys.js';
import { closeHonestParts } from './honest-parts.js';
import { createMember, type Member } from './member.js';
import { namedByNumbers, newMemberRing } from './member-naming.js';

const MALLORY = 2;

/**
 * Opens the embedded chain of a server that does not run, admits another member to it, whose ring the server gets as a letter would bring it, and closes
 * it after `act`.
 */
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
    const address = textOf('contract') as Hex;
    const contracts = await contractsAt(rpc, address);
    if (contracts.release === 1) throw new Error(`${address} is of release 1.`);
    const { consortium } = contracts;
    const chainId = BigInt(await rpc.chainId());
    const [writer, champion, ring] = [randomBytes(32), randomBytes(32), newMemberRing()];
    const as = (key: Buffer) => createConsortiumAccount({ rpc }, { consortium, key });
    await as(governorKey).propose(encodeCall('admitSite', 'Mallory', [accountOf(champion)]));
    await as(champion).join(MALLORY);
    await as(champion).nameAccount(accountOf(writer), 'writer');
    await as(writer).join(MALLORY);
    await openMemberRing({ rpc, consortium, chainId }, { siteId: MALLORY, writer, champion, ring });
    const keyring = await openKeyring({
      folder: keysFolder(dataFolder),
      owner: { chainId, consortium: fromHex(consortium), siteId: 1 },
      wrapping: createKeyWrapping({ allowsClear: true }),
    });
    await keyring.merge({ siteId: MALLORY, ringId: ring.ringId }, wholeRing(ring.root), { erased: [] });
    await keyring.close();
    const naming = namedByNumbers(ring, { chainId, contract: address, siteId: MALLORY });
    const contract = { address, release: 2, consortium } as const;
    await act(createMember({ rpc }, { siteId: MALLORY, contract, key: writer, naming }));
  } finally {
    await closeHonestParts();
    await chain.close();
  }
}
