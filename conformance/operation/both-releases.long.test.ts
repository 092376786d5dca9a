import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { until } from '../../src/base/testing/until.js';
import { type EmbeddedChain, openEmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import type { Hex } from '../../src/ledger/ethereum/hex.js';
import { catalogFile } from '../../src/open-site-catalog.js';
import { ENCRYPTED_SCHEME } from '../../src/secrecy/body.js';
import { serveChain } from '../testing/chain-over-http.js';
import { runCommand } from '../testing/command-line.js';
import {
  bytesOf,
  type DataSet,
  failureReasons,
  get,
  type InstanceIds,
  instancePath,
  sha256,
  storedSingle,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { type Acting, foundRelease1, foundReleaseTwo, newActing } from '../testing/found-contracts.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const PATIENCE = { timeoutMs: 180_000 };
/** In release 1, South is site 1 and North site 2; in release 2, it is the other way round. */
const FORMER_SITES = '1=2, 2=1';
const PatientID = newUid();
const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-both-'));

interface Stored extends InstanceIds {
  file: Buffer;
}

let chain: EmbeddedChain;
let node: Awaited<ReturnType<typeof serveChain>>;
let acting: Acting;
let [release1, release2]: Hex[] = [];
let north: RunningServer;
let south: RunningServer;

/** Of one patient, with pixels that take several pieces. */
function slice(study = newUid()): Stored {
  const ids = { study, series: newUid(), instance: newUid() };
  const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
  const file = ctSlice({ ...uids, PatientID }, { size: 200 });
  randomBytes(80_000).copy(file, file.length - 80_000);
  return { ...ids, file };
}

const study = newUid();
const former = { first: slice(study), retired: slice(study), retiredLater: slice(study), ofSouth: slice() };
const present = { inStudyOfBefore: slice(study), inOther: slice(), ofSouth: slice() };

function environment(site: 'north' | 'south', contracts: readonly Hex[]): Record<string, string> {
  const { key } = acting.sites[site === 'north' ? 0 : 1]!.writer;
  return {
    ...{ LEDGER_URL: node.url, LEDGER_CONTRACT: contracts.join(','), SITE_KEY: key.toString('hex') },
    ...{ CONSORTIUM_KEY_FILE: path.join(folder, 'consortium.key'), PATIENT_ID_ISSUER: 'Both' },
    // No block of this chain is ever undone, and none is empty: a deeper one may never come.
    ...{ SEALED_DEPTH: '1', FINAL_DEPTH: '1' },
    ...(contracts.length === 1
      ? { DEIDENTIFIED_ONLY: 'off' }
      : { FORMER_SITES, KEY_PASSPHRASE_FILE: path.join(folder, 'passphrase') }),
  };
}

const folderOf = (site: string): string => path.join(folder, site);
const start = (site: 'north' | 'south', contracts: readonly Hex[]): Promise<RunningServer> =>
  startServer({ dataFolder: folderOf(site), env: environment(site, contracts) });

const both = (): Hex[] => [release2!, release1!];
const store = async ({ url }: RunningServer, { file }: Stored): Promise<number> => (await stowSingle(url, file)).status;
const retrieve = async ({ url }: RunningServer, ids: InstanceIds): Promise<[number, string]> => {
  const answer = await get(`${url}${instancePath(ids)}`, storedSingle);
  return [answer.status, sha256(await bytesOf(answer))];
};
const record = async ({ url }: RunningServer, { instance }: InstanceIds): Promise<Record<string, unknown>> =>
  (await (await get(`${url}/ledger/instances/${instance}`)).json()) as Record<string, unknown>;

async function thumbnail({ url }: RunningServer, ids: InstanceIds): Promise<string> {
  const answer = await get(`${url}${instancePath(ids)}/thumbnail`, 'image/jpeg');
  expect(answer.status).toBe(200);
  return sha256(await bytesOf(answer));
}

/** What a search finds, without the URLs. */
async function search({ url }: RunningServer, what: string): Promise<DataSet[]> {
  const answer = await get(`${url}/dicom-web/${what}`);
  if (answer.status === 204) return [];
  return ((await answer.json()) as DataSet[]).map(({ '00081190': _url, ...rest }) => rest);
}
const instancesOf = async (server: RunningServer, query = ''): Promise<unknown[]> =>
  (await search(server, `instances?PatientID=${PatientID}${query}`))
    .map((found) => found['00080018']?.Value?.[0])
    .sort();
const uidsOf = (...stored: InstanceIds[]): string[] => stored.map(({ instance }) => instance).sort();

const picture = (red: number): Promise<Buffer> =>
  sharp({ create: { width: 20, height: 20, channels: 3, background: { r: red, g: 90, b: 90 } } })
    .png()
    .toBuffer();
async function upload({ url }: RunningServer, bytes: Buffer): Promise<void> {
  const query = new URLSearchParams({ PatientID, fileName: 'scan.png' }).toString();
  const sent = { method: 'POST', headers: { 'Content-Type': 'image/png' }, body: new Uint8Array(bytes) };
  expect((await fetch(`${url}/dicom-web/studies?${query}`, sent)).status).toBe(200);
}
const uploadsAt = `/dicom-web/patients/${PatientID}/images`;

const retire = async ({ url }: RunningServer, ids: InstanceIds): Promise<number> =>
  (await fetch(`${url}${instancePath(ids)}`, { method: 'DELETE' })).status;
const restore = ({ url }: RunningServer, { instance }: InstanceIds): Promise<Response> =>
  fetch(`${url}/ledger/instances/${instance}/restore`, { method: 'POST' });

let thumbnailBefore: string;

beforeAll(async () => {
  writeFileSync(path.join(folder, 'consortium.key'), randomBytes(32).toString('hex'), { mode: 0o600 });
  writeFileSync(path.join(folder, 'passphrase'), 'correct horse battery staple\n', { mode: 0o600 });
  acting = await newActing(folder, 2);
  const [governor] = acting.governors;
  chain = await openEmbeddedChain({
    folder: path.join(folder, 'chain'),
    periodMs: 0,
    genesisAccounts: [governor.account],
  });
  node = await serveChain(chain);
  const sites = [...acting.sites].reverse();
  ({ address: release1 } = await foundRelease1(chain, { governor: governor.key, sites }));
  [north, south] = await Promise.all([start('north', [release1]), start('south', [release1])]);
  for (const stored of [former.first, former.retired, former.retiredLater])
    expect(await store(north, stored)).toBe(200);
  expect(await store(south, former.ofSouth)).toBe(200);
  await upload(north, await picture(1));
  expect(await retire(north, former.retired)).toBe(204);
  thumbnailBefore = await thumbnail(north, former.first);
  expect(await record(north, former.first)).toMatchObject({ siteId: 2, body: { contract: release1 } });
  await Promise.all([north.stop(), south.stop()]);
  ({ address: release2 } = await foundReleaseTwo(chain, acting));
}, 300_000);
afterAll(async () => {
  await Promise.all([north?.stop(), south?.stop()]);
  await node.close();
  await chain.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('A server that goes on with release 2, and reads what release 1 has', () => {
  it('has to be told who is who in the two', async () => {
    const env = { ...environment('north', both()), FORMER_SITES: '2=1' };
    const { code, stderr } = await runCommand(['serve'], { ...env, PORT: '0', DATA_DIR: folderOf('north') });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/FORMER_SITES does not say .* site 1 \("Site 1"\)/)]);
  });

  it('finds what was stored before, with its bytes and thumbnails, under the numbers of now', async () => {
    [north, south] = await Promise.all([start('north', both()), start('south', both())]);
    for (const server of [north, south]) {
      const { first, retiredLater, ofSouth } = former;
      await until('what was stored before', async () => (await instancesOf(server)).length === 4, PATIENCE);
      expect(await instancesOf(server)).toEqual(expect.arrayContaining(uidsOf(first, retiredLater, ofSouth)));
      for (const stored of [first, retiredLater, ofSouth])
        expect(await retrieve(server, stored)).toEqual([200, sha256(stored.file)]);
      expect(await thumbnail(server, first)).toBe(thumbnailBefore);
      expect(await record(server, first)).toMatchObject({ siteId: 1, site: 'Site 1', body: { contract: release1 } });
      expect(await record(server, ofSouth)).toMatchObject({ siteId: 2, site: 'Site 2', body: { contract: release1 } });
      await until('the retirement', async () => (await retrieve(server, former.retired))[0] === 410, PATIENCE);
    }
  });

  it('stores at release 2, encrypted, and finds both', async () => {
    for (const stored of [present.inStudyOfBefore, present.inOther]) {
      expect(await store(north, stored)).toBe(200);
      expect(await record(north, stored)).toMatchObject({
        ...{ siteId: 1, state: 'sealed', sha256: sha256(stored.file) },
        body: { contract: release2, scheme: ENCRYPTED_SCHEME },
      });
      expect(await retrieve(north, stored)).toEqual([200, sha256(stored.file)]);
      expect(await thumbnail(north, stored)).toMatch(/^[0-9a-f]{64}$/);
    }
    const { first, retiredLater } = former;
    const inStudy = uidsOf(first, retiredLater, present.inStudyOfBefore);
    expect(await instancesOf(north, `&StudyInstanceUID=${study}`)).toEqual(inStudy);
    const [found] = await search(north, `studies?StudyInstanceUID=${study}&includefield=00201208`);
    expect(found?.['00201208']?.Value).toEqual([3]);
  });

  it('shows nobody what is stored now and not shared', async () => {
    expect(await store(south, present.ofSouth)).toBe(200);
    expect(await retrieve(south, present.ofSouth)).toEqual([200, sha256(present.ofSouth.file)]);
    for (const [server, of] of [
      [north, present.ofSouth],
      [south, present.inOther],
      [south, present.inStudyOfBefore],
    ] as const)
      // prettier-ignore
      expect((await retrieve(server, of))[0]).toBe(404);
  });

  it('has the newest upload of a name, whichever release has it', async () => {
    expect(sha256(await bytesOf(await get(`${north.url}${uploadsAt}/scan.png`)))).toBe(sha256(await picture(1)));
    await upload(north, await picture(2));
    expect(sha256(await bytesOf(await get(`${north.url}${uploadsAt}/scan.png`)))).toBe(sha256(await picture(2)));
    const images = (await (await get(`${north.url}${uploadsAt}`)).json()) as { name?: string }[];
    expect(images.filter(({ name }) => name === 'scan.png')).toHaveLength(2);
  });

  it('stores nothing again that release 1 has, and refuses other bytes under its UID', async () => {
    const { first, retired } = former;
    expect(await store(north, first)).toBe(200);
    expect(await record(north, first)).toMatchObject({ body: { contract: release1 } });
    const other = Buffer.concat([first.file.subarray(0, -2), Buffer.from([1, 2])]);
    const reasonsOf = async (file: Buffer): Promise<unknown[]> =>
      failureReasons((await (await stowSingle(north.url, file)).json()) as DataSet);
    expect(await reasonsOf(other)).toEqual([0x0111]);
    expect(await reasonsOf(retired.file)).toEqual([0x0110]);
  });

  it('retires what either has; in release 1 for ever', async () => {
    expect(await retire(north, former.retiredLater)).toBe(204);
    expect((await retrieve(north, former.retiredLater))[0]).toBe(410);
    const refused = await restore(north, former.retiredLater);
    expect([refused.status, await refused.text()]).toEqual([501, expect.stringContaining('for ever')]);
    expect((await retrieve(north, former.retiredLater))[0]).toBe(410);

    expect(await retire(north, present.inOther)).toBe(204);
    expect((await retrieve(north, present.inOther))[0]).toBe(410);
    expect((await restore(north, present.inOther)).status).toBe(204);
    expect(await retrieve(north, present.inOther)).toEqual([200, sha256(present.inOther.file)]);
  });

  it('verifies both on the chain', async () => {
    const { code, stdout } = await runCommand(['verify', '--all', '--url', north.url]);
    // One of before and South's, two of now, two uploads, and what South has now; without those that are retired.
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^7 instances, .*: all intact\.\nOf 1 there is no key/)]);
  });

  it('has written in clear to release 1 alone', async () => {
    const lying = async (stored: Stored): Promise<Buffer> => {
      const { body } = (await record(north, stored)) as { body: { contract: Hex; list: Hex[] } };
      const read = async (addresses: Hex[]): Promise<Buffer> =>
        Buffer.concat((await chain.getChunks(body.contract, addresses)).map((chunk) => chunk!));
      const page = (await read(body.list)).toString('hex');
      return read(page.match(/.{40}/g)!.map((address): Hex => `0x${address}`));
    };
    expect(sha256(await lying(former.first))).toBe(sha256(former.first.file));
    const encrypted = await lying(present.inStudyOfBefore);
    expect(encrypted.length).toBeGreaterThan(80_000);
    const { file, instance } = present.inStudyOfBefore;
    for (const clear of [file.subarray(-64), file.subarray(-80_000, -79_936), Buffer.from(instance)])
      expect(encrypted.includes(clear)).toBe(false);
  });

  it('has the same catalogue when that is made anew', async () => {
    const everything = async () =>
      Promise.all(
        ['studies', 'series', 'instances'].map(async (what) =>
          (await search(north, `${what}?includefield=all`)).map((found) => JSON.stringify(found)).sort(),
        ),
      );
    const before = JSON.stringify(await everything());
    await north.stop();
    for (const end of ['', '-wal', '-shm']) rmSync(`${catalogFile(folderOf('north'))}${end}`, { force: true });
    north = await start('north', both());
    await until('all as before', async () => JSON.stringify(await everything()) === before, PATIENCE);
    for (const stored of [former.first, former.ofSouth, present.inStudyOfBefore, present.inOther])
      expect(await retrieve(north, stored)).toEqual([200, sha256(stored.file)]);
  });
});
