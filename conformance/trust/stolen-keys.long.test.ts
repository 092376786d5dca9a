// About 150 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { createConsortiumAccount } from '../../src/ledger/consortium/consortium-account.js';
import { encodeCall } from '../../src/ledger/consortium/decode-call.js';
import { readRings } from '../../src/ledger/consortium/read-rings.js';
import type { Hex } from '../../src/ledger/ethereum/hex.js';
import type { KeptAccount } from '../../src/network/network.js';
import { type CommandResult, done, runCommand } from '../testing/command-line.js';
import { bytesOf, get, instancePath, sha256, storedSingle, stow } from '../testing/dicomweb-client.js';
import {
  alarmsAt,
  networkAt,
  readinessAt,
  recordAt,
  retirementsAt,
  untilNothingWaits,
} from './testing/admin-answers.js';
import { startEmbedded } from './testing/attacked-chains.js';
import { type CaseStudy, caseStudy, expectedStudy, RIGHT, storeStudy, untilSeen } from './testing/case-study.js';
import { type KeyedAccount, newActing } from '../testing/found-contracts.js';
import { type HonestSite, openTrustBed, type TrustBed } from './testing/trust-bed.js';
import { thiefOf } from './testing/thief.js';

const LIMIT = { timeoutMs: 180_000 };
/** More than RETIREMENTS_PER_HOUR of the bed. */
const INSTANCES = 5;

let bed: TrustBed;
/** What each site has stored, and was told to be stored. */
const stored = [1, 2, 3].map((site) => caseStudy({ ...RIGHT, PatientID: `K-${site}` }, { instances: INSTANCES }));
/** Keys that nobody uses yet. */
let spare: readonly { writer: KeyedAccount; champion: KeyedAccount }[];

const imagesOf = ({ url }: HonestSite, { files }: CaseStudy): Promise<Hex[]> =>
  Promise.all(files.map(async ({ SOPInstanceUID }) => (await recordAt(url, SOPInstanceUID)).imageId));

/** A command of a person with a key, or without one. */
const govern = (who: KeptAccount | undefined, ...args: string[]): Promise<CommandResult> =>
  runCommand([...args, ...(who ? ['--keystore', who.keystoreFile, '--password-file', who.passwordFile] : [])], {
    LEDGER_URL: bed.nodeUrl,
    LEDGER_CONTRACT: bed.contract,
  });

/** A proposal that two of three governors pass, by their commands. */
async function pass(...args: string[]): Promise<void> {
  const [first, second] = bed.acting.governors;
  const said = await done(govern(first, ...args));
  const id = /^Proposal (\d+) stands:/.exec(said)![1]!;
  await done(govern(second, 'proposal', 'approve', id, '--yes'));
  await done(govern(first, 'proposal', 'execute', id));
}

async function statusesAt({ url }: HonestSite, { study, files }: CaseStudy): Promise<number[]> {
  return Promise.all(
    files.map(async ({ SeriesInstanceUID: series, SOPInstanceUID: instance }) => {
      const answer = await get(`${url}${instancePath({ study, series, instance })}`, storedSingle);
      await answer.arrayBuffer();
      return answer.status;
    }),
  );
}

/** Every image that was acknowledged is given by every site as it was stored. */
async function untilAllIsWhole(): Promise<void> {
  for (const site of bed.sites)
    for (const { study, files } of stored)
      for (const { SeriesInstanceUID: series, SOPInstanceUID: instance, file } of files) {
        const resource = instancePath({ study, series, instance });
        const digest = async (): Promise<string> =>
          sha256(await bytesOf(await get(`${site.url}${resource}`, storedSingle)));
        await until(
          `${resource} to be whole at site ${site.siteId}`,
          async () => (await digest()) === sha256(file),
          LIMIT,
        );
      }
}

/** A server begins anew with the key of another account. */
async function restartAs(site: HonestSite, { key }: KeyedAccount): Promise<void> {
  await site.server.stop();
  await site.start({ SITE_KEY: key.toString('hex'), JOIN_SITE: String(site.siteId) });
}

beforeAll(async () => {
  bed = await openTrustBed(startEmbedded);
  const folder = path.join(bed.folder, 'spare');
  mkdirSync(folder);
  spare = (await newActing(folder, 2)).sites;
  for (const [index, study] of stored.entries()) await storeStudy(bed.sites[index]!, study);
  await untilAllIsWhole();
}, 600_000);
afterAll(() => bed?.close());

