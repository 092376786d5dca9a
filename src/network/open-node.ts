import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { LedgerError } from '../base/errors.js';
import { PROJECT_ROOT } from '../base/project-root.js';
import { readKeystore } from '../ledger/keys/keystore.js';
import { gethConfig, gethFlags } from './geth-flags.js';
import { requireClosedHoles } from './geth-edition.js';
import { contractIn } from './join-file.js';
import { callGethIpc, ipcPathOf } from './geth-ipc.js';
import { requireRestricted } from './netrestrict.js';
import type { NetworkNode } from './network.js';
import { nodeFiles, readNodeFolder } from './node-folder.js';
import { openProgram } from './program.js';
import { rebuildPendingBlock } from './rebuild-pending-block.js';
import { returnFees } from './return-fees.js';
import { startSealer } from './sealer.js';

export interface NodeOptions {
  /** geth, as `scripts/build-geth.mjs` prints it. */
  binary: string;
  /** As `makeIdentity` and `writeNode` left it, with `genesis.json`. */
  folder: string;
  /** For people. */
  name: string;
  /** Where JSON-RPC listens, in place of what `node.json` says. */
  rpc?: { host?: string | undefined; port?: number | undefined };
  /** JSON-RPC namespaces over HTTP and WebSocket; what a site needs unless given. */
  api?: string;
  changed?: () => void;
  /** It has ended though nobody stopped it. */
  lost?: (how: string) => void;
  /** Called after each start, once it answers. */
  started?: () => Promise<void>;
}

/** The node of a folder, not started yet. Throws `misconfigured` when the folder has none, or one that would talk to anybody. */
export async function openNode(options: NodeOptions): Promise<NetworkNode> {
  const { binary, folder, name, api = 'eth,net', changed, lost, started } = options;
  const settings = await readNodeFolder(folder);
  requireRestricted(folder, settings.netrestrict);
  const { keystore: file, password: passwordFile, genesis, log: logFile } = nodeFiles(folder);
  const key = await readKeystore({ file, passwordFile });
  settings.rpc.host = options.rpc?.host ?? settings.rpc.host;
  settings.rpc.port = options.rpc?.port ?? settings.rpc.port;
  const { rpc, listen } = settings;
  const ipcPath = ipcPathOf(folder);
  const configFile = path.join(folder, 'config.toml');
  const url = `http://${rpc.host === '0.0.0.0' ? '127.0.0.1' : rpc.host}:${rpc.port}`;
  const ipc = (method: string, ...parameters: unknown[]): Promise<unknown> => callGethIpc(ipcPath, method, parameters);

  let running = new AbortController();

  const program = openProgram({
    name,
    command: binary,
    args: gethFlags({ folder, ipcPath, configFile, settings, api }),
    environment: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    logFile,
    ports: [rpc, ...(listen.port === 0 ? [] : [listen])],
    isReady: async () => (await ask(url, 'eth_chainId')) !== undefined && (await ipc('eth_chainId')) !== undefined,
    timeoutMs: 60_000,
    talk: ({ stdin, stdout }) => startSealer({ input: stdout!, output: stdin! }, key),
    changed,
    lost: (how) => {
      running.abort();
      lost?.(how);
    },
  });

  return {
    rpc: url,
    ws: url.replace('http', 'ws'),
    folder,
    signer: settings.signer,
    enode: settings.enode,
    ipc,
    logFile,
    get pid() {
      return program.pid;
    },
    start: async () => {
      if (program.pid !== undefined) return;
      await writeFile(configFile, gethConfig(settings), { mode: 0o600 });
      // Every time: an initialisation that was cut off would leave geth with the genesis of the public network.
      await initialise(binary, folder, genesis);
      await program.start();
      running = new AbortController();
      const periodSeconds = await periodOf(genesis);
      const { signal } = running;
      void rebuildPendingBlock(ipc, { periodSeconds, signal });
      void returnFees({ url, ipc, key, folder, contractOf: () => contractIn(folder), periodSeconds, signal });
      await started?.();
    },
    stop: (signal) => {
      running.abort();
      return program.stop(signal);
    },
  };
}

/** Clique's block period. */
async function periodOf(genesis: string): Promise<number> {
  const { config } = JSON.parse(await readFile(genesis, 'utf8')) as { config: { clique: { period: number } } };
  return config.clique.period;
}

async function initialise(binary: string, folder: string, genesis: string): Promise<void> {
  await promisify(execFile)(binary, ['--datadir', folder, '--state.scheme', 'hash', 'init', genesis]).catch(
    (error: { stderr?: string; message: string }) => {
      if (error.stderr?.includes('already used by another process'))
        throw new LedgerError(
          'locked',
          `Another geth runs on ${folder}, perhaps left over by a network that was killed: stop it first (see "pgrep -af ${folder}").`,
          { cause: error },
        );
      const why = (error.stderr ?? error.message).trim().split('\n').at(-1);
      throw new LedgerError('misconfigured', `geth does not take the genesis ${genesis}: ${why}.`, { cause: error });
    },
  );
}

async function ask(url: string, method: string): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] });
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return ((await answer.json()) as { result?: unknown }).result;
}

/**
 * The path of a geth that seals Clique and has its known holes closed: `GETH` of the environment, or the one that is built once, its
 * progress on standard error. Throws `misconfigured` where there is none, or `GETH` is another.
 */
export async function findGeth(): Promise<string> {
  const script = path.join(PROJECT_ROOT, 'scripts', 'build-geth.mjs');
  const building = promisify(execFile)(process.execPath, [script], { maxBuffer: 2 ** 26 });
  building.child.stderr?.pipe(process.stderr);
  const { stdout } = await building.catch((cause: unknown) => {
    throw new LedgerError('misconfigured', 'There is no geth: what is above says why.', { cause });
  });
  const binary = stdout.trim();
  await requireClosedHoles(binary);
  return binary;
}
