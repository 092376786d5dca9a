import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { documentedCommands } from './testing/documented-commands.js';
import { type DebianMachine, startDebian } from './testing/debian-machine.js';
import { buildPackages, madePackage, NEXT_VERSION } from './testing/packages.js';

const GENEROUS = { timeoutMs: 180_000, pauseMs: 200 };
const QUIETLY = { encoding: 'utf8', timeout: 50_000, stdio: 'pipe' } as const;
const SERVER = 'http://127.0.0.1:8080';
const SETTINGS = '/etc/dicom-ledger/dicom-ledger.conf';
/** systemd-analyze's exposure, of 10; it says 1.3 of systemd 252. */
const MOST_EXPOSURE = 1.5;

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-packages-'));
const StudyInstanceUID = newUid();
const slice = ctSlice({ StudyInstanceUID });
let debian: DebianMachine;
let next: string;
let before: Set<string>;

/** What every later step stands on, in this order: one machine lives from its installation to the purge. */
describe('The package, on a clean Debian 12 without a network', () => {
  beforeAll(async () => {
    const built = buildPackages(folder);
    next = built.next;
    debian = await startDebian();
    copyFileSync(madePackage(), path.join(debian.shared, path.basename(madePackage())));
    before = await filesOf(debian);
  }, 600_000);
  afterAll(async () => {
    await debian?.stop();
    rmSync(folder, { recursive: true });
  });

  it('has the same bytes when it is made again', () => {
    const again = path.join(folder, path.basename(madePackage()));
    expect(readFileSync(again).equals(readFileSync(madePackage()))).toBe(true);
  });

  it('installs by dpkg alone, and the server runs then, for this machine only', async () => {
    const [install = ''] = documentedCommands('Install');
    await debian.run(`cd /shared && ${install}`);
    await serverIsReady();
    expect(await debian.run('systemctl is-enabled dicom-ledger')).toBe('enabled');
    expect(await debian.attempt('systemctl is-enabled dicom-ledger-node')).toMatchObject({ output: 'disabled\n' });
    expect(await debian.attempt('systemctl is-active dicom-ledger-node')).toMatchObject({ output: 'inactive\n' });
    expect(await listening()).toEqual(['127.0.0.1:8080']);
    expect(await debian.run('dpkg --verify dicom-ledger')).toBe('');
  });

  it('runs its own Node, within the bounds for memory of "npm start"', async () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } };
    const bounds = scripts.start.match(/(?<= )(MALLOC\w+=\d+|--max-[\w-]+=\d+)/g) ?? [];
    const pid = await mainPid();
    const said = await debian.run(`tr '\\0' '\\n' </proc/${pid}/cmdline; tr '\\0' '\\n' </proc/${pid}/environ`);
    expect(said.split('\n')).toEqual(expect.arrayContaining(['/usr/lib/dicom-ledger/bin/node', ...bounds]));
    expect(bounds).toHaveLength(5);
  });

  it('takes a store, finds it and serves the viewer', async () => {
    const file = path.join(folder, 'slice.dcm');
    writeFileSync(file, slice);
    const stored = await curl(
      '-H',
      'Content-Type: application/dicom',
      '--data-binary',
      `@${file}`,
      '/dicom-web/studies',
    );
    expect(JSON.parse(stored)).toMatchObject({ '00081199': { Value: [{}] } });
    expect(await studies()).toEqual([StudyInstanceUID]);
    expect(await curl('/')).toContain('<title>');
  });

  it('has commands that work for root, as its page says', async () => {
    const images = path.join(debian.shared, 'images');
    const [, use = ''] = documentedCommands('Install');
    execFileSync('mkdir', ['-p', images]);
    writeFileSync(path.join(images, 'second.dcm'), ctSlice({ StudyInstanceUID }));
    const said = await debian.run(`cp -r /shared/images /tmp/images && cd /root && ${use}`);
    expect(said).toMatch(/http:\/\/localhost:8080\/login\?code=/);
    expect(said).toContain('dicom-ledger is ready.');
    expect(await debian.run('dicom-ledger verify --all')).toMatch(/^2 instances, .* all intact/);
    await debian.run('systemctl stop dicom-ledger && dicom-ledger rebuild && systemctl start dicom-ledger');
    await serverIsReady();
    expect(await debian.run('find /var/lib/dicom-ledger ! -user dicom-ledger')).toBe('');
    expect(await studies()).toEqual([StudyInstanceUID]);
  });

  it('confines its services', async () => {
    await debian.run('systemd-analyze verify --man=no /usr/lib/systemd/system/dicom-ledger*.service');
    for (const unit of ['dicom-ledger', 'dicom-ledger-node']) {
      const said = await debian.run(`systemd-analyze security --no-pager ${unit}.service`);
      expect(Number(/Overall exposure level for .*: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(MOST_EXPOSURE);
    }
    const status = await debian.run(`cat /proc/${await mainPid()}/status`);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).toMatch(/^Seccomp:\t2$/m);
    expect(status).toMatch(/^CapBnd:\t0{16}$/m);
    expect(status).not.toMatch(/^Uid:\t0/m);
    expect(await debian.run('find /var/lib/dicom-ledger /var/lib/dicom-ledger-node -perm /077')).toBe('');
    const asNode = 'setpriv --reuid=dicom-ledger-node --clear-groups ls /var/lib/dicom-ledger';
    expect(await debian.attempt(asNode)).toMatchObject({ code: 2 });
  });

  it('is started again when it is killed', async () => {
    const killed = await mainPid();
    await debian.run(`kill -9 ${killed}`);
    await until('another process', async () => !['0', killed].includes(await mainPid()), GENEROUS);
    await serverIsReady();
  });

  it('does not start beyond this machine without TLS and a login', async () => {
    await debian.run(`echo HOST=0.0.0.0 >>${SETTINGS} && systemctl restart dicom-ledger`);
    await until(
      'the refusal',
      async () => (await debian.run('journalctl -u dicom-ledger')).includes('TLS_CERT_FILE'),
      GENEROUS,
    );
    expect(await listening()).toEqual([]);
    await debian.run(`systemctl stop dicom-ledger && sed -i /^HOST=/d ${SETTINGS}`);
  });

  it('speaks TLS with a key among the credentials, encrypted if wanted, and lets accounts in', async () => {
    const pem = ['-keyout', 'pacs.key', '-out', 'pacs.crt'];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=pacs.example',
      '-days',
      '2',
      ...pem,
    ];
    execFileSync('openssl', request, { cwd: debian.shared, stdio: 'ignore' });
    const blocks = documentedCommands('Configure');
    const [restart = '', install = '', settings = '', account = '', encrypt = ''] = blocks;
    await debian.run(`cd /shared && ${install} cat >>${SETTINGS} <<'END'\n${settings}END\n${account}${restart}`);
    await until('HTTPS', () => https().includes('HTTP/1.1 '), GENEROUS);
    expect(await debian.run('find /var/lib/dicom-ledger ! -user dicom-ledger')).toBe('');
    await debian.run(
      `cd /shared && ${encrypt} sed -i /^TLS_KEY_FILE=/d ${SETTINGS}; rm /etc/dicom-ledger/credentials/pacs.key; ${restart}`,
    );
    await until('HTTPS again', () => https().includes('HTTP/1.1 '), GENEROUS);
    await debian.run(
      `rm -r /etc/systemd/system/dicom-ledger.service.d /etc/dicom-ledger/pacs.key.cred && systemctl daemon-reload`,
    );
    const names = [...settings.matchAll(/^\w+(?==)/gm)].map(([name]) => name);
    await debian.run(`sed -i -E '/^(${names.join('|')})=/d' ${SETTINGS} && ${restart}`);
    await serverIsReady();
  });

  it('keeps data, changed settings and what a person has stopped through an upgrade', async () => {
    await debian.run(`echo LOG_LEVEL=warn >>${SETTINGS} && systemctl restart dicom-ledger`);
    await serverIsReady();
    const old = await mainPid();
    await upgrade();
    await serverIsReady();
    expect(await mainPid()).not.toBe(old);
    expect(await debian.run("dpkg-query -W -f '${Version}' dicom-ledger")).toBe(NEXT_VERSION);
    expect(await debian.run(`tail -n 1 ${SETTINGS}`)).toBe('LOG_LEVEL=warn');
    expect(await studies()).toEqual([StudyInstanceUID]);
    await debian.run('systemctl stop dicom-ledger');
    await upgrade();
    expect(await debian.attempt('systemctl is-active dicom-ledger')).toMatchObject({ output: 'inactive\n' });
    await debian.run('systemctl start dicom-ledger');
    await serverIsReady();
  });

  it('leaves settings, keys and images when it is removed, and goes on with them when it comes back', async () => {
    const [remove = ''] = documentedCommands('Remove');
    await debian.run(remove);
    expect(await listening()).toEqual([]);
    expect(await debian.run('ls /usr/lib/dicom-ledger /usr/bin/dicom-ledger 2>&1 || true')).toMatch(/No such file/);
    const [install = ''] = documentedCommands('Install');
    await debian.run(`cd /shared && ${install}`);
    await serverIsReady();
    expect(await studies()).toEqual([StudyInstanceUID]);
    expect(await debian.run(`tail -n 1 ${SETTINGS}`)).toBe('LOG_LEVEL=warn');
  });

  it('leaves images and keys with their owner when it is purged, says so, and nothing else', async () => {
    const [, purge = '', destroy = ''] = documentedCommands('Remove');
    const { code, output } = await debian.attempt(purge);
    expect(code).toBe(0);
    expect(output).toContain('rm -rf /var/lib/dicom-ledger /etc/dicom-ledger && userdel dicom-ledger\n');
    const left = [...(await filesOf(debian))].filter((file) => !before.has(file));
    const kept = ['/var/lib/dicom-ledger', '/etc/dicom-ledger/credentials'];
    expect(left.filter((file) => !kept.some((one) => file === one || file.startsWith(`${one}/`)))).toEqual([
      '/etc/dicom-ledger',
    ]);
    expect(left).toContain('/var/lib/dicom-ledger/site.key');
    expect(await debian.run('stat -c %U /var/lib/dicom-ledger/site.key')).toBe('dicom-ledger');
    expect(await debian.attempt('id dicom-ledger-node')).toMatchObject({ code: 1 });
    await debian.attempt(destroy);
    expect([...(await filesOf(debian))].filter((file) => !before.has(file))).toEqual([]);
    expect(await debian.attempt('id dicom-ledger')).toMatchObject({ code: 1 });
  });
});

