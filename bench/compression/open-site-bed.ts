import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findGeth } from '../../src/network/open-node.js';
import { startNetwork } from '../../src/network/start-network.js';
import { pidOf, servedSites } from '../served-sites.js';
import { startBenchServer } from '../start-bench-server.js';
import { letInto } from '../../conformance/testing/let-in.js';

/** One site and its chain. */
export interface SiteBed {
  url: string;
  /** Of the server, and of the node where it has one. */
  pids: Record<string, number>;
  /** What the chain takes on the disk is in it. */
  chainFolder: string;
  close(): Promise<unknown>;
}

/** `on` is `embedded`, or the number of geth signers with a block each second. */
export async function openSiteBed(on: string, environment: Record<string, string>): Promise<SiteBed> {
  if (on === 'embedded') {
    const server = await startBenchServer({ environment });
    const chainFolder = path.join(server.dataFolder, 'chain');
    return { url: server.url, pids: { server: server.pid }, chainFolder, close: () => server.stop() };
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'ledger-compression-'));
  const sites = Number(on);
  const network = await startNetwork({
    ...{ sites, folder, binary: await findGeth(), periodSeconds: 1, environment },
  });
  letInto(network);
  const { node, server } = servedSites(network).first;
  return {
    url: server.url,
    pids: { node: pidOf(node), server: pidOf(server) },
    chainFolder: folder,
    close: async () => {
      await network.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
