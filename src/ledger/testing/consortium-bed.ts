import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type ConsortiumAccount, createConsortiumAccount } from '../consortium/consortium-account.js';
import { deployRelease2 } from '../consortium/deploy-release2.js';
import { openEmbeddedChain } from '../embedded/embedded-chain.js';
import type { Hex } from '../ethereum/hex.js';
import { accountOf } from '../keys/sign.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { createRpc, type Rpc } from '../rpc/rpc.js';

/** An account with its key. */
export interface KeptAccount {
  key: Buffer;
  account: Hex;
}

/** A consortium of three governors and one site on an embedded chain; all of its accounts have gas. */
export interface ConsortiumBed {
  provider: LedgerProvider;
  rpc: Rpc;
  consortium: Hex;
  images: Hex;
  governors: [KeptAccount, KeptAccount, KeptAccount];
  writer: KeptAccount;
  champion: KeptAccount;
  as(who: KeptAccount, over?: Rpc): ConsortiumAccount;
  /** Another consortium on the same chain. */
  found(change: { governors?: Hex[]; waitSeconds?: number }): Promise<{ consortium: Hex; images: Hex }>;
  close(): Promise<void>;
}

export function newKeptAccount(): KeptAccount {
  const key = randomBytes(32);
  return { key, account: accountOf(key) };
}

/** The site is "North". With `waitSeconds` 0 what passes can be executed at once. */
export async function openConsortiumBed({ waitSeconds = 0 } = {}): Promise<ConsortiumBed> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'consortium-'));
  const governors: ConsortiumBed['governors'] = [newKeptAccount(), newKeptAccount(), newKeptAccount()];
  const [writer, champion] = [newKeptAccount(), newKeptAccount()];
  const genesisAccounts = [...governors, writer, champion].map(({ account }) => account);
  const chain = await openEmbeddedChain({ folder: path.join(folder, 'chain'), periodMs: 0, genesisAccounts });
  const rpc = createRpc(chain);
  const founding = {
    ...{ key: governors[0].key, governors: governors.map(({ account }) => account), waitSeconds },
    ...{ siteName: 'North', writers: [writer.account], champions: [champion.account] },
  };
  const { consortium, images } = await deployRelease2(chain, founding);
  return {
    ...{ provider: chain, rpc, consortium, images, governors, writer, champion },
    as: ({ key }, over = rpc) => createConsortiumAccount({ rpc: over }, { consortium, key }),
    found: (change) => deployRelease2(chain, { ...founding, ...change }),
    close: async () => {
      await chain.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
