import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from '../base/testing/until.js';
import { startGeth, type Geth } from './testing/geth.js';
import {
  authFrame,
  beyondFieldPoint,
  frameWithPoint,
  offCurvePoint,
  send,
  shortFrame,
} from './testing/handshake-frames.js';
import { buildGeth } from './testing/build-geth.js';

const OURS = path.dirname(buildGeth());
/** The same source without the edits: it shows what the frames do where nothing closes the holes. */
const PLAIN = buildGeth('--plain');

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-frames-'));
const nodes: Geth[] = [];

interface Target {
  geth: Geth;
  enode: string;
  key: Buffer;
  port: number;
}

async function start(build: string, name: string): Promise<Target> {
  const geth = await startGeth({ binary: path.join(build, 'geth'), folder: path.join(folder, name), funded: [] });
  nodes.push(geth);
  const { enode } = (await geth.ipc('admin_nodeInfo')) as { enode: string };
  const { username, port } = new URL(enode);
  return { geth, enode, key: Buffer.from(username, 'hex'), port: Number(port) };
}

const heightOf = async ({ geth }: Target): Promise<number> => Number(await geth.ipc('eth_blockNumber'));

async function expectToGoOn(target: Target): Promise<void> {
  expect(await send(target.port, authFrame(target.key))).toBe('answered');
  const before = await heightOf(target);
  await until('the next block', async () => (await heightOf(target)) > before, { timeoutMs: 180_000 });
}

const strayAnswer = async ({ enode }: Target, kind: string, count: number): Promise<string> =>
  (
    await promisify(execFile)(path.join(PLAIN, 'stray-answers'), [enode, kind, String(count)], { timeout: 180_000 })
  ).stdout.trim();

const curveChecks = (build: string): unknown =>
  JSON.parse(execFileSync(path.join(build, 'curve-checks'), { encoding: 'utf8' }));

let ours: Target;
let plain: Target;

beforeAll(async () => {
  [ours, plain] = [await start(OURS, 'ours'), await start(PLAIN, 'plain')];
});
afterAll(async () => {
  for (const node of nodes) await node.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('The geth that scripts/build-geth.mjs makes', () => {
  it('tells its edition by RPC, and the plain one none', async () => {
    expect(await ours.geth.ipc('web3_clientVersion')).toMatch(/^Geth\/v1\.13\.15-dicomledger\.\d+\//);
    expect(await plain.geth.ipc('web3_clientVersion')).toMatch(/^Geth\/v1\.13\.15-stable\//);
  });

  it('answers the handshake of a peer, as the plain one does', async () => {
    await expectToGoOn(ours);
    await expectToGoOn(plain);
  });

  // CVE-2026-22868
  it.each([20_000, 65_000])(
    'does not read a handshake with %d bytes of padding, which the plain one answers',
    async (paddingBytes) => {
      expect(await send(ours.port, authFrame(ours.key, { paddingBytes }))).toBe('hung up');
      expect(await send(plain.port, authFrame(plain.key, { paddingBytes }))).toBe('answered');
      await expectToGoOn(ours);
    },
  );

  it('reads a handshake of 2048 bytes and none of 2049', async () => {
    // Size, point, first block and checksum, and the message itself.
    const others = authFrame(ours.key, { paddingBytes: 0 }).length - 2;
    expect(await send(ours.port, authFrame(ours.key, { paddingBytes: 2048 - others }))).toBe('answered');
    expect(await send(ours.port, authFrame(ours.key, { paddingBytes: 2049 - others }))).toBe('hung up');
  });

  // CVE-2025-24883, CVE-2026-26314, CVE-2026-26315. By these frames the plain one can't be hurt either: Go's own reading of a point
  // refuses them first. What the edits change is seen below, in the functions themselves.
  describe.each([
    ['off the curve', offCurvePoint],
    ['with a coordinate beyond the field', beyondFieldPoint],
  ])('given a point %s', (_, point) => {
    it('hangs up, whether it is to agree on a key with it or it is who the sender says to be', async () => {
      for (const { port, key } of [ours, plain]) {
        expect(await send(port, frameWithPoint(point()))).toBe('hung up');
        expect(await send(port, authFrame(key, { initiator: point() }))).toBe('hung up');
      }
      await expectToGoOn(ours);
    });
  });

  it('has the checks of the curve in its functions, of which the plain one has only that of Go', () => {
    expect(curveChecks(OURS)).toEqual({
      publicKeyOffCurve: true,
      coordinateBeyondField: true,
      coordinateBeyondFieldC: true,
      sharedSecretOffCurve: true,
    });
    expect(curveChecks(PLAIN)).toEqual({
      publicKeyOffCurve: true,
      coordinateBeyondField: false,
      coordinateBeyondFieldC: false,
      sharedSecretOffCurve: false,
    });
  });

  // CVE-2026-26313
  it.each(['headers', 'bodies', 'receipts', 'transactions', 'codes'])(
    'hangs up on a peer with %s that nobody asked for, which the plain one decodes and forgives',
    async (kind) => {
      expect(await strayAnswer(ours, kind, 1000)).toBe('hung up');
      expect(await strayAnswer(plain, kind, 1000)).toBe('answered');
      await expectToGoOn(ours);
    },
  );

  it('takes the one header that it asked for, and hangs up on a peer that answers with two', async () => {
    expect(await strayAnswer(ours, 'announced', 1)).toBe('answered');
    expect(await strayAnswer(ours, 'announced', 2)).toBe('hung up');
    expect(await strayAnswer(plain, 'announced', 2)).toBe('answered');
    await expectToGoOn(ours);
  });

  // CVE-2026-22862. The last: the plain one ends by it.
  it('goes on after a frame that is too short for its cipher, by which the plain one ends', async () => {
    for (const bytes of [0, 1, 15, 16]) expect(await send(ours.port, shortFrame(ours.key, bytes))).toBe('hung up');
    await expectToGoOn(ours);
    await send(plain.port, shortFrame(plain.key, 1));
    await until('the plain one to end', () => plain.geth.pid === undefined, { timeoutMs: 180_000 });
    expect(readFileSync(path.join(folder, 'plain', 'geth.log'), 'utf8')).toMatch(/^panic: .*makeslice/m);
    await expectToGoOn(ours);
  });
});
