import { randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Network, NetworkSite } from '../../src/network/network.js';
import { startNetwork } from '../../src/network/start-network.js';
import { bytesOf, type DataSet, get, instancePath, sha256, storedSingle } from './dicomweb-client.js';
import { letInto } from './let-in.js';
import { ctSlice, newUid } from './make-dicom.js';
import { gethUnderTest } from '../../src/network/testing/build-geth.js';

/** Of the contracts of suites of several sites. */
export const RELEASE = process.env['RELEASE'] === '2' ? 2 : 1;

/** What a server needs to take what names a patient, of whichever release the contracts are. */
export const TAKES_NAMED = { DEIDENTIFIED_ONLY: 'off' };

/** Three sites on a geth network of their own; `stop` deletes its folder too. */
export async function startThreeSites(environment: Record<string, string> = {}): Promise<Network> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-three-'));
  const network = await startNetwork({
    sites: 3,
    folder,
    binary: gethUnderTest(),
    release: RELEASE,
    environment: { MIN_FREE_BYTES: '0', ...TAKES_NAMED, ...environment },
  });
  letInto(network);
  const stop = network.stop.bind(network);
  network.stop = async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return network;
}

/** The server of a site that has one. */
export function serverOf(site: NetworkSite): NonNullable<NetworkSite['server']> {
  if (site.server === undefined) throw new Error(`${site.name} has no server.`);
  return site.server;
}
export const urlOf = (site: NetworkSite): string => serverOf(site).url;

/** What a server needs of the network besides its own key; nodes in this order. */
export function settingsOf(network: Network, nodeUrls: readonly string[]): Record<string, string> {
  return {
    LEDGER_URL: nodeUrls.join(','),
    LEDGER_CONTRACT: network.contract,
    ...TAKES_NAMED,
    ...(network.consortiumKeyFile !== undefined && { CONSORTIUM_KEY_FILE: network.consortiumKeyFile }),
  };
}

export interface Image {
  ids: { study: string; series: string; instance: string };
  file: Buffer;
}

/** A CT slice of `size` × `size` random pixels, two bytes each, so that none of its chunks is on the chain yet. */
export function newImage({ size = 64, ids }: { size?: number; ids?: Image['ids'] } = {}): Image {
  const own = ids ?? { study: newUid(), series: newUid(), instance: newUid() };
  const uids = { StudyInstanceUID: own.study, SeriesInstanceUID: own.series, SOPInstanceUID: own.instance };
  const file = ctSlice(uids, { size });
  randomFillSync(file, file.length - 2 * size * size);
  return { ids: own, file };
}

/** What QIDO-RS says of it; undefined when it finds nothing. */
export async function availability(url: string, { ids }: Image): Promise<unknown> {
  const answer = await get(`${url}/dicom-web/studies/${ids.study}/series/${ids.series}/instances`);
  const found = ((await answer.json()) as DataSet[]).find((item) => item['00080018']?.Value?.[0] === ids.instance);
  return found?.['00080056']?.Value?.[0];
}

/** Whether a thumbnail is given. */
export async function hasThumbnail(url: string, { ids }: Image): Promise<boolean> {
  const answer = await get(`${url}${instancePath(ids)}/thumbnail`);
  const bytes = await bytesOf(answer);
  return answer.status === 200 && bytes.readUInt16BE(0) === 0xffd8;
}

/** Whether it is ONLINE, has a thumbnail, and its bytes are those that were sent. */
export async function isWhole(url: string, image: Image): Promise<boolean> {
  if ((await availability(url, image)) !== 'ONLINE' || !(await hasThumbnail(url, image))) return false;
  const answer = await get(`${url}${instancePath(image.ids)}`, storedSingle);
  return sha256(await bytesOf(answer)) === sha256(image.file);
}

/** Institution Name is filled in with the site's name where it is empty, but not by the site itself. */
const INSTITUTION = /"00080080":\{"vr":"LO"(,"Value":\[[^\]]*\])?\},?/g;

/** What a search says of what sites store, alike at all of them. */
export const alikeAtSites = (url: string, text: string): string => text.replaceAll(url, '').replaceAll(INSTITUTION, '');

/** Everything that searches say, and the order of the sealed instances, as far as it is alike at all sites. */
async function catalogueOf(site: NetworkSite): Promise<string> {
  const url = urlOf(site);
  const parts = ['patients', 'studies', 'series', 'instances'].map((level) => `dicom-web/${level}?includefield=all`);
  const texts = await Promise.all(
    [...parts, 'ledger/instances'].map(async (part) => (await get(`${url}/${part}`)).text()),
  );
  return alikeAtSites(url, texts.join('\n'));
}

export async function haveEqualCatalogues(sites: readonly NetworkSite[]): Promise<boolean> {
  return new Set(await Promise.all(sites.map(catalogueOf))).size === 1;
}

/** How often the log of a site's server has `words`. */
export const timesLogged = (site: NetworkSite, words: string): number =>
  readFileSync(serverOf(site).logFile, 'utf8').split(words).length - 1;
