// What is measured on: an account of our own beside a running site, so that both write as the same site.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ledgerKeys, readConsortiumKey } from '../../dist/archive/pseudonyms.js';
import { openConsortium } from '../../dist/ledger/contract/consortium.js';
import { deployContract } from '../../dist/ledger/contract/deploy.js';
import { openEmbeddedChain } from '../../dist/ledger/embedded/embedded-chain.js';
import { createHttpProvider } from '../../dist/ledger/rpc/http-provider.js';
import { newKey } from '../../dist/ledger/keys/keys.js';
import { readKeystore } from '../../dist/ledger/keys/keystore.js';
import { createRpc } from '../../dist/ledger/rpc/rpc.js';
import { accountOf } from '../../dist/ledger/keys/sign.js';
import { startNetwork } from '../../dist/network/start-network.js';
import { startServer } from '../server.mjs';
import { embeddedNode, httpNode } from './raw-node.mjs';

const newFolder = () => mkdtempSync(path.join(tmpdir(), 'ledger-limit-'));

export const findGeth = () =>
  execFileSync(process.execPath, ['scripts/build-geth.mjs'], { encoding: 'utf8' }).trim().split('\n').at(-1);

/**
 * geth signers with their servers. Objects go in at the first site and come out at the last.
 * @param {{sites: number, geth: string, environment: Record<string, string>}} options
 */
export async function openNetworkBed({ sites, geth, environment }) {
  const folder = newFolder();
  const network = await startNetwork({ sites, folder, binary: geth, periodSeconds: 1, environment });
  const [first] = network.sites;
  const last = network.sites.at(-1);
  const key = newKey();
  const [{ keystoreFile, passwordFile }] = network.governors;
  const provider = createHttpProvider({ url: first.node.rpc });
  const consortium = await openConsortium(
    { rpc: createRpc(provider) },
    { contract: network.contract, governorKey: await readKeystore({ file: keystoreFile, passwordFile }) },
  );
  await consortium.addSiteAccount(first.siteId, accountOf(key));
  await provider.close();
  const nodes = network.sites.map(({ node }) => httpNode(node.rpc));
  return {
    name: `${sites} signer${sites === 1 ? '' : 's'}`,
    nodes,
    loadNode: nodes.at(-1),
    chainId: network.chainId,
    contract: network.contract,
    key,
    keys: ledgerKeys(await readConsortiumKey({ file: network.consortiumKeyFile, create: false })),
    storeUrl: first.server.url,
    loadUrl: last.server.url,
    pids: Object.fromEntries(
      network.sites.flatMap(({ name, node, server }) => [
        [`${name} geth`, node.pid],
        [`${name} server`, server.pid],
      ]),
    ),
    // Of 256 that a pool has: a full block on its way while another is made.
    windowSlots: 244,
    batchBytes: 1_900_000,
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()));
      await network.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A server on its embedded chain, and another embedded chain in this process for the ceilings. */
export async function openEmbeddedBed({ environment }) {
  const folder = newFolder();
  const key = newKey();
  const account = accountOf(key);
  const chainId = 53_696;
  const chain = await openEmbeddedChain({ folder, periodMs: 0, chainId, genesisAccounts: [account] });
  const contract = await deployContract(chain, { governorKey: key, siteName: 'limit', siteAccounts: [account] });
  const server = await startServer({ environment });
  const node = embeddedNode(chain);
  return {
    name: 'embedded',
    nodes: [node],
    loadNode: node,
    chainId,
    contract,
    key,
    keys: ledgerKeys(newKey()),
    storeUrl: server.url,
    loadUrl: server.url,
    pids: { server: server.pid },
    windowSlots: 512,
    batchBytes: 1_900_000,
    close: async () => {
      await node.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
