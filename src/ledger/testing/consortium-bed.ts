import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type ConsortiumAccount, createConsortiumAccount } from '../consortium/consortium-account.js';
import { deployRelease2 } from '../consortium/deploy-release2.js';
import { silentLog } from '../../base/log.js';
import { openEmbeddedChain } from '../embedded/embedded-chain.js';
import { toHex, type Hex } from '../ethereum/hex.js';
import { openNodes } from '../nodes/open-nodes.js';
import { openLedger } from '../open-ledger.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { createRpc, type Rpc } from '../rpc/rpc.js';
import { type KeptAccount, newKeptAccount } from './kept-account.js';
import { contentOf } from './ledger-bed.js';

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

/** Stores an image of the site "North" under a ring that it opens, and returns its id. */
export async function sealedImage({ provider, images, writer }: ConsortiumBed): Promise<Hex> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'outbox-'));
  const ledger = await openLedger({
    nodes: openNodes({ providers: [{ name: 'bed', provider }], log: silentLog }),
    ...{ contracts: [images], privateKey: writer.key, pieceBytes: 30_720, windowBytes: 4_000_000 },
    ...{ outboxFolder: folder, depths: { sealed: 1, final: 1, kept: 1 }, log: silentLog },
  });
  try {
    const ringId = toHex(randomBytes(16));
    await ledger.openRing(ringId, toHex(randomBytes(32)));
    const names = { release: 2, ringId, imageKey: toHex(randomBytes(32)), studyKey: 1n, patientKey: 1n } as const;
    const imageId = ledger.imageIdOf(names);
    const instance = { ...contentOf(randomBytes(1_000)), scheme: 2 };
    await ledger.store({ imageId, names, header: randomBytes(100), preview: randomBytes(100), instance });
    return imageId;
  } finally {
    await ledger.close();
    await rm(folder, { recursive: true, force: true });
  }
}
