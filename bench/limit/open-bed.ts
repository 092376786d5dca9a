import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createConsortiumAccount } from '../../src/ledger/consortium/consortium-account.js';
import { contractsAt } from '../../src/ledger/consortium/contracts-at.js';
import { deployRelease2 } from '../../src/ledger/consortium/deploy-release2.js';
import { openEmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import { newKey } from '../../src/ledger/keys/keys.js';
import { readKeystore } from '../../src/ledger/keys/keystore.js';
import { accountOf } from '../../src/ledger/keys/sign.js';
import { openHttpProvider } from '../../src/ledger/rpc/http-provider.js';
import { createRpc, type Rpc } from '../../src/ledger/rpc/rpc.js';
import type { Network } from '../../src/network/network.js';
import { cacheFolder } from '../../src/site.js';
import { startNetwork } from '../../src/network/start-network.js';
import { pidOf, type ServedSite, servedSites } from '../served-sites.js';
import { startBenchServer } from '../start-bench-server.js';
import { embeddedNode, httpNode, type RawNode } from './raw-node.js';
import { openRawSite, type RawSite } from './raw-site.js';
import { letInto } from '../../conformance/testing/let-in.js';

/** What is measured on: an account of our own beside a running site, so that both write as the same site. */
export interface LimitBed extends RawSite {
  name: string;
  /** Transactions go to all of them; the last is `loadNode`, where code is read. */
  nodes: readonly [RawNode, ...RawNode[]];
  loadNode: RawNode;
  /** The servers where objects go in and come out. */
  storeUrl: string;
  loadUrl: string;
  /** Where the server at `loadUrl` keeps what it has given, or has stored itself. */
  loadCache: string;
  pids: Record<string, number>;
  /** Slots of a pool, of 32 KB, that transactions on their way may take. */
  windowSlots: number;
  batchBytes: number;
  close(): Promise<void>;
}

export interface NetworkBedOptions {
  sites: number;
  geth: string;
  environment: Record<string, string>;
}

const BATCH_BYTES = 1_900_000;
/** Of 256 that a pool has: a full block on its way while another is made. */
const NETWORK_WINDOW_SLOTS = 244;
const EMBEDDED_WINDOW_SLOTS = 512;
const CHAIN_ID = 53_696;

const newFolder = (): string => mkdtempSync(path.join(tmpdir(), 'ledger-limit-'));

/** geth signers with their servers, all of which share. Objects go in at the first site and come out at the last. */
export async function openNetworkBed({ sites, geth, environment }: NetworkBedOptions): Promise<LimitBed> {
  const folder = newFolder();
  const network = await startNetwork({ sites, folder, binary: geth, periodSeconds: 1, environment });
  letInto(network);
  const { sites: served, first, last } = servedSites(network);
  const provider = openHttpProvider({ url: first.node.rpc });
  const raw = await openAnotherWriter(createRpc(provider), network, first);
  const others = served.slice(1).map(({ node }) => httpNode(node.rpc));
  const nodes = [httpNode(first.node.rpc), ...others] as const;
  return {
    name: `${sites} signer${sites === 1 ? '' : 's'}`,
    nodes,
    loadNode: nodes.at(-1) ?? nodes[0],
    ...raw,
    storeUrl: first.server.url,
    loadUrl: last.server.url,
    loadCache: cacheFolder(last.server.dataFolder),
    pids: Object.fromEntries(
      served.flatMap(({ name, node, server }) => [
        [`${name} geth`, pidOf(node)],
        [`${name} server`, pidOf(server)],
      ]),
    ),
    windowSlots: NETWORK_WINDOW_SLOTS,
    batchBytes: BATCH_BYTES,
    close: async () => {
      await Promise.all([provider, ...nodes].map((one) => one.close()));
      await network.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Another account of the site, whose champion names it. */
async function openAnotherWriter(rpc: Rpc, { contract }: Network, { siteId, champion }: ServedSite): Promise<RawSite> {
  const at = await contractsAt(rpc, contract);
  if (at.release === 1 || at.images === undefined || !champion) throw new Error(`${contract} is not of release 2.`);
  const { consortium, images } = at;
  const key = newKey();
  const { keystoreFile: file, passwordFile } = champion;
  const as = createConsortiumAccount({ rpc }, { consortium, key: await readKeystore({ file, passwordFile }) });
  await as.nameAccount(accountOf(key), 'writer');
  await createConsortiumAccount({ rpc }, { consortium, key }).join(siteId);
  return openRawSite(rpc, { consortium, images, siteId, key });
}

/** A server on its embedded chain, and another embedded chain in this process for the ceilings. */
export async function openEmbeddedBed({ environment }: Pick<NetworkBedOptions, 'environment'>): Promise<LimitBed> {
  const folder = newFolder();
  const [governor, champion, key] = [newKey(), newKey(), newKey()];
  const genesisAccounts = [governor, champion, key].map(accountOf);
  const chain = await openEmbeddedChain({ folder, periodMs: 0, chainId: CHAIN_ID, genesisAccounts });
  const contracts = await deployRelease2(chain, {
    ...{ key: governor, governors: [accountOf(governor)], waitSeconds: 0 },
    ...{ siteName: 'limit', writers: [accountOf(key)], champions: [accountOf(champion)] },
  });
  const raw = await openRawSite(createRpc(chain), { ...contracts, siteId: 1, key });
  const server = await startBenchServer({ environment });
  const node = embeddedNode(chain);
  return {
    name: 'embedded',
    nodes: [node],
    loadNode: node,
    ...raw,
    storeUrl: server.url,
    loadUrl: server.url,
    loadCache: cacheFolder(server.dataFolder),
    pids: { server: server.pid },
    windowSlots: EMBEDDED_WINDOW_SLOTS,
    batchBytes: BATCH_BYTES,
    close: async () => {
      await node.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
