import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { blockGasLimit, cliqueGenesis } from './genesis.js';

const run = promisify(execFile);

export interface GethOptions {
  /** The program, as `scripts/build-geth.mjs` prints it. */
  binary: string;
  /** Data, keys and log of this node. */
  folder: string;
  /** Private key of the one signer, 32 bytes. */
  signerKey: Buffer;
  funded: readonly string[];
  chainId?: number;
  periodSeconds?: number;
  /** Where JSON-RPC listens on loopback; a free port unless given. */
  httpPort?: number;
  /** JSON-RPC namespaces over HTTP. */
  api?: string;
}

export interface Geth {
  /** JSON-RPC on loopback. */
  url: string;
  /** Ends the node; SIGKILL leaves it no time to write. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts a node that seals alone, initialising its folder when it is new, and returns once it answers. */
export async function startGeth(options: GethOptions): Promise<Geth> {
  const { binary, folder, signerKey, funded, chainId = 20_261, periodSeconds = 1, api = 'eth,net' } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const password = path.join(folder, 'password');
  const signer = await importKey(binary, folder, signerKey, password);
  const genesis = path.join(folder, 'genesis.json');
  await writeFile(
    genesis,
    JSON.stringify(cliqueGenesis({ chainId, periodSeconds, signers: [signer], funded }), null, 2),
  );
  await run(binary, ['--datadir', folder, '--state.scheme', 'hash', 'init', genesis]);

  const [http, auth] = await Promise.all([options.httpPort ?? freePort(), freePort()]);
  const log = await open(path.join(folder, 'geth.log'), 'a');
  const flags = nodeFlags({ folder, chainId, signer, password, http, auth, api });
  const node = spawn(binary, flags, { stdio: ['ignore', log.fd, log.fd] });
  await log.close();
  const url = `http://127.0.0.1:${http}`;
  await answering(url, node, path.join(folder, 'geth.log'));
  return {
    url,
    stop: async (signal = 'SIGTERM') => {
      if (node.exitCode !== null || node.signalCode !== null) return;
      const ended = once(node, 'exit');
      node.kill(signal);
      await ended;
    },
  };
}

interface NodeParameters {
  folder: string;
  chainId: number;
  signer: string;
  password: string;
  http: number;
  auth: number;
  api: string;
}

function nodeFlags({ folder, chainId, signer, password, http, auth, api }: NodeParameters): string[] {
  const values: Record<string, string | number> = {
    datadir: folder,
    networkid: chainId,
    nat: 'none',
    port: 0,
    maxpeers: 0,
    syncmode: 'full',
    // Only these two lose nothing at kill -9.
    gcmode: 'archive',
    'state.scheme': 'hash',
    'miner.etherbase': signer,
    unlock: signer,
    password,
    'miner.gaslimit': blockGasLimit,
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
    'http.addr': '127.0.0.1',
    'http.port': http,
    'http.api': api,
    'authrpc.port': auth,
    cache: 256,
    verbosity: 3,
  };
  const switches = ['nodiscover', 'ipcdisable', 'mine', 'allow-insecure-unlock', 'txpool.nolocals', 'http'];
  return [...switches.map((name) => `--${name}`), ...Object.entries(values).flatMap(([k, v]) => [`--${k}`, String(v)])];
}

/** Puts the signer's key into the node's own keystore; returns its address. */
async function importKey(binary: string, folder: string, key: Buffer, password: string): Promise<string> {
  const file = path.join(folder, 'signer.key');
  await writeFile(file, key.toString('hex'), { mode: 0o600 });
  await writeFile(password, 'signer\n', { mode: 0o600 });
  const importing = ['account', 'import', '--lightkdf', '--datadir', folder, '--password', password, file];
  const { stdout } = await run(binary, importing).catch((error: { stdout: string; stderr: string }) => {
    if (/account already exists/.test(error.stderr)) return run(binary, ['account', 'list', '--datadir', folder]);
    throw new Error(`geth could not import the signer's key: ${error.stderr}`);
  });
  const address = /\{([0-9a-fA-F]{40})\}/.exec(stdout)?.[1];
  if (address === undefined) throw new Error(`geth did not say which account it imported: ${stdout}`);
  return `0x${address.toLowerCase()}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answering(url: string, node: ChildProcess, logFile: string): Promise<void> {
  const body = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}';
  const end = Date.now() + 60_000;
  while (Date.now() < end && node.exitCode === null) {
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    await sleep(50);
  }
  node.kill('SIGKILL');
  throw new Error(`geth does not answer at ${url}; its log is ${logFile}`);
}
