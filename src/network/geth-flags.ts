import { BLOCK_GAS_LIMIT } from './genesis.js';
import type { NodeSettings } from './node-folder.js';

export interface GethFlagsParameters {
  folder: string;
  ipcPath: string;
  configFile: string;
  settings: NodeSettings;
  /** Namespaces over HTTP and WebSocket. */
  api: string;
}

/** Database and trie cache, in MB: a page of hot state, small enough that eight nodes fit in a test machine. */
const CACHE_MB = 128;

/** How every geth of a consortium is run: lossless at kill -9, bounded blocks, no key within reach of its RPC. */
export function gethFlags({ folder, ipcPath, configFile, settings, api }: GethFlagsParameters): string[] {
  const { signer, rpc, listen } = settings;
  const values: Record<string, string | number> = {
    config: configFile,
    datadir: folder,
    ipcpath: ipcPath,
    networkid: settings.chainId,
    nat: isLoopback(listen.host) ? 'none' : `extip:${new URL(settings.enode).hostname}`,
    maxpeers: 50,
    ...(settings.netrestrict === undefined ? {} : { netrestrict: settings.netrestrict }),
    syncmode: 'full',
    // Only these two lose nothing at kill -9.
    gcmode: 'archive',
    'state.scheme': 'hash',
    'miner.etherbase': signer,
    // Asks this process by its pipes; geth itself has no key.
    signer: 'stdio:',
    'miner.gaslimit': settings.gasLimit ?? BLOCK_GAS_LIMIT,
    // 0 would silently become 1 gwei.
    'miner.gasprice': 1,
    'miner.recommit': '1s',
    // The pool holds at most 256 slots of 32 KB, hence so does a block: above 10 MiB peers would disconnect.
    'txpool.pricelimit': 1,
    'txpool.globalslots': 224,
    'txpool.accountslots': 224,
    'txpool.globalqueue': 32,
    'txpool.accountqueue': 32,
    'rpc.txfeecap': 0,
    'rpc.gascap': 0,
    'rpc.evmtimeout': '60s',
    'rpc.batch-request-limit': 0,
    'rpc.batch-response-max-size': 0,
    'history.transactions': 0,
    'http.addr': rpc.host,
    'http.port': rpc.port,
    'http.api': api,
    'ws.addr': rpc.host,
    'ws.port': rpc.port,
    'ws.api': api,
    // The engine API, which geth opens unasked and Clique has no use for: any free port.
    'authrpc.port': 0,
    cache: CACHE_MB,
    verbosity: 3,
  };
  const switches = ['nodiscover', 'mine', 'txpool.nolocals', 'http', 'ws'];
  return [...switches.map((name) => `--${name}`), ...Object.entries(values).flatMap(([k, v]) => [`--${k}`, String(v)])];
}

/** What geth takes from a file only. */
export function gethConfig({ listen, peers }: NodeSettings): string {
  return `[Node.P2P]\nListenAddr = "${listen.host}:${listen.port}"\nStaticNodes = ${JSON.stringify(peers)}\n`;
}

function isLoopback(host: string): boolean {
  return host.startsWith('127.');
}
