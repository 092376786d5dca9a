import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type EncryptedSite,
  type MadeRing,
  openEncryptedSite,
  openMadeRing,
} from '../../src/archive/testing/encrypted-site.js';
import { partOf, slice } from '../../src/archive/testing/parts.js';
import { deployRelease2 } from '../../src/ledger/consortium/deploy-release2.js';
import { accountOf } from '../../src/ledger/keys/sign.js';
import type { Ledger } from '../../src/ledger/ledger.js';
import { embeddedBed } from '../../src/ledger/testing/embedded-ledger.js';
import { type Bed, openBed } from '../../src/ledger/testing/ledger-bed.js';
import { serveChain } from '../testing/chain-over-http.js';

const python = execFileSync(process.execPath, ['scripts/build-vectors-python.mjs'], { encoding: 'utf8' }).trim();

let root: string;
let bed: Bed;
let ledger: Ledger;
let ring: MadeRing;
let site: EncryptedSite;
let node: Awaited<ReturnType<typeof serveChain>>;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-python-'));
  bed = await openBed(embeddedBed(0));
  const { images } = await deployRelease2(bed.provider, {
    ...{ key: bed.keys.governor, governors: [accountOf(bed.keys.governor)], waitSeconds: 0 },
    ...{ siteName: 'North', writers: [accountOf(bed.keys.site)], champions: [] },
  });
  ledger = await bed.open({ contracts: [images] });
  ring = await openMadeRing(ledger);
  site = await openEncryptedSite(root, { ledger, ring, nodes: ring.nodes, compresses: false });
  node = await serveChain(bed.provider);
});
afterAll(async () => {
  await node.close();
  await site.close();
  await bed.close();
  await rm(root, { recursive: true });
});

/** What `read_image.py` gives of an instance, with the node of that study. */
async function readByPython(SOPInstanceUID: string, study: Buffer): Promise<Buffer> {
  const request = { study: study.toString('hex'), SOPInstanceUID, siteId: 1, contract: ledger.contracts[0]!.slice(2) };
  const args = ['-B', 'conformance/vectors/read_image.py', node.url];
  const running = promisify(execFile)(python, args, { encoding: 'buffer', maxBuffer: 2 ** 28 });
  running.child.stdin!.end(JSON.stringify(request));
  return (await running).stdout;
}

describe('an instance on a chain that runs', () => {
  it.each([
    ['one cell', 100],
    ['many pieces', 1_500],
  ])('is read by Python from a node, with the key of its study alone: %s', async (_, size) => {
    const SOPInstanceUID = `1.2.3.${size}`;
    const file = slice({ SOPInstanceUID, PatientID: 'P-1', size });
    randomBytes(size * size).copy(file, file.length - size * size);
    expect(await (await site.archive.receive(partOf(file))).outcome).toMatchObject({ kind: 'stored' });
    const { studyKey } = await ring.numbers.numbersOf(await identityOf(SOPInstanceUID));
    const study = ring.nodes.studyNode({ siteId: 1, ringId: ring.ringId }, studyKey)!;
    expect((await readByPython(SOPInstanceUID, study)).equals(file)).toBe(true);
    await expect(readByPython(SOPInstanceUID, randomBytes(32))).rejects.toThrow();
  });
});

/** As the catalogue has it. */
async function identityOf(SOPInstanceUID: string) {
  const { StudyInstanceUID } = (await site.catalog.seenBy('everything').instance(SOPInstanceUID))!;
  return { StudyInstanceUID, IssuerOfPatientID: 'north', PatientID: 'P-1' };
}
