import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Pseudonyms, createPseudonyms, readConsortiumKey } from '../../src/archive/pseudonyms.js';
import { createConsortium } from '../../src/ledger/contract/consortium.js';
import { deployContract } from '../../src/ledger/contract/deploy.js';
import { openEmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import { newKey } from '../../src/ledger/keys/keys.js';
import { readKeystore } from '../../src/ledger/keys/keystore.js';
import { accountOf } from '../../src/ledger/keys/sign.js';
import type { Hex } from '../../src/ledger/ethereum/hex.js';
import { openHttpProvider } from '../../src/ledger/rpc/http-provider.js';
import { createRpc } from '../../src/ledger/rpc/rpc.js';
import { cacheFolder } from '../../src/site.js';
import { startNetwork } from '../../src/network/start-network.js';
import { RELEASE_1 } from '../release-1.js';
import { pidOf, servedSites } from '../served-sites.js';
import { startBenchServer } from '../start-bench-server.js';
import { embeddedNode, httpNode, type RawNode } from './raw-node.js';
import { letInto } from '../../conformance/testing/let-in.js';

/** What is measured on: an account of our own beside a running site, so that both write as the same site. */
export interface LimitBed {
  name: string;
  /** Transactions go to all of them; the last is `loadNode`, where code is read. */
  nodes: readonly [RawNode, ...RawNode[]];
  loadNode: RawNode;
  chainId: number;
  contract: Hex;
  key: Buffer;
  keys: Pseudonyms;
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

/** geth signers with their servers. Objects go in at the first site and come out at the last. */
export async function openNetworkBed({ sites, geth, environment }: NetworkBedOptions): Promise<LimitBed> {
  const folder = newFolder();
  const network = await startNetwork({
    ...{ sites, folder, binary: geth, periodSeconds: 1, release: RELEASE_1.release },
    environment: { ...RELEASE_1.environment, ...environment },
  });
  letInto(network);
  const { sites: served, first, last } = servedSites(network);
  const key = newKey();
  const { keystoreFile, passwordFile } = network.governors[0]!;
  const provider = openHttpProvider({ url: first.node.rpc });
  const consortium = await createConsortium(
    { rpc: createRpc(provider) },
    { contract: network.contract, governorKey: await readKeystore({ file: keystoreFile, passwordFile }) },
  );
  await consortium.addSiteAccount(first.siteId, accountOf(key));
  await provider.close();
  const others = served.slice(1).map(({ node }) => httpNode(node.rpc));
  const nodes = [httpNode(first.node.rpc), ...others] as const;
  return {
    name: `${sites} signer${sites === 1 ? '' : 's'}`,
    nodes,
    loadNode: nodes.at(-1) ?? nodes[0],
    chainId: network.chainId,
    contract: network.contract,
    key,
    keys: createPseudonyms(await readConsortiumKey({ file: network.consortiumKeyFile!, create: false })),
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
      await Promise.all(nodes.map((node) => node.close()));
      await network.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A server on its embedded chain, and another embedded chain in this process for the ceilings. */
export async function openEmbeddedBed({ environment }: Pick<NetworkBedOptions, 'environment'>): Promise<LimitBed> {
  const folder = newFolder();
  const key = newKey();
  const account = accountOf(key);
  const chain = await openEmbeddedChain({ folder, periodMs: 0, chainId: CHAIN_ID, genesisAccounts: [account] });
  const contract = await deployContract(chain, { governorKey: key, siteName: 'limit', siteAccounts: [account] });
  const server = await startBenchServer({ environment });
  const node = embeddedNode(chain);
  return {
    name: 'embedded',
    nodes: [node],
    loadNode: node,
    chainId: CHAIN_ID,
    contract,
    key,
    keys: createPseudonyms(newKey()),
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
