// One site on its chain: embedded, or geth signers with a block each second.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startNetwork } from '../../dist/network/start-network.js';
import { findGeth } from '../limit/beds.mjs';
import { startServer } from '../server.mjs';

/** @returns {Promise<{url: string, pids: Record<string, number>, chainFolder: string, close(): Promise<void>}>} */
export async function openSiteBed(on, environment) {
  if (on === 'embedded') {
    const server = await startServer({ environment });
    const chainFolder = path.join(server.folder, 'chain');
    return { url: server.url, pids: { server: server.pid }, chainFolder, close: () => server.stop() };
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'ledger-compression-'));
  const sites = Number(on);
  const network = await startNetwork({ sites, folder, binary: findGeth(), periodSeconds: 1, environment });
  const [{ node, server }] = network.sites;
  return {
    url: server.url,
    pids: { node: node.pid, server: server.pid },
    chainFolder: folder,
    close: async () => {
      await network.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