async function upgrade(): Promise<void> {
  rmSync(path.join(debian.shared, path.basename(madePackage())), { force: true });
  copyFileSync(next, path.join(debian.shared, path.basename(next)));
  const [command = ''] = documentedCommands('Upgrade');
  await debian.run(`cd /shared && ${command}`);
}

const serverIsReady = (): Promise<string> =>
  until('the server to be ready', async () => curl('--fail', '/readyz'), GENEROUS);

const mainPid = (): Promise<string> => debian.run('systemctl show --property MainPID --value dicom-ledger');

/** Debian's curl of this machine, in the other's network, with its token; the last parameter is the path. */
async function curl(...parameters: string[]): Promise<string> {
  const token = await debian.run('cat /var/lib/dicom-ledger/local.token');
  const [enter = '', ...entered] = debian.inItsNetwork;
  const options = ['--disable', '--silent', '--show-error', '--location', '-H', `Authorization: Bearer ${token}`];
  const all = [...entered, 'curl', ...options, ...parameters.slice(0, -1), `${SERVER}${parameters.at(-1)}`];
  return execFileSync(enter, all, { ...QUIETLY, maxBuffer: 2 ** 26 });
}

function https(): string {
  const [enter = '', ...entered] = debian.inItsNetwork;
  const named = ['--connect-to', 'pacs.example:8443:127.0.0.1:8443', 'https://pacs.example:8443/readyz'];
  const options = ['--disable', '--silent', '--include', '--cacert', path.join(debian.shared, 'pacs.crt')];
  return execFileSync(enter, [...entered, 'curl', ...options, ...named], QUIETLY);
}

