import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../../src/base/testing/until.js';

/** How long anything may take on a slow machine. */
export const PATIENCE = { timeoutMs: 180_000, pauseMs: 200 };

interface Prepared {
  env: Record<string, string>;
  /** Path of Docker's compose. */
  compose: string;
  /** What the images were built on, by digest. */
  images: Record<string, string>;
  /** Folder of a Python with PyYAML, and of kubernetes-validate. */
  python: string;
}

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');

/** What `scripts/prepare-containers.mjs` has left. */
export const prepared = JSON.parse(
  readFileSync(path.join(cache, 'dicom-ledger/containers-1/prepared.json'), 'utf8'),
) as Prepared;

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-engine-'));
const socket = path.join(folder, 'podman.sock');
const env = { ...process.env, ...prepared.env, DOCKER_HOST: `unix://${socket}` };

/** Runs a program to its end, whatever its code. */
const finish = (command: string, args: readonly string[]): Promise<Finished> =>
  new Promise((resolve) => {
    execFile(command, args, { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });

/** `podman` with `args`, whatever comes of it. */
export const tryPodman = (...args: string[]): Promise<Finished> => finish('podman', args);

/** What `podman` with `args` prints. Rejects with what it says when it fails. */
export async function podman(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tryPodman(...args);
  if (code !== 0) throw new Error(`podman ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout.trim();
}

/** Docker's compose with the compose file `file` of docker/, as it is. */
export async function compose(file: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await finish(prepared.compose, ['--file', `docker/${file}`, ...args]);
  if (code !== 0) throw new Error(`docker-compose ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout.trim();
}

/**
 * Starts what stands in for Docker's engine: podman's own service, at which Docker's compose asks, and the health checks, which
 * systemd's timers run elsewhere. Resolves with what ends both.
 */
export async function startEngine(): Promise<() => Promise<void>> {
  const service = spawn('podman', ['system', 'service', '--time', '0', `unix://${socket}`], { env, stdio: 'ignore' });
  await until('podman to serve', () => existsSync(socket), PATIENCE);
  let isOver = false;
  const checks = (async () => {
    while (!isOver) {
      const names = await tryPodman('ps', '--format', '{{.Names}}', '--filter', 'health=starting');
      for (const name of names.stdout.split('\n').filter((line) => line !== ''))
        await tryPodman('healthcheck', 'run', name);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  return async () => {
    isOver = true;
    await checks;
    service.kill('SIGTERM');
    if (service.exitCode === null && service.signalCode === null) await once(service, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Where the files of a volume lie on this machine. */
export const volumeFolder = (name: string): Promise<string> =>
  podman('volume', 'inspect', '--format', '{{.Mountpoint}}', name);

/** All that a container has written. */
export async function logsOf(name: string): Promise<string> {
  const { stdout, stderr } = await tryPodman('logs', name);
  return stdout + stderr;
}

/** Resolves with the exit code of a container once it has ended. */
export const exitCodeOf = (name: string): Promise<number> =>
  until(
    `${name} to end`,
    async () => {
      const [status, code] = (await podman('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', name)).split(
        ' ',
      );
      return status === 'exited' ? { code: Number(code) } : undefined;
    },
    PATIENCE,
  ).then(({ code }) => code);
