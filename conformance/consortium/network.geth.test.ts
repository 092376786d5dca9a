import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openHttpProvider } from '../../src/ledger/rpc/http-provider.js';
import { type Bed, openBed } from '../../src/ledger/testing/ledger-bed.js';
import { startGeth } from '../../src/network/testing/geth.js';
import { runCommand } from '../testing/command-line.js';
import { bytesOf, get, instancePath, sha256, storedSingle, stow, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { alikeAtSites, TAKES_NAMED } from '../testing/network-under-test.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';
import { gethUnderTest } from '../../src/network/testing/build-geth.js';

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-network-'));
const consortiumKey = randomBytes(32).toString('hex');
const sites: RunningServer[] = [];
let bed: Bed;
let url = '';

/** A server of the site whose account has `key`, in a new data folder. */
async function startSite(name: string, key: Buffer): Promise<RunningServer> {
  const CONSORTIUM_KEY_FILE = path.join(parent, 'consortium.key');
  writeFileSync(CONSORTIUM_KEY_FILE, consortiumKey, { mode: 0o600 });
  const env = {
    LEDGER_URL: url,
    LEDGER_CONTRACT: bed.contract,
    SITE_KEY: key.toString('hex'),
    CONSORTIUM_KEY_FILE,
    ...TAKES_NAMED,
  };
  return startServer({ dataFolder: path.join(parent, name), env });
}

beforeAll(async () => {
  const binary = gethUnderTest();
  bed = await openBed(async (folder, funded) => {
    const geth = await startGeth({ binary, folder, funded });
    url = geth.url;
    const provider = openHttpProvider({ url });
    return {
      provider,
      close: async () => {
        await provider.close();
        await geth.stop();
      },
    };
  });
  sites.push(await startSite('north', bed.keys.site), await startSite('south', bed.keys.otherSite));
});
afterAll(async () => {
  for (const site of sites) await site.stop();
  await bed.close();
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

  it('refuse at one site what the other stored with other content, and may not retire it', async () => {
    const south = sites[1] as RunningServer;
    const again = await stowSingle(south.url, file);
    expect([again.status, again.headers.get('X-Already-Stored')]).toEqual([200, '1']);
    const other = Buffer.from(file);
    other.writeUInt8(9, other.length - 1);
    expect((await stowSingle(south.url, other)).status).toBe(409);
    expect((await fetch(`${south.url}${instancePath(ids)}`, { method: 'DELETE' })).status).toBe(403);
  });

  it('verify all at the site that has stored nothing', async () => {
    const { code, stdout } = await runCommand(['verify', '--all', '--url', (sites[1] as RunningServer).url]);
    expect(stdout).toMatch(/^6 instances, \d+ bytes read from the chain: all intact\.$/m);
    expect(code).toBe(0);
  });
});
