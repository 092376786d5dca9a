import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openHttpProvider } from '../../src/ledger/rpc/http-provider.js';
import { gethUnderTest } from '../../src/network/testing/build-geth.js';
import { type Geth, startGeth } from '../../src/network/testing/geth.js';
import { shareAmongAll } from '../../src/network/share-among-all.js';
import { until } from '../../src/base/testing/until.js';
import { runCommand } from '../testing/command-line.js';
import { bytesOf, get, instancePath, sha256, storedSingle, stow, stowSingle } from '../testing/dicomweb-client.js';
import { type Acting, foundReleaseTwo, newActing } from '../testing/found-contracts.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { alikeAtSites, TAKES_NAMED } from '../testing/network-under-test.js';
import { type RunningServer, startServer } from '../testing/server.js';

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-network-'));
const sites: RunningServer[] = [];
let geth: Geth;

/** A server of a site, in a new data folder. */
async function startSite(siteId: number, { contract, acting }: { contract: string; acting: Acting }) {
  const KEY_PASSPHRASE_FILE = path.join(parent, 'passphrase');
  writeFileSync(KEY_PASSPHRASE_FILE, 'correct horse battery staple', { mode: 0o600 });
  const env = {
    LEDGER_URL: geth.url,
    LEDGER_CONTRACT: contract,
    SITE_KEY: acting.sites[siteId - 1]!.writer.key.toString('hex'),
    SHARE: String(3 - siteId),
    // One signer undoes none of its blocks.
    ...{ SEALED_DEPTH: '1', FINAL_DEPTH: '1' },
    ...{ KEY_PASSPHRASE_FILE, ...TAKES_NAMED },
  };
  return startServer({ dataFolder: path.join(parent, `site-${siteId}`), env });
}

beforeAll(async () => {
  const folder = path.join(parent, 'keys');
  mkdirSync(folder);
  const acting = await newActing(folder, 2);
  const funded = [acting.governors[0].account];
  geth = await startGeth({ binary: gethUnderTest(), folder: path.join(parent, 'chain'), funded });
  const provider = openHttpProvider({ url: geth.url });
  const { address: contract } = await foundReleaseTwo(provider, acting);
  await provider.close();
  sites.push(...(await Promise.all([1, 2].map((siteId) => startSite(siteId, { contract, acting })))));
  const members = sites.map(({ url, dataFolder }, i) => {
    return { siteId: i + 1, url, dataFolder, champion: acting.sites[i]!.champion, sharesWith: [2 - i] };
  });
  await shareAmongAll(members, { rpcUrl: geth.url, contract });
});
afterAll(async () => {
  for (const site of sites) await site.stop();
  await geth?.stop();
  rmSync(parent, { recursive: true, force: true });
});

describe('Two servers on one geth (LEDGER_URL, LEDGER_CONTRACT)', () => {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series };
  const file = ctSlice({ ...uids, SOPInstanceUID: ids.instance }, { size: 400 });

  it('give what either of them stored: the same bytes, metadata, thumbnail and answer to a search', async () => {
    const [north, south] = sites as [RunningServer, RunningServer];
    expect((await stowSingle(north.url, file)).status).toBe(200);
    const more = Array.from({ length: 5 }, () => ctSlice({ ...uids, SOPInstanceUID: newUid() }, { size: 64 }));
    expect((await stow(north.url, more)).status).toBe(200);
    const search = async (site: RunningServer): Promise<string> =>
      alikeAtSites(
        site.url,
        await (await get(`${site.url}/dicom-web/studies/${ids.study}/instances?includefield=all`)).text(),
      );
    await until('equal searches at both sites', async () => (await search(south)) === (await search(north)));
    expect(JSON.parse(await search(south))).toHaveLength(6);
    for (const what of ['', '/metadata', '/thumbnail']) {
      const [here, there] = await Promise.all(
        [north, south].map(async ({ url }) => {
          const answer = await get(`${url}${instancePath(ids)}${what}`, what === '' ? storedSingle : undefined);
          return alikeAtSites(url, Buffer.from(await bytesOf(answer)).toString('latin1'));
        }),
      );
      expect(sha256(Buffer.from(there as string))).toBe(sha256(Buffer.from(here as string)));
    }
    expect(sha256(await bytesOf(await get(`${south.url}${instancePath(ids)}`, storedSingle)))).toBe(sha256(file));
  });

  it('verify all at the site that has stored nothing', async () => {
    const { code, stdout } = await runCommand(['verify', '--all', '--url', (sites[1] as RunningServer).url]);
    expect(stdout).toMatch(/^6 instances, \d+ bytes read from the chain: all intact\.$/m);
    expect(code).toBe(0);
  });

  it('let neither retire what the other has stored, and each store the same UID as its own', async () => {
    const [north, south] = sites as [RunningServer, RunningServer];
    expect((await fetch(`${south.url}${instancePath(ids)}`, { method: 'DELETE' })).status).toBe(403);
    const again = await stowSingle(north.url, file);
    expect([again.status, again.headers.get('X-Already-Stored')]).toEqual([200, '1']);
    const other = Buffer.from(file);
    other.writeUInt8(9, other.length - 1);
    expect((await stowSingle(north.url, other)).status).toBe(409);
    expect((await stowSingle(south.url, other)).status).toBe(200);
    for (const [{ url }, own] of [
      [north, file],
      [south, other],
    ] as const)
      expect(sha256(await bytesOf(await get(`${url}${instancePath(ids)}`, storedSingle)))).toBe(sha256(own));
  });
});
