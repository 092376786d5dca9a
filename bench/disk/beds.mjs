// Archives whose disk is looked at: one on its embedded chain, and networks of geth signers.
import path from 'node:path';
import { startNetwork } from '../../dist/network/start-network.js';
import { startServer } from '../server.mjs';
import { ofNode, ofSite } from './folders.mjs';
import { compactEmbedded, compactNode, inspect } from './inspect.mjs';

/** `name`: `embedded`, or the number of signers. */
export function openBed({ name, folder, geth }) {
  return name === 'embedded' ? openEmbedded(folder) : openNetwork({ sites: Number(name), folder, geth });
}

/** `look()`: bytes on the disk by kind, of each site and each node. Stop it before `inspect` and `compact`. */
async function openEmbedded(folder) {
  const server = await startServer({ folder });
  let isStopped = false;
  return {
    name: 'embedded chain',
    url: server.url,
    dataFolders: [folder],
    blockCount: () => blockCount(server.url),
    chainBytes: async () => undefined,
    look: () => ({ sites: [ofSite(folder)], nodes: [] }),
    stop: async () => {
      if (!isStopped) await server.end();
      isStopped = true;
    },
    inspect: () => undefined,
    compact: () => compactEmbedded(path.join(folder, 'chain', 'index')),
  };
}

async function openNetwork({ sites, folder, geth }) {
  const network = await startNetwork({ sites, folder, binary: geth, periodSeconds: 1 });
  const nodeFolders = network.sites.map(({ node }) => node.folder);
  const dataFolders = network.sites.map(({ server }) => server.dataFolder);
  const [{ server }] = network.sites;
  return {
    name: `${sites} signer${sites === 1 ? '' : 's'}`,
    url: server.url,
    dataFolders,
    blockCount: () => blockCount(server.url),
    chainBytes: () => chainBytes(network.sites[0].node.rpc),
    look: () => ({ sites: dataFolders.map(ofSite), nodes: nodeFolders.map(ofNode) }),
    stop: () => network.stop(),
    inspect: () => inspect(geth, nodeFolders[0]),
    compact: () => {
      for (const nodeFolder of nodeFolders) compactNode(geth, nodeFolder);
    },
  };
}

async function blockCount(url) {
  const { head } = await (await fetch(`${url}/ledger/network`)).json();
  return Number(head.number);
}

/** Of all blocks that count, as peers get them. */
async function chainBytes(rpcUrl) {
  const ask = async (method, ...params) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const answer = await fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return (await answer.json()).result;
  };
  let sum = 0;
  const head = Number(await ask('eth_blockNumber'));
  for (let number = 0; number <= head; number++)
    sum += Number((await ask('eth_getBlockByNumber', `0x${number.toString(16)}`, false)).size);
  return sum;
}
