import type { Network } from './network.js';
import { writeDurably } from '../base/write-durably.js';

export interface NetworkFile {
  /** Writes it anew, soon. */
  changed(): void;
  /** Resolves when all that was asked for is written. */
  written(): Promise<void>;
}

/** `network.json`: what runs where, for people and programs. Nothing is written while there is no network. */
export function writeNetworkFile(
  file: string,
  { current, say }: { current: () => Network | undefined; say: (sentence: string) => void },
): NetworkFile {
  let last = Promise.resolve();
  let isAsked = false;

  async function write(): Promise<void> {
    isAsked = false;
    const network = current();
    if (network) await writeDurably(file, `${JSON.stringify(described(network), null, 2)}\n`, { mode: 0o600 });
  }

  return {
    changed: () => {
      if (isAsked) return;
      isAsked = true;
      // What runs goes on without it.
      last = last.then(write).catch(({ message }: Error) => say(`${file} could not be written (${message}).`));
    },
    written: () => last,
  };
}

/** A `pid` of null: it does not run. Keys are named by their files. */
function described({ chainId, release, contract, consortiumKeyFile, governors, sites }: Network): object {
  return {
    chainId,
    release,
    contract,
    consortiumKeyFile,
    governors,
    sites: sites.map(({ name, siteId, account, keystoreFile, passwordFile, champion, server, node }) => ({
      name,
      siteId,
      url: server?.url ?? null,
      pid: server?.pid ?? null,
      account,
      keystoreFile,
      passwordFile,
      champion,
      dataFolder: server?.dataFolder ?? null,
      logFile: server?.logFile ?? null,
      node: {
        pid: node.pid ?? null,
        rpc: node.rpc,
        ws: node.ws,
        folder: node.folder,
        logFile: node.logFile,
        signer: node.signer,
        enode: node.enode,
      },
    })),
  };
}
