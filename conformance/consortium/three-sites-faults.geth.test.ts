// About 190 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import type { Network, NetworkSite } from '../../src/network/network.js';
import { bytesOf, get, instancePath, metric, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import {
  availability,
  hasThumbnail,
  haveEqualCatalogues,
  type Image,
  isWhole,
  newImage,
  serverOf,
  startThreeSites,
  timesLogged,
  urlOf,
} from '../testing/network-under-test.js';
import { until } from '../../src/base/testing/until.js';

/** What may take a node's start, its peers and some blocks. */
const patienceMs = 90_000;
const rolledBack = 'The chain was reorganised';

let network: Network;
let sites: [NetworkSite, NetworkSite, NetworkSite];
beforeAll(async () => {
  network = await startThreeSites();
  sites = network.sites as unknown as typeof sites;
}, 300_000);
afterAll(() => network.stop());

const startAll = async (members: readonly NetworkSite[]): Promise<void> => {
  await Promise.all(members.map(({ node }) => node.start()));
  await Promise.all(members.map((site) => serverOf(site).start()));
};
const kill = (site: NetworkSite): Promise<unknown> =>
  Promise.all([serverOf(site).stop('SIGKILL'), site.node.stop('SIGKILL')]);
const wholeAt = (members: readonly NetworkSite[], images: readonly Image[]): Promise<unknown> =>
  until(
    'equal catalogues',
    async () =>
      (await Promise.all(members.flatMap((site) => images.map((image) => isWhole(urlOf(site), image))))).every(Boolean),
    { timeoutMs: patienceMs },
  );
/** HTTP status, or undefined when the connection broke. */
const storeAt = (site: NetworkSite, image: Image): Promise<number | undefined> =>
  stowSingle(urlOf(site), image.file).then(
    ({ status }) => status,
    () => undefined,
  );
const headOf = async (site: NetworkSite): Promise<number> => Number(await site.node.ipc('eth_blockNumber'));
const hashAt = async (site: NetworkSite, number: number): Promise<string | undefined> =>
  ((await site.node.ipc('eth_getBlockByNumber', `0x${number.toString(16)}`, false)) as { hash: string } | null)?.hash;

describe('Three sites', () => {
  it('go on when a node and its server are killed in the middle of storing; the third catches up', async () => {
    const [first, second, third] = sites;
    const images = Array.from({ length: 6 }, () => newImage({ size: 300 }));
    const lost = newImage({ size: 700 });
    const broken = storeAt(third, lost);
    const storing = images.map((image, i) => storeAt(i % 2 === 0 ? first : second, image));
    await until(
      "transactions in the first site's outbox",
      async () => (await metric(urlOf(first), 'dicom_ledger_outbox_transactions')) > 0,
    );
    await kill(third);
    await broken;
    expect(await Promise.all(storing)).toEqual(images.map(() => 200));
    await wholeAt([first, second], images);
    await startAll([third]);
    await wholeAt(sites, images);
    // What the killed server had begun is finished by itself, or was never heard of.
    await until(
      'the lost instance to be whole or unknown at the third site',
      async () => [undefined, 'ONLINE'].includes((await availability(urlOf(third), lost)) as string),
      { timeoutMs: patienceMs },
    );
    await until('equal catalogues', () => haveEqualCatalogues(sites), { timeoutMs: patienceMs });
  });

  it('lose nothing when all is killed at once: what was acknowledged is there, what was begun is finished', async () => {
    const [first, second] = sites;
    const done = [newImage({ size: 300 }), newImage({ size: 300 })];
    expect(await Promise.all([storeAt(first, done[0]!), storeAt(second, done[1]!)])).toEqual([200, 200]);
    const begun = newImage({ size: 1_000 });
    const answer = storeAt(first, begun);
    await until(
      "transactions in the first site's outbox",
      async () => (await metric(urlOf(first), 'dicom_ledger_outbox_transactions')) > 0,
    );
    await Promise.all(sites.map(kill));
    expect(await answer).toBeUndefined();
    await startAll(sites);
    await wholeAt(sites, [...done, begun]);
    await until('equal catalogues', () => haveEqualCatalogues(sites), { timeoutMs: patienceMs });
  });

  it('give what they have in their cache without any node, and answer 503 with Retry-After for all else', async () => {
    const [first, second] = sites;
    const url = urlOf(first);
    const [cached, elsewhere] = [newImage({ size: 300 }), newImage({ size: 300 })];
    expect(await Promise.all([storeAt(first, cached), storeAt(second, elsewhere)])).toEqual([200, 200]);
    await wholeAt([first], [cached]);
    await until(
      'the instance to be seen at the first site',
      async () => (await availability(url, elsewhere)) === 'ONLINE' && (await hasThumbnail(url, elsewhere)),
    );
    await Promise.all(sites.map(({ node }) => node.stop('SIGKILL')));
    try {
      // What another site stored was read whole to verify it, and is in the cache since.
      expect([await isWhole(url, cached), await isWhole(url, elsewhere)]).toEqual([true, true]);
      const refusal = await fetch(`${url}/dicom-web/studies`, {
        signal: AbortSignal.timeout(30_000),
        method: 'POST',
        headers: { 'Content-Type': 'application/dicom' },
        body: new Uint8Array(newImage().file),
      });
      expect([refusal.status, refusal.headers.get('Retry-After')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
      await until('/readyz to say that no node answers', async () => (await get(`${url}/readyz`)).status === 503);
      expect([await availability(url, elsewhere), await hasThumbnail(url, elsewhere)]).toEqual(['ONLINE', true]);
    } finally {
      await Promise.all(sites.map(({ node }) => node.start()));
    }
    await wholeAt(sites, [cached, elsewhere]);
    await until('a store to be taken again', async () => (await storeAt(first, newImage())) === 200, {
      timeoutMs: patienceMs,
    });
  });

  it('store on both sides of a cut, and agree once it is healed: the side of fewer signers gives its blocks up', async () => {
    const [first, second, lonely] = sites;
    const others = [first, second] as const;
    const before = timesLogged(lonely, rolledBack);
    // Nobody seals twice running: whoever has not sealed of late makes a block of its own while it is alone.
    const stopped = await headOf(lonely);
    await until(
      'three blocks by the lonely signer',
      async () => {
        await lonely.node.ipc('miner_stop'); // each time: its own builder may have started it again just then
        return (await headOf(lonely)) >= stopped + 3;
      },
      { timeoutMs: patienceMs },
    );
    await network.cutOff(lonely);
    await lonely.node.ipc('miner_start');
    const images = sites.map(() => newImage({ size: 200 }));
    const storing = [lonely, ...others].map((site, i) => storeAt(site, images[i]!));
    // The last blocks of the others may still arrive after the cut: the fork is where the hashes part.
    await until(
      'the lonely signer to be on a branch of its own',
      async () => {
        const alone = await headOf(lonely);
        return (await headOf(others[0])) > alone && (await hashAt(lonely, alone)) !== (await hashAt(others[0], alone));
      },
      { timeoutMs: patienceMs },
    );
    await network.heal(lonely);
    expect(await Promise.all(storing)).toEqual([200, 200, 200]);
    await wholeAt(sites, images);
    await until('equal catalogues', () => haveEqualCatalogues(sites), { timeoutMs: patienceMs });
    await until('the lonely site to roll its branch back', async () => timesLogged(lonely, rolledBack) > before);
  });

  it('bring back what a reorganisation deeper than the acknowledged depth took away', async () => {
    const [first, second] = sites;
    const image = newImage({ size: 300 });
    const before = await headOf(first);
    expect(await storeAt(first, image)).toBe(200);
    await wholeAt(sites, [image]);
    const counted = sites.map((site) => timesLogged(site, rolledBack));
    for (const site of sites) await network.cutOff(site);
    const heads = await Promise.all(sites.map(headOf));
    expect(Math.min(...heads) - before).toBeGreaterThan(1);
    const old = await hashAt(first, before + 1);
    for (const { node } of sites) await node.ipc('debug_setHead', `0x${before.toString(16)}`);
    for (const site of sites) await network.heal(site);
    await until('the other branch to be the longer one', async () => (await headOf(second)) > Math.max(...heads), {
      timeoutMs: patienceMs,
    });
    expect(await hashAt(second, before + 1)).not.toBe(old);
    // A node that lost its peers over it looks for them half a minute later; until then its site shows the old chain.
    await until(
      'every site to roll back',
      async () => sites.every((site, i) => timesLogged(site, rolledBack) > counted[i]!),
      { timeoutMs: patienceMs },
    );
    await wholeAt(sites, [image]);
    await until('equal catalogues', () => haveEqualCatalogues(sites), { timeoutMs: patienceMs });
  });

  // The last: this site is gone for good.
  it('have at the others, whole, what a site acknowledged right before its server, its node and all its data are gone', async () => {
    const [first, second, third] = sites;
    const images = Array.from({ length: 3 }, () => newImage({ size: 400 }));
    expect(await Promise.all(images.map((image) => storeAt(first, image)))).toEqual([200, 200, 200]);
    await kill(first);
    for (const folder of [serverOf(first).dataFolder, first.node.folder]) rmSync(folder, { recursive: true });
    await wholeAt([second, third], images);
    for (const { ids, file } of images) {
      const answer = await get(`${urlOf(third)}${instancePath(ids)}`, storedSingle);
      expect(sha256(await bytesOf(answer))).toBe(sha256(file));
    }
    // The two that are left may have to find each other first: 503 until then.
    await until('a store to be taken again', async () => (await storeAt(second, newImage())) === 200, {
      timeoutMs: patienceMs,
    });
  });
});
