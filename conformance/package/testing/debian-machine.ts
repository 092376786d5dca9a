import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../../src/base/testing/until.js';

const GENEROUS = { timeoutMs: 180_000, pauseMs: 100 };

/** A clean Debian 12 with systemd, and without a network but its own loopback. */
export interface DebianMachine {
  /** A folder of this machine that the other sees as `/shared`. */
  shared: string;
  /** Runs a script of the shell as root and resolves with what it wrote; rejects when it fails. */
  run(script: string): Promise<string>;
  /** The same, with the exit code and everything that was written. */
  attempt(script: string): Promise<{ code: number; output: string }>;
  /** What a program of this machine is started by to be within the network of the other. */
  inItsNetwork: readonly string[];
  /** Of its first process, as this machine numbers it. */
  pid: number;
  /** Ends it and removes what it has. */
  stop(): Promise<void>;
}

/** What runc can raise here, and cgroups without a systemd outside. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
`;

/** systemd gives its services mounts of their own, credentials among them, which have to pass on into their namespaces. */
const BOOT = 'mount --make-rshared / && exec /sbin/init';

/** Boots one by podman, as root; its disk lies over that of `scripts/debian-with-systemd.mjs` and is thrown away. */
export async function startDebian(): Promise<DebianMachine> {
  const rootfs = execFileSync(process.execPath, ['scripts/debian-with-systemd.mjs'], { encoding: 'utf8' }).trim();
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-debian-'));
  const shared = path.join(folder, 'shared');
  mkdirSync(shared);
  const configuration = path.join(folder, 'containers.conf');
  writeFileSync(configuration, CONTAINERS_CONF);
  const podman = (...parameters: string[]): Promise<{ code: number; output: string }> =>
    new Promise((resolve) => {
      const all = ['--root', path.join(folder, 'store'), '--runroot', path.join(folder, 'run'), ...parameters];
      const options = {
        env: { ...process.env, CONTAINERS_CONF: configuration },
        maxBuffer: 2 ** 26,
        timeout: GENEROUS.timeoutMs,
      };
      execFile('podman', all, options, (error, stdout, stderr) =>
        resolve({
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1,
          output: stdout + stderr,
        }),
      );
    });
  const name = path.basename(folder);
  const machine = ['--systemd=always', '--network', 'none', '--cap-add', 'SYS_ADMIN', '--cap-add', 'AUDIT_WRITE'];
  const stop = async (): Promise<void> => {
    await podman('rm', '--force', '--time', '20', name);
    await podman('umount', '--all');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const started = await podman(
      ...['run', '--detach', '--name', name, ...machine, '--volume', `${shared}:/shared`],
      ...['--rootfs', `${rootfs}:O`, '/bin/sh', '-c', BOOT],
    );
    if (started.code !== 0) throw new Error(`podman did not start a Debian machine: ${started.output}`);
    const attempt = (script: string): ReturnType<typeof podman> => podman('exec', name, 'sh', '-c', script);
    await until(
      'systemd to have booted',
      async () => (await attempt('systemctl is-system-running')).code === 0,
      GENEROUS,
    );
    const { output: pid } = await podman('inspect', '--format', '{{.State.Pid}}', name);
    // What is written here is thrown away: dpkg need not wait for the disk.
    await attempt('echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/unsafe-io');
    return {
      shared,
      attempt,
      run: async (script) => {
        const { code, output } = await attempt(script);
        if (code !== 0) throw new Error(`Exit code ${code} of: ${script}\n${output}`);
        return output.trim();
      },
      inItsNetwork: ['nsenter', `--net=/proc/${pid.trim()}/ns/net`],
      pid: Number(pid),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
