import path from 'node:path';
import { startNetwork } from '../../src/network/start-network.js';
import { askNode } from '../ask-node.js';
import { servedSites } from '../served-sites.js';
import { startBenchServer } from '../start-bench-server.js';
import { type BytesByKind, ofNode, ofSite } from './folders.js';
import { compactEmbedded, compactNode, type DatabaseContent, inspect } from './inspect.js';
import { letInto } from '../../conformance/testing/let-in.js';

/** Bytes on the disk by kind, of each site and each node. */
export interface DiskLook {
  sites: BytesByKind[];
  nodes: BytesByKind[];
}

/** An archive whose disk is looked at. Stop it before `inspect` and `compact`. */
export interface DiskBed {
  name: string;
  url: string;
  dataFolders: readonly string[];
  blockCount(): Promise<number>;
  /** Of all blocks that count, as peers get them; undefined for the embedded chain. */
  chainBytes(): Promise<number | undefined>;
  look(): DiskLook;
  /** Does nothing the second time. */
  stop(): Promise<unknown>;
  /** Undefined for the embedded chain. */
  inspect(): DatabaseContent | undefined;
  compact(): void | Promise<void>;
}

export interface OpenBedOptions {
  /** `embedded`, or the number of geth signers. */
  name: string;
  folder: string;
  /** The program; signers need it. */
  geth: string | undefined;
}

export function openBed({ name, folder, geth }: OpenBedOptions): Promise<DiskBed> {
  if (name === 'embedded') return openEmbedded(folder);
  if (geth === undefined) throw new Error('There is no geth for signers.');
  return openNetwork({ sites: Number(name), folder, geth });
}

async function openEmbedded(folder: string): Promise<DiskBed> {
  const server = await startBenchServer({ dataFolder: folder });
  return {
    name: 'embedded chain',
    url: server.url,
    dataFolders: [folder],
    blockCount: () => blockCount(server.url),
    chainBytes: async () => undefined,
    look: () => ({ sites: [ofSite(folder)], nodes: [] }),
    stop: () => server.stop(),
    inspect: () => undefined,
    compact: () => compactEmbedded(path.join(folder, 'chain', 'index')),
  };
}

async function openNetwork({ sites, folder, geth }: { sites: number; folder: string; geth: string }): Promise<DiskBed> {
  const network = await startNetwork({ sites, folder, binary: geth, periodSeconds: 1 });
  letInto(network);
  const served = servedSites(network);
  const nodeFolders = served.sites.map(({ node }) => node.folder);
  const dataFolders = served.sites.map(({ server }) => server.dataFolder);
  const { server, node } = served.first;
  return {
    name: `${sites} signer${sites === 1 ? '' : 's'}`,
    url: server.url,
    dataFolders,
    blockCount: () => blockCount(server.url),
    chainBytes: () => chainBytes(node.rpc),
    look: () => ({ sites: dataFolders.map(ofSite), nodes: nodeFolders.map(ofNode) }),
    stop: () => network.stop(),
    inspect: () => inspect(geth, node.folder),
    compact: () => {
      for (const nodeFolder of nodeFolders) compactNode(geth, nodeFolder);
    },
  };
}

async function blockCount(url: string): Promise<number> {
  const { head } = (await (await fetch(`${url}/ledger/network`)).json()) as { head: { number: number } };
  return Number(head.number);
}

async function chainBytes(rpcUrl: string): Promise<number> {
  let sum = 0;
  const head = Number(await askNode<string>(rpcUrl, 'eth_blockNumber'));
  for (let number = 0; number <= head; number++) {
    const at = `0x${number.toString(16)}`;
    sum += Number((await askNode<{ size: string }>(rpcUrl, 'eth_getBlockByNumber', at, false)).size);
  }
  return sum;
}
