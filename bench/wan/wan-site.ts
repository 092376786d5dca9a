import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Agent, request, type Dispatcher } from 'undici';
import { childrenOf } from '../../conformance/testing/children-of.js';
import { localTokenFile } from '../../src/access/local-token.js';
import { PROJECT_ROOT } from '../../src/base/project-root.js';
import { until } from '../../src/base/testing/until.js';
import { SERVER_MEMORY } from '../../src/network/open-server.js';

export interface SiteOptions {
  /** From 1. */
  number: number;
  /** Keys, node and data of the site. */
  folder: string;
  /** Of its TCP: `cubic`, `bbr`; /proc/sys/net/ipv4/tcp_available_congestion_control names those that the kernel has. */
  congestionControl: string;
}

/** A hospital in a network namespace of its own, whose only way out is its device of the delay line. */
export interface WanSite {
  /** From 1. */
  readonly number: number;
  readonly folder: string;
  readonly nodeFolder: string;
  /** Of its server. */
  readonly dataFolder: string;
  readonly device: string;
  readonly address: string;
  /** Runs a command of the compiled dicom-ledger there to its end, and returns its output. Throws with its words when it fails. */
  run(args: readonly string[]): Promise<string>;
  startNode(): Promise<void>;
  startServer(settings: Readonly<Record<string, string>>): Promise<void>;
  /** SIGKILL, then waits for the end. */
  killNode(): Promise<void>;
  /** Of its own server, with its local token. */
  ask(pathname: string, options?: Partial<Dispatcher.RequestOptions>): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

export const NETWORK = '10.9.0.0/24';
export const RPC_PORT = 8545;
const PORT = 8080;
/** Of each site's server, in its namespace. */
export const SERVER_URL = `http://localhost:${PORT}`;
const MAIN = path.join(PROJECT_ROOT, 'dist', 'cli', 'main.js');
const FORWARD = path.join(PROJECT_ROOT, 'build', 'bench', 'wan', 'forward.js');
const WAIT = { timeoutMs: 600_000, pauseMs: 100 };

export const deviceOf = (number: number): string => `wan${number}`;
export const addressOf = (number: number): string => `10.9.0.${number}`;

/** Moves the site's device into a new namespace and gives it its address. */
export async function openSite({ number, folder, congestionControl }: SiteOptions): Promise<WanSite> {
  const namespace = `dicom-ledger-wan-${number}`;
  const device = deviceOf(number);
  const address = addressOf(number);
  const nodeFolder = path.join(folder, 'node');
  const dataFolder = path.join(folder, 'data');
  const socketPath = path.join(folder, 'http.sock');
  const ip = (...args: string[]): Buffer => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });

  // A namespace takes only what its machine allows to all.
  for (const file of ['allowed', 'available']) {
    const setting = `/proc/sys/net/ipv4/tcp_${file}_congestion_control`;
    if (!readFileSync(setting, 'utf8').split(/\s+/).includes(congestionControl)) {
      if (file === 'available') throw new Error(`This kernel has no ${congestionControl}.`);
      writeFileSync(setting, `${readFileSync(setting, 'utf8').trim()} ${congestionControl}`);
    }
  }
  // Of a run that was killed.
  if (existsSync(`/run/netns/${namespace}`)) ip('netns', 'delete', namespace);
  ip('netns', 'add', namespace);
  ip('link', 'set', device, 'netns', namespace);
  ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', device);
  for (const one of ['lo', device]) ip('-n', namespace, 'link', 'set', one, 'up');
  const setting = '/proc/sys/net/ipv4/tcp_congestion_control';
  ip('netns', 'exec', namespace, 'sh', '-c', `echo ${congestionControl} > ${setting}`);

  const running = new Set<ChildProcess>();
  function start(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const log = openSync(path.join(folder, `${name}.log`), 'a');
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  }
  async function end(child: ChildProcess | undefined, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (child === undefined || !running.has(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  start('forward', [FORWARD, socketPath, String(PORT)]);
  await until('the forwarder', () => existsSync(socketPath), WAIT);
  const agent = new Agent({ connect: { socketPath }, headersTimeout: 0, bodyTimeout: 0, connections: 64 });
  let node: ChildProcess | undefined;

  const site: WanSite = {
    number,
    folder,
    nodeFolder,
    dataFolder,
    device,
    address,
    run: (args) =>
      new Promise((resolve, reject) => {
        const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, MAIN, ...args], {
          env: { ...process.env, DATA_DIR: dataFolder },
        });
        let [said, complained] = ['', ''];
        child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
        child.stderr.on('data', (bytes: Buffer) => (complained += bytes.toString()));
        child.once('close', (code) =>
          code === 0 ? resolve(said.trim()) : reject(new Error(`${args.join(' ')}: ${said}${complained}`)),
        );
      }),
    startNode: async () => {
      node = start('node', [MAIN, 'network', 'start', '--data', nodeFolder, '--rpc-host', address]);
      await until('the node', async () => (await site.run(['network', 'status', '--data', nodeFolder])) !== '', WAIT);
    },
    startServer: async (settings) => {
      const environment = { ...SERVER_MEMORY.environment, ...settings, PORT: String(PORT), DATA_DIR: dataFolder };
      start('server', [...SERVER_MEMORY.options, MAIN, 'serve'], environment);
      await until('the server', async () => (await site.ask('/readyz')).statusCode === 200, WAIT);
    },
    killNode: async () => {
      // geth itself; the command that has started it then ends by itself.
      const ended = once(node!, 'exit');
      for (const pid of childrenOf(node!.pid!)) process.kill(pid, 'SIGKILL');
      await ended;
    },
    ask: async (pathname, options = {}) => {
      const authorization = `Bearer ${readFileSync(localTokenFile(dataFolder), 'utf8').trim()}`;
      return request(`${SERVER_URL}${pathname}`, {
        ...options,
        headers: { authorization, ...(options.headers as Record<string, string> | undefined) },
        dispatcher: agent,
      });
    },
    close: async () => {
      await agent.close();
      for (const child of running) await end(child, 'SIGTERM');
      ip('netns', 'delete', namespace);
    },
  };
  return site;
}