async function studies(): Promise<string[]> {
  const found = JSON.parse(await curl('/dicom-web/studies')) as Record<string, { Value: string[] }>[];
  return found.flatMap((study) => study['0020000D']?.Value ?? []);
}

/** Interfaces and ports of TCP that something listens at in the machine, IPv6 too (proc_net_tcp: state 0A). */
async function listening(): Promise<string[]> {
  const rows = (await debian.run('tail -q -n +2 /proc/net/tcp /proc/net/tcp6'))
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  return rows
    .filter((row) => row[3] === '0A')
    .map(([, local = '']) => {
      const [host = '', port = ''] = local.split(':');
      const name = host === '0100007F' ? '127.0.0.1' : host;
      return `${name}:${parseInt(port, 16)}`;
    });
}

/** Every file and folder of the machine's disk but what any package changes: logs, dpkg's own records, caches, run-time state. */
async function filesOf(machine: DebianMachine): Promise<Set<string>> {
  const others = [
    ...[
      '/var/log',
      '/var/lib/dpkg',
      '/var/cache',
      '/run',
      '/proc',
      '/sys',
      '/dev',
      '/tmp',
      '/var/tmp',
      '/shared',
      '/root',
    ],
    ...[
      '/var/lib/systemd',
      '/etc/passwd-',
      '/etc/group-',
      '/etc/shadow-',
      '/etc/gshadow-',
      '/etc/subuid-',
      '/etc/subgid-',
    ],
    ...['/etc/.pwd.lock', '/usr/share/zoneinfo'],
  ];
  const skipped = others.map((one) => `-path ${one}`).join(' -o ');
  const found = await machine.run(`find / -xdev \\( ${skipped} \\) -prune -o -print`);
  return new Set(found.split('\n'));
}
