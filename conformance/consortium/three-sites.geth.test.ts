// About 240 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Hex } from '../../src/ledger/ethereum/hex.js';
import { readKeystore } from '../../src/ledger/keys/keystore.js';
import type { KeptAccount, Network, NetworkSite } from '../../src/network/network.js';
import { admitFourth, shareWithFourth } from '../testing/fourth-site.js';
import { startBrokenNode } from '../testing/broken-node.js';
import { type CommandResult, runCommand } from '../testing/command-line.js';
import { type DataSet, failureReasons, get, stow, stowSingle } from '../testing/dicomweb-client.js';
import {
  availability,
  hasThumbnail,
  type Image,
  isWhole,
  newImage,
  serverOf,
  settingsOf,
  startThreeSites,
  urlOf,
} from '../testing/network-under-test.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-members-'));
let network: Network;
let sites: [NetworkSite, NetworkSite, NetworkSite];
let urls: string[];
beforeAll(async () => {
  network = await startThreeSites();
  sites = network.sites as unknown as typeof sites;
  urls = sites.map(urlOf);
}, 300_000);
afterAll(async () => {
  await network.stop();
  rmSync(folder, { recursive: true, force: true });
});

const recordOf = async (
  url: string,
  { ids }: Image,
): Promise<{ siteId: number; sha256: string; body: { list: string[] } }> =>
  (await (await get(`${url}/ledger/instances/${ids.instance}`)).json()) as never;
const wholeEverywhere = (image: Image): Promise<unknown> =>
  until('the image at every site', async () =>
    (await Promise.all(urls.map((url) => isWhole(url, image)))).every(Boolean),
  );

async function newKey(name: string): Promise<{ account: Hex; keystore: string; password: string }> {
  const [keystore, password] = [path.join(folder, `${name}.json`), path.join(folder, `${name}.txt`)];
  const { code, stdout, stderr } = await runCommand([
    'key',
    'new',
    '--keystore',
    keystore,
    '--password-file',
    password,
  ]);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  return { account: stdout.trim() as Hex, keystore, password };
}

/** A command with the key of the first governor. */
const govern = (...args: string[]): Promise<CommandResult> => by(network.governors[0]!, ...args);

async function by({ keystoreFile, passwordFile }: KeptAccount, ...args: string[]): Promise<CommandResult> {
  const key = ['--keystore', keystoreFile, '--password-file', passwordFile];
  const done = await runCommand([...args, ...key], settingsOf(network, [sites[0].node.rpc]));
  expect([done.code, done.code === 0 ? '' : done.stderr]).toEqual([0, '']);
  return done;
}

/** One more server, whose nodes are these. */
function startMember(
  key: { keystore: string; password: string },
  nodeUrls: string[],
  env: Record<string, string> = {},
): Promise<RunningServer> {
  const keyFiles = { SITE_KEYSTORE_FILE: key.keystore, SITE_PASSWORD_FILE: key.password };
  return startServer({ env: { ...settingsOf(network, nodeUrls), ...keyFiles, ...env } });
}

