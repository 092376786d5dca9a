import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { PATIENCE, exitCodeOf, logsOf, podman, prepared, tryPodman } from './testing/engine.js';
import { HARDENED, makeSecrets, type Secrets } from './testing/hardened.js';

const NAME = 'dicom-ledger-door';
const TLS = ['--env', 'TLS_CERT_FILE=/run/secrets/tls.crt', '--env', 'TLS_KEY_FILE=/run/secrets/tls.key'];
const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-door-'));
const OWN = ['--volume', `${NAME}:/data`, '--publish', '127.0.0.1:8443:8080'];
let secrets: Secrets;
/** The image by the digest of its bytes, whatever its name comes to mean later. */
let image: string;

const start = (...options: string[]) =>
  podman('run', '--detach', '--name', NAME, ...HARDENED, ...OWN, ...options, image);
const startWithTls = (mode?: string) => start(...TLS, ...secrets.options(mode));
const end = () => podman('rm', '--force', '--time', '60', '--ignore', NAME);

/** The status of a request at the published port, by TLS and with the authority that made the certificate. */
const statusAt = (location: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const ca = readFileSync(path.join(folder, 'tls.crt'));
    https
      .get(`https://localhost:8443${location}`, { ca, headers, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      })
      .on('error', reject);
  });

async function refuses(): Promise<string> {
  expect(await exitCodeOf(NAME)).toBe(1);
  await expect(fetch('http://127.0.0.1:8443/healthz')).rejects.toThrow();
  await expect(statusAt('/healthz')).rejects.toThrow();
  const said = await logsOf(NAME);
  await end();
  return said;
}

beforeAll(async () => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', 'tls.key', '-out', 'tls.crt', '-days', '30'];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...subject], { cwd: folder, stdio: 'pipe' });
  await end();
  await tryPodman('volume', 'rm', NAME);
  secrets = await makeSecrets(NAME, {
    'tls.crt': path.join(folder, 'tls.crt'),
    'tls.key': path.join(folder, 'tls.key'),
  });
  image = `localhost/dicom-ledger@${await podman('image', 'inspect', '--format', '{{.Digest}}', 'localhost/dicom-ledger')}`;
}, 60_000);
afterAll(async () => {
  await end();
  await podman('volume', 'rm', NAME);
  await secrets.remove();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

describe('The image, started as it is', () => {
  it('does not listen without TLS and a way in, and says what is missing', async () => {
    await start();
    expect(await refuses()).toMatch(
      /HOST="0\.0\.0\.0" lets other machines in.*TLS \(set TLS_CERT_FILE.*a way to log in/,
    );
  });

  it('does not listen with TLS and no way in, nor with a key that others can read', async () => {
    await startWithTls();
    expect(await refuses()).toMatch(/what is missing is a way to log in that works from other machines/);
    await startWithTls('0444');
    expect(await refuses()).toContain('TLS_KEY_FILE "/run/secrets/tls.key" (mode 444)');
  });

  it('listens with TLS and a way in, and lets in who has a key, and nobody else', async () => {
    await start('--env', 'HOST=127.0.0.1');
    const command = ['node', 'dist/cli/main.js', 'access-key', 'new', 'CT 1', '--permission', 'read'];
    const made = await until(
      'the first key',
      async () => {
        const { code, stdout } = await tryPodman('exec', NAME, ...command);
        return code === 0 ? { key: stdout.trim() } : undefined;
      },
      PATIENCE,
    );
    // It listens on its own loopback, which nobody else reaches.
    await expect(fetch('http://127.0.0.1:8443/healthz')).rejects.toThrow();
    await end();
    await startWithTls();
    await until('the server to be ready', async () => (await statusAt('/readyz')) === 200, PATIENCE);
    const search = '/dicom-web/studies';
    expect(await statusAt(search)).toBe(401);
    expect(await statusAt(search, { Authorization: `Bearer ${made.key}` })).toBe(200);
    await expect(fetch('http://127.0.0.1:8443/healthz')).rejects.toThrow();
    expect(await podman('healthcheck', 'run', NAME)).not.toContain('unhealthy');
    // Neither in its environment nor among its arguments.
    const secret = readFileSync(path.join(folder, 'tls.key'), 'utf8').split('\n')[1] ?? '';
    expect(secret.length).toBeGreaterThan(32);
    expect(await podman('inspect', NAME)).not.toContain(secret);
    expect(await logsOf(NAME)).not.toContain(made.key);
  });
});

describe('docker/Dockerfile', () => {
  it('builds on the images that NODE_IMAGE and GO_IMAGE name by digest', async () => {
    const layersOf = async (name: string): Promise<string[]> =>
      JSON.parse(await podman('image', 'inspect', '--format', '{{json .RootFS.Layers}}', name)) as string[];
    for (const name of Object.values(prepared.images))
      expect(name).toMatch(/^docker\.io\/library\/\w+@sha256:[0-9a-f]{64}$/);
    const base = await layersOf(prepared.images['NODE_IMAGE'] ?? '');
    for (const name of [image, 'localhost/dicom-ledger-node'])
      expect((await layersOf(name)).slice(0, base.length)).toEqual(base);
  });
});
