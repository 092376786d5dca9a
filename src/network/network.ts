/** A whole consortium on this machine: for people (`npm run network`), tests and bench. */
export interface NetworkOptions {
  /** Signing nodes, each with a server: 1 to 8. */
  sites: number;
  /** Everything lies in it: a folder a site, keys of the governors, genesis, `network.json`. A folder that was used before is gone on with. */
  folder: string;
  /** geth, as `scripts/build-geth.mjs` prints it. */
  binary: string;
  /** Of the contracts of a new network; 2 unless given. */
  release?: 1 | 2;
  /** Clique's block period in seconds; default 1. */
  periodSeconds?: number;
  /** Servers listen on this port and the next ones, nodes above them; free ports unless given. */
  port?: number;
  /** Nodes, contract and sites without servers. */
  onlyChain?: boolean;
  /** Settings of every server besides those that the network gives it. */
  environment?: Record<string, string>;
  /** Progress, a sentence each. */
  say?: (sentence: string) => void;
}

/** A program of the network, in its own process. */
export interface NetworkProcess {
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** Its output, appended to at each start. */
  readonly logFile: string;
  /** Starts it again on its folder and ports, and returns once it answers. */
  start(): Promise<void>;
  /** Ends it and returns when it has ended; SIGKILL leaves it no time. Does nothing when it does not run. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface NetworkNode extends NetworkProcess {
  /** JSON-RPC over HTTP and WebSocket, on loopback. */
  readonly rpc: string;
  readonly ws: string;
  readonly folder: string;
  /** The account that seals. */
  readonly signer: `0x${string}`;
  /** `enode://…` */
  readonly enode: string;
  /** One call over the node's IPC socket, which has `admin`, `clique`, `debug`, `miner`, `net` and `txpool` too. */
  ipc(method: string, ...parameters: unknown[]): Promise<unknown>;
}

/** An account whose key is in a keystore on this machine, and the file with its password. */
export interface KeptAccount {
  readonly account: `0x${string}`;
  readonly keystoreFile: string;
  readonly passwordFile: string;
}

export interface NetworkSite {
  /** `site-1` … */
  readonly name: string;
  readonly siteId: number;
  readonly account: `0x${string}`;
  readonly keystoreFile: string;
  readonly passwordFile: string;
  /** Who speaks for the site, in release 2. */
  readonly champion: KeptAccount | undefined;
  readonly node: NetworkNode;
  /** Undefined with `onlyChain`. */
  readonly server: (NetworkProcess & { readonly url: string; readonly dataFolder: string }) | undefined;
}

export interface Network {
  readonly folder: string;
  readonly chainId: number;
  readonly release: 1 | 2;
  readonly contract: `0x${string}`;
  /** Two in release 1, three in release 2. */
  readonly governors: readonly KeptAccount[];
  /** Of release 1. */
  readonly consortiumKeyFile: string | undefined;
  readonly sites: readonly NetworkSite[];
  /** Cuts the node of a site off from the others, peer to peer; its server can still reach what it could. */
  cutOff(site: NetworkSite): Promise<void>;
  /** Undoes `cutOff` and returns when the node has peers again. */
  heal(site: NetworkSite): Promise<void>;
  /** Ends every process, servers first. The folder stays. */
  stop(): Promise<void>;
}