describe("A stolen key of a site's server", () => {
  let images: Hex[];
  const garbage: Hex[] = [];

  it('retires all of the site and nothing of another, shares its rings, and has neither keys nor erasures by that', async () => {
    const [first, second, third] = bed.sites;
    const thief = thiefOf(bed, bed.acting.sites[0]!.writer.key);
    images = await imagesOf(first, stored[0]!);
    await thief.retire(images);
    await thief.retire([(await imagesOf(second, stored[1]!))[0]!]);
    const at = { rpc: bed.rpc, consortium: bed.consortium };
    const rings = await readRings(at, 1);
    for (const { ringId } of rings) await thief.call('share', ringId, 4, 0n, false);
    const own: Hex = `0x${'f0'.repeat(16)}`;
    await thief.call('openRing', own, `0x${'0f'.repeat(32)}`);
    for (const ringId of [rings[0]!.ringId, own])
      garbage.push(await thief.announceGarbage({ siteId: 1, ringId, studyKey: 2n ** 64n - 1n }));
    await thief.acknowledgeAll(1);
    await thief.call('orderErasure', [1n, 2n, 3n]);
    await expect(thief.call('approveErasure', 1, `0x${'00'.repeat(32)}`)).rejects.toThrow(/champion/);
    await expect(thief.call('executeErasure', 1)).rejects.toThrow();
    await until('410 at the site itself', async () => new Set(await statusesAt(first, stored[0]!)).size === 1, LIMIT);
    for (const { url } of bed.sites) await untilNothingWaits(url);
    await untilSeen([second, third], stored[0]!.study, await expectedStudy(bed.mallory, stored[0]!, { ...RIGHT, PatientID: 'K-1' })); // prettier-ignore
    expect(await statusesAt(first, stored[1]!)).toEqual(stored[1]!.files.map(() => 200));
  });

  it('is noticed at the site by an alarm, and at the others by another', async () => {
    const [first, second, third] = bed.sites;
    await until('the alarm key-shared', async () => (await alarmsAt(first.url)).includes('key-shared'), LIMIT);
    const { warnings } = await readinessAt(first.url);
    expect(warnings.join('\n')).toMatch(/Something else signs with the key of this server's account/);
    // Keys go where SHARE says, whatever the chain says.
    expect(warnings.filter((one) => /letter/.test(one) && /site 4/i.test(one))).toEqual([]);
    for (const { url } of [second, third])
      await until('the alarm mass-retirement', async () => (await alarmsAt(url)).includes('mass-retirement'), LIMIT);
  });

  it('stops no store, neither there nor elsewhere', async () => {
    for (const [index, site] of bed.sites.entries()) {
      const more = caseStudy({ ...RIGHT, PatientID: `K-${index + 1}-MORE` }, { instances: 1 });
      await storeStudy(site, more);
      expect(await statusesAt(site, more)).toEqual([200]);
    }
  });

  it('is removed by a champion, who names another, and the site restores all', async () => {
    const [first, second, third] = bed.sites;
    const { writer, champion } = bed.acting.sites[0]!;
    const next = spare[0]!.writer;
    await done(govern(champion, 'site', 'remove-account', '1', writer.account));
    const [refused] = caseStudy(RIGHT, { instances: 1 }).files;
    expect((await stow(first.url, [refused!.file])).status).not.toBe(200);
    await done(govern(champion, 'site', 'name-writer', next.account));
    await restartAs(first, next);
    const { stdout } = await runCommand(['restore', '--by', writer.account, '--url', first.url]);
    expect(stdout).toBe(`${INSTANCES} of ${INSTANCES} images that ${writer.account} had retired are restored.\n`);
    await untilAllIsWhole();
    for (const { url } of bed.sites) {
      await untilNothingWaits(url);
      expect(await retirementsAt(url)).toEqual([]);
      // Alarms are looked at every now and then.
      await until('no alarm of it', async () => !(await alarmsAt(url)).includes('mass-retirement'), LIMIT);
    }
    await done(govern(champion, 'erasure', 'cancel', '1'));
    const thief = thiefOf(bed, writer.key);
    await thief.retire(images);
    await expect(thief.call('openRing', `0x${'f1'.repeat(16)}`, `0x${'0f'.repeat(32)}`)).rejects.toThrow(
      /is of no admitted site/,
    );
    expect(await Promise.all(images.map((imageId) => bed.mallory.stateOf(imageId)))).toEqual(
      images.map(() => 'sealed'),
    );
    await untilSeen([second, third], stored[0]!.study, await expectedStudy(bed.mallory, stored[0]!, { ...RIGHT, PatientID: 'K-1' })); // prettier-ignore
  });

  it('leaves the site storing for the others again, once their letters are there', async () => {
    await bed.share();
    const again = caseStudy({ ...RIGHT, PatientID: 'K-1' }, { instances: 1 });
    stored.push(again);
    await storeStudy(bed.sites[0], again);
    await untilAllIsWhole();
    expect(garbage).toHaveLength(2);
  });
});

describe('A stolen key of one of three governors', () => {
  it('proposes, and retires, dismisses and replaces nobody alone', async () => {
    const { rpc, consortium, sites } = bed;
    const [first, , stolen] = bed.acting.governors;
    const as = createConsortiumAccount({ rpc }, { consortium, key: stolen.key });
    const thief = thiefOf(bed, stolen.key);
    const [image] = await imagesOf(sites[1], stored[1]!);
    for (const call of [
      encodeCall('rule', bed.contract, image, 113_001),
      encodeCall('dismissSite', 2, 0),
      encodeCall('replaceGovernor', first.account, spare[1]!.champion.account),
    ]) {
      const { id } = await as.propose(call);
      await expect(as.execute(id)).rejects.toThrow();
    }
    await thief.retire([image!]);
    await as.startReplacement(first.account, spare[1]!.champion.account);
    await expect(as.executeReplacement(first.account)).rejects.toThrow();
    await done(govern(first, 'governor', 'object-to-replacement', first.account));
    for (const { url } of sites) expect(await readinessAt(url)).toMatchObject({ ready: true, reasons: [] });
    await storeStudy(sites[1], caseStudy({ ...RIGHT, PatientID: 'K-2-MORE' }, { instances: 1 }));
    await untilAllIsWhole();
  });

  it('is replaced by the two others, after the wait', async () => {
    const [first, second, stolen] = bed.acting.governors;
    const said = await done(govern(first, 'governor', 'replace', stolen.account, spare[1]!.champion.account));
    const id = /^Proposal (\d+) stands:/.exec(said)![1]!;
    const { stderr } = await govern(second, 'proposal', 'approve', id, '--yes');
    expect(stderr).toMatch(/waits until/);
    await done(govern(stolen, 'proposal', 'send-back', id));
    for (const who of [first, second]) await done(govern(who, 'proposal', 'approve', id, '--yes'));
    const again = await govern(stolen, 'proposal', 'send-back', id);
    expect(again.code).toBe(1);
  });
});

describe('A stolen key of a champion', () => {
  const [, study] = stored as [CaseStudy, CaseStudy];

  it('turns the server out and retires all through one of its own, without effect, until governors remove it', async () => {
    const [, second] = bed.sites;
    const { writer, champion } = bed.acting.sites[1]!;
    const [, { writer: own, champion: next }] = spare as [(typeof spare)[0], (typeof spare)[0]];
    const thief = thiefOf(bed, champion.key);
    const through = thiefOf(bed, own.key);
    const images = await imagesOf(second, study);
    await thief.call('nameAccount', own.account, 1);
    await thief.call('removeAccount', writer.account);
    await createConsortiumAccount({ rpc: bed.rpc }, { consortium: bed.consortium, key: bed.acting.governors[0].key }).fundAccount(own.account, 1); // prettier-ignore
    await through.call('join', 2);
    await through.retire(images);
    // They are by another account than the server's, and too many: held at the site itself, too.
    for (const { url } of bed.sites)
      await until('the retirements to be held', async () =>
        (await retirementsAt(url)).some(({ siteId, decision }) => siteId === 2 && decision === 'held'),
      );
    await untilAllIsWhole();

    await pass('site', 'remove-account', '2', champion.account);
    await pass('site', 'add-champion', '2', next.account);
    await done(govern(next, 'site', 'join', '2'));
    await done(govern(next, 'site', 'remove-account', '2', own.account));
    await done(govern(next, 'site', 'name-writer', writer.account));
    await restartAs(second, writer);
    await done(runCommand(['restore', '--by', own.account, '--url', second.url]));
    for (const { url } of bed.sites)
      await until('nothing to be held', async () => (await retirementsAt(url)).length === 0, LIMIT);
    await untilAllIsWhole();
    expect((await networkAt(second.url)).alarms.filter(({ stopsStoring }) => stopsStoring)).toEqual([]);
  });
});