describe('What one of three sites stores', () => {
  const image = newImage({ size: 400 });

  it('is seen at the others by its thumbnail, and is there byte for byte once sealed', async () => {
    const storing = stowSingle(urls[0]!, image.file);
    for (const url of urls.slice(1)) await until('the thumbnail at the other sites', () => hasThumbnail(url, image));
    expect((await storing).status).toBe(200);
    await wholeEverywhere(image);
    const records = await Promise.all(urls.map((url) => recordOf(url, image)));
    expect(new Set(records.map((record) => JSON.stringify(record))).size).toBe(1);
    expect(records[0]!.siteId).toBe(sites[0].siteId);
  });

  it('is success once more for the same UID at once at two sites with equal content', async () => {
    const both = newImage({ size: 200 });
    const answers = await Promise.all([stowSingle(urls[0]!, both.file), stowSingle(urls[1]!, both.file)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await wholeEverywhere(both);
  });

  it('is refused with 0x0111 for the same UID at once with other content, but for the one that release 1 has first; in release 2 each site has its own', async () => {
    const { ids, file } = newImage({ size: 200 });
    const rivals = [{ ids, file }, newImage({ size: 200, ids })];
    const answers = await Promise.all(rivals.map((rival, i) => stowSingle(urls[i]!, rival.file)));
    if (network.release === 2) {
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      await until('each site to show its own', async () =>
        (await Promise.all(rivals.map((rival, i) => isWhole(urls[i]!, rival)))).every(Boolean),
      );
      await until("the first site's at the third", () => isWhole(urls[2]!, rivals[0]!));
      return;
    }
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const loser = answers.find(({ status }) => status === 409)!;
    expect(failureReasons((await loser.json()) as DataSet)).toEqual([0x0111]);
    await wholeEverywhere(rivals[answers.indexOf(loser) === 0 ? 1 : 0]!);
  });
});

describe('Whoever is no member', () => {
  it('reads what is not encrypted, and is answered 0x0124 at STOW-RS', async () => {
    const image = newImage();
    expect((await stowSingle(urls[1]!, image.file)).status).toBe(200);
    const stranger = await startMember(await newKey('stranger'), [sites[0].node.rpc]);
    try {
      if (network.release === 1) await until("the image at the stranger's server", () => isWhole(stranger.url, image));
      else {
        await until('the walk to be at the head', async () => (await fetch(`${stranger.url}/readyz`)).ok);
        expect(await availability(stranger.url, image)).toBeUndefined();
      }
      const answer = await stow(stranger.url, [newImage().file]);
      expect(answer.status).toBe(409);
      expect(failureReasons((await answer.json()) as DataSet)).toEqual([0x0124]);
    } finally {
      await stranger.stop();
    }
  });

  it('does not start a server on code that is no released contract', async () => {
    const image = newImage();
    expect((await stowSingle(urls[0]!, image.file)).status).toBe(200);
    const [page] = (await recordOf(urls[0]!, image)).body.list;
    const { SITE_KEYSTORE_FILE, SITE_PASSWORD_FILE } = {
      SITE_KEYSTORE_FILE: sites[0].keystoreFile,
      SITE_PASSWORD_FILE: sites[0].passwordFile,
    };
    const { code, stderr } = await runCommand(['serve'], {
      ...settingsOf(network, [sites[0].node.rpc]),
      SITE_KEYSTORE_FILE,
      SITE_PASSWORD_FILE,
      LEDGER_CONTRACT: page!,
      DATA_DIR: path.join(folder, 'other-code'),
      PORT: '0',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`${page}.*no released contract`));
  });
});

describe('A site whose first node is broken', () => {
  it('stores and reads by the others while that one lies, fails or hangs', async () => {
    const old = newImage({ size: 400 });
    expect((await stowSingle(urls[0]!, old.file)).status).toBe(200);
    const key = await newKey('fourth');
    const champion = await newKey('fourth-champion');
    const championKey = await readKeystore({ file: champion.keystore, passwordFile: champion.password });
    const siteId = await admitFourth(network, { server: key.account, champion: championKey });
    const KEY_PASSPHRASE_FILE = path.join(folder, 'keys.passphrase');
    writeFileSync(KEY_PASSPHRASE_FILE, 'correct horse battery staple', { mode: 0o600 });
    const encrypting = { JOIN_SITE: String(siteId), KEY_PASSPHRASE_FILE, SHARE: '1,2,3' };
    const broken = await startBrokenNode(sites[0].node.rpc);
    const nodeUrls = [broken.url, sites[1].node.rpc, sites[2].node.rpc];
    const fourth = await startMember(key, nodeUrls, {
      CACHE_BYTES: '0',
      ...(network.release === 2 && encrypting),
    });
    try {
      if (network.release === 2)
        await shareWithFourth(network, {
          server: fourth,
          champion: { ...champion, keystoreFile: champion.keystore, passwordFile: champion.password },
        });
      await until('the old image at the fourth site', () => isWhole(fourth.url, old));
      for (const trouble of ['wrong-bytes', 'errors', 'hangs'] as const) {
        Object.assign(broken, { trouble, spoiled: 0 });
        const image = newImage({ size: 200 });
        expect([trouble, (await stowSingle(fourth.url, image.file)).status]).toEqual([trouble, 200]);
        for (const one of [old, image]) expect([trouble, await isWhole(fourth.url, one)]).toEqual([trouble, true]);
        await wholeEverywhere(image);
        expect([trouble, broken.spoiled > 0]).toEqual([trouble, true]);
      }
      expect(fourth.output()).toMatch(/bytes that are not those of their address|wrong/i);
    } finally {
      await fourth.stop();
      await broken.close();
    }
  });
});

describe('site rotate-key', () => {
  it('changes the account of a site that goes on storing, and loses nothing that was on its way', async () => {
    const site = sites[1];
    const server = serverOf(site);
    const champion = (...args: string[]): Promise<CommandResult> => by(site.champion!, ...args);
    const key = await newKey('rotated');
    const images: Image[] = [];
    let isOver = false;
    const storing = (async () => {
      while (!isOver) {
        const image = newImage({ size: 200 });
        images.push(image);
        // As a client does while the server starts anew: the same bytes again.
        await until(
          'the store to be taken again',
          async () => (await stowSingle(server.url, image.file)).status === 200,
          { timeoutMs: 60_000 },
        );
      }
    })();
    await until('a second image', async () => images.length > 1);
    await (network.release === 1
      ? govern('site', 'rotate-key', String(site.siteId), '--add', key.account)
      : champion('site', 'name-writer', key.account));
    const next = images.length;
    await until('the next image', async () => images.length > next);
    await server.stop('SIGTERM');
    const oldAccount = site.account;
    copyFileSync(key.keystore, site.keystoreFile);
    copyFileSync(key.password, site.passwordFile);
    await server.start();
    const before = images.length;
    await until('an image more', async () => images.length > before + 1);
    await (network.release === 1
      ? govern('site', 'rotate-key', String(site.siteId), '--remove', oldAccount)
      : champion('site', 'remove-account', String(site.siteId), oldAccount));
    const removedAt = images.length;
    await until('an image after the removal', async () => images.length > removedAt + 1);
    isOver = true;
    await storing;
    for (const image of images) {
      await wholeEverywhere(image);
      expect((await recordOf(urls[2]!, image)).siteId).toBe(site.siteId);
    }
    const { stdout } = await runCommand(['site', 'list'], settingsOf(network, [sites[0].node.rpc]));
    const line = stdout.split('\n').find((one) => one.startsWith(`${site.siteId}\t`))!;
    expect(line).toContain(key.account);
    expect(line).not.toContain(oldAccount);
  });
});
