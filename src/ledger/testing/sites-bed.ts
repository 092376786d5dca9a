import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { silentLog } from '../../base/log.js';
import { createConsortiumAccount } from '../consortium/consortium-account.js';
import { encodeCall } from '../consortium/decode-call.js';
import { deployRelease2 } from '../consortium/deploy-release2.js';
import { openEmbeddedChain } from '../embedded/embedded-chain.js';
import type { Hex } from '../ethereum/hex.js';
import type { Ledger } from '../ledger.js';
import { openNodes } from '../nodes/open-nodes.js';
import { type LedgerOptions, openLedger } from '../open-ledger.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { createRpc, type Rpc } from '../rpc/rpc.js';
import { type KeptAccount, newKeptAccount } from './consortium-bed.js';

/** A site of the bed: its number, and who acts for it. */
export interface BedSite {
  siteId: number;
  writer: KeptAccount;
  champion: KeptAccount;
}

/** A consortium of release 2 with several sites on an embedded chain; all accounts have gas. */
export interface SitesBed {
  provider: LedgerProvider;
  rpc: Rpc;
  consortium: Hex;
  images: Hex;
  /** The first, where there are several. */
  governor: KeptAccount;
  /** By number, from 1. */
  sites: readonly BedSite[];
  /** Opens the ledger of a site, with an outbox of its own unless one is given. All are closed with the bed. */
  open(siteId: number, options?: Partial<LedgerOptions> & { provider?: LedgerProvider }): Promise<Ledger>;
  /** A proposal that passes and is executed at once; where changes wait, only of what does not. */
  decide(...call: Parameters<typeof encodeCall>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the bed with so many sites, called "Site 1" and so on. One governor decides at once, which is for trials; where changes wait so many
 * seconds, there are three.
 */
export async function openSitesBed(count: number, { periodMs = 0, waitSeconds = 0 } = {}): Promise<SitesBed> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sites-'));
  const governors = Array.from({ length: waitSeconds === 0 ? 1 : 3 }, newKeptAccount);
  const sites = Array.from({ length: count }, (_, index): BedSite => {
    return { siteId: index + 1, writer: newKeptAccount(), champion: newKeptAccount() };
  });
  const genesisAccounts = [...governors, ...sites.flatMap(({ writer, champion }) => [writer, champion])].map(
    ({ account }) => account,
  );
  const chain = await openEmbeddedChain({ folder: path.join(folder, 'chain'), periodMs, genesisAccounts });
  const rpc = createRpc(chain);
  const [first, ...others] = sites;
  const { consortium, images } = await deployRelease2(chain, {
    ...{ key: governors[0]!.key, governors: governors.map(({ account }) => account), waitSeconds, siteName: 'Site 1' },
    ...{ writers: [first!.writer.account], champions: [first!.champion.account] },
  });
  const as = ({ key }: KeptAccount) => createConsortiumAccount({ rpc }, { consortium, key });
  const decide: SitesBed['decide'] = async (...call) => {
    const [first, second, third] = governors.map(as);
    const { id, hash } = await first!.propose(encodeCall(...call));
    await second?.approve(id, hash);
    await third?.execute(id);
  };
  for (const { siteId, writer, champion } of others) {
    await decide('admitSite', `Site ${siteId}`, [champion.account]);
    await as(champion).join(siteId);
    await as(champion).nameAccount(writer.account, 'writer');
    await as(writer).join(siteId);
  }
  const ledgers: Ledger[] = [];
  let outboxes = 0;
  return {
    ...{ provider: chain, rpc, consortium, images, governor: governors[0]!, sites, decide },
    open: async (siteId, { provider = chain, ...options } = {}) => {
      const ledger = await openLedger({
        nodes: openNodes({ providers: [{ name: 'bed', provider }], log: silentLog }),
        ...{ contracts: [images], privateKey: sites[siteId - 1]!.writer.key, pieceBytes: 30_720 },
        ...{ windowBytes: 4_000_000, outboxFolder: path.join(folder, `outbox-${++outboxes}`) },
        ...{ depths: { sealed: 1, final: 1, kept: 1 }, log: silentLog },
        ...options,
      });
      ledgers.push(ledger);
      return ledger;
    },
    close: async () => {
      await Promise.all(ledgers.map((ledger) => ledger.close()));
      await chain.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
