import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { instancePath, sha256, storedSingle, type InstanceIds } from '../testing/dicomweb-client.js';
import { PATIENCE, podman, prepared, tryPodman } from './testing/engine.js';
import { newSlice } from './testing/site-in-container.js';

const MANIFEST = 'docker/kubernetes/site.yaml';
const SERVER = 'dicom-ledger-0-server';
const CLAIM = 'data-dicom-ledger-0';
const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-kubernetes-'));

interface Manifest {
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  data?: Record<string, string>;
  spec: { template: Manifest; volumes: object[]; volumeClaimTemplates: { spec: object }[] };
}

/** What Kubernetes makes of the StatefulSet, which podman 4 does not know: its first pod and the claim of that. */
function play(): { claim: string; rest: string } {
  const toJson = 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))';
  const all = JSON.parse(
    execFileSync(path.join(prepared.python, 'python'), ['-c', toJson, MANIFEST], { encoding: 'utf8' }),
  ) as Manifest[];
  const of = (kind: string): Manifest => all.find((one) => one.kind === kind)!;
  const { template, volumeClaimTemplates } = of('StatefulSet').spec;
  template.spec.volumes.push({ name: 'data', persistentVolumeClaim: { claimName: CLAIM } });
  // Otherwise podman 4 removes the container of the secrets once, and the pod cannot be started again.
  const annotations = { 'io.podman.annotations.init.container.type': 'always' };
  const metadata = { ...template.metadata, name: 'dicom-ledger-0', annotations };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec };
  const name = { name: CLAIM };
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: name,
    spec: volumeClaimTemplates[0]!.spec,
  };
  // podman 4 leaves the files of a secret in base64: a ConfigMap stands in for it.
  const data = Object.fromEntries(
    ['tls.crt', 'tls.key'].map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]),
  );
  const secret = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'dicom-ledger-tls' }, data };
  template.spec.volumes = template.spec.volumes.map((volume) =>
    'secret' in volume ? { name: 'given', configMap: { name: 'dicom-ledger-tls', optional: false } } : volume,
  );
  const write = (file: string, ...manifests: object[]): string => {
    writeFileSync(path.join(folder, file), manifests.map((one) => JSON.stringify(one)).join('\n---\n'));
    return path.join(folder, file);
  };
  return { claim: write('claim.yaml', claim), rest: write('pod.yaml', of('ConfigMap'), secret, pod) };
}

const ready = () =>
  until(
    'the pod to be ready',
    async () => (await tryPodman('exec', SERVER, 'node', 'docker/answers.mjs', '/readyz')).code === 0,
    PATIENCE,
  );
/** The SHA-256 of an instance as the server in the pod gives it to whoever has the token of its volume. */
function digestInPod(ids: InstanceIds): Promise<string> {
  const program = `
    import { createHash } from 'node:crypto';
    import { readFileSync } from 'node:fs';
    const Authorization = 'Bearer ' + readFileSync('/data/site/local.token', 'utf8').trim();
    const url = 'https://localhost:8080${instancePath(ids)}';
    const answer = await fetch(url, { headers: { Authorization, Accept: '${storedSingle}' } });
    console.log(answer.ok ? createHash('sha256').update(Buffer.from(await answer.arrayBuffer())).digest('hex') : answer.status);`;
  const env = ['--env', 'NODE_TLS_REJECT_UNAUTHORIZED=0', '--env', 'NODE_NO_WARNINGS=1', SERVER];
  return podman('exec', ...env, 'node', '--input-type=module', '--eval', program);
}

async function clean(): Promise<void> {
  await tryPodman('pod', 'rm', '--force', '--ignore', 'dicom-ledger-0');
  await tryPodman('volume', 'rm', '--force', CLAIM, 'dicom-ledger-tls', 'secrets', 'tmp');
}

beforeAll(async () => {
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'tls.key',
    '-out',
    'tls.crt',
  ];
  execFileSync('openssl', ['req', '-x509', ...key, '-days', '30', '-subj', '/CN=localhost'], {
    cwd: folder,
    stdio: 'pipe',
  });
  await clean();
});
afterAll(async () => {
  await clean();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

describe('docker/kubernetes/site.yaml', () => {
  it.each(['1.32', '1.37'])("is what Kubernetes %s's schemas ask for", (version) => {
    const validate = path.join(prepared.python, 'kubernetes-validate');
    const said = execFileSync(validate, ['--strict', '-k', version, MANIFEST], { encoding: 'utf8', stdio: 'pipe' });
    expect(said).not.toContain('ERROR');
  });

  it('gives a pod that becomes ready, is closed, stores, and has it again after a restart', async () => {
    const { claim, rest } = play();
    await podman('kube', 'play', claim);
    await podman('kube', 'play', rest);
    await ready();
    expect(await podman('exec', SERVER, 'id', '-u')).toBe('1000');
    const { code, stderr } = await tryPodman('exec', SERVER, 'touch', '/app/x');
    expect([code, stderr]).toEqual([1, expect.stringContaining('Read-only file system')]);
    const status = await podman('exec', SERVER, 'cat', '/proc/1/status');
    expect(status).toMatch(/^CapEff:\t0000000000000000\nCapBnd:\t0000000000000000$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(await podman('exec', SERVER, 'stat', '-c', '%a', '/secrets/tls.key', '/data/site')).toBe('600\n700');

    const made = newSlice();
    writeFileSync(path.join(folder, 'slice.dcm'), made.file);
    await podman('cp', path.join(folder, 'slice.dcm'), `${SERVER}:/tmp/slice.dcm`);
    const env = ['--env', 'NODE_TLS_REJECT_UNAUTHORIZED=0', SERVER];
    const stored = ['dist/cli/main.js', 'store', '/tmp/slice.dcm', '--url', 'https://localhost:8080'];
    await podman('exec', ...env, 'node', ...stored);
    expect(await digestInPod(made.ids)).toBe(sha256(made.file));
    await podman('pod', 'rm', '--force', 'dicom-ledger-0');
    await podman('kube', 'play', rest);
    await ready();
    expect(await digestInPod(made.ids)).toBe(sha256(made.file));
  });
});
