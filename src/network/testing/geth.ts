import { writeFile } from 'node:fs/promises';
import { cliqueGenesis } from '../genesis.js';
import { makeIdentity, nodeFiles, writeNodeFolder } from '../node-folder.js';
import { openNode } from '../open-node.js';
import { freePorts } from '../ports.js';

export interface GethOptions {
  /** The program, as `scripts/build-geth.mjs` prints it. */
  binary: string;
  /** Data, keys and log of this node. */
  folder: string;
  funded: readonly string[];
  chainId?: number;
  periodSeconds?: number;
  /** Where JSON-RPC listens on loopback; a free port unless given. */
  httpPort?: number;
  /** JSON-RPC namespaces over HTTP and WebSocket. */
  api?: string;
}

export interface Geth {
  /** JSON-RPC on loopback. */
  url: string;
  /** The same over WebSocket. */
  ws: string;
  /** Of its process; undefined once that has ended. */
  readonly pid: number | undefined;
  /** One call over the node's IPC socket. */
  ipc(method: string, ...parameters: unknown[]): Promise<unknown>;
  /** Ends the node; SIGKILL leaves it no time to write. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts a node that seals alone, initialising its folder when it is new, and returns once it answers. */
export async function startGeth(options: GethOptions): Promise<Geth> {
  const { binary, folder, funded, chainId = 20_261, periodSeconds = 1, api } = options;
  const { signer, publicKey } = await makeIdentity(folder, { scryptN: 2 ** 12 });
  const genesis = cliqueGenesis({ chainId, periodSeconds, signers: [signer], funded });
  await writeFile(nodeFiles(folder).genesis, JSON.stringify(genesis, null, 2));
  const [rpc] = (await freePorts(1)) as [number];
  const host = '127.0.0.1';
  await writeNodeFolder(folder, {
    chainId,
    signer,
    enode: `enode://${publicKey}@${host}:0`,
    listen: { host, port: 0 },
    rpc: { host, port: options.httpPort ?? rpc },
    peers: [],
    netrestrict: '127.0.0.0/8',
  });
  const node = await openNode({ binary, folder, name: 'geth', ...(api === undefined ? {} : { api }) });
  await node.start();
  return {
    url: node.rpc,
    ws: node.ws,
    get pid() {
      return node.pid;
    },
    ipc: (method, ...parameters) => node.ipc(method, ...parameters),
    stop: (signal) => node.stop(signal),
  };
}
