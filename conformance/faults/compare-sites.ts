import type { NetworkSite } from '../../src/network/network.js';
import { sha256 } from '../testing/dicomweb-client.js';
import { alikeAtSites, urlOf } from '../testing/network-under-test.js';
import { text } from './client.js';
import { missingAfter } from './missing-after.js';
import type { Wrong } from './wrong.js';

const LEVELS = ['patients', 'studies', 'series', 'instances'];
const PAGE_SIZE = 500;
const CONCURRENCY = 8;

/**
 * Compares whole sites: the order of sealed instances, every QIDO answer without its URLs, and for each acknowledged image (SHA-256 by
 * SOP Instance UID) the digest that each site's record has. Resolves with what is wrong still after a while.
 */
export async function compareSites(
  sites: readonly NetworkSite[],
  acknowledged: ReadonlyMap<string, string>,
): Promise<Wrong[]> {
  const differing = await missingAfter(async () => {
    const seen = await Promise.all(sites.map((site) => catalogue(urlOf(site))));
    return Object.keys(seen[0] ?? {})
      .filter((what) => new Set(seen.map((one) => one[what])).size > 1)
      .map((what) => ({ what: `${what} is not the same at all sites` }));
  });
  const wrong = await Promise.all(sites.map((site) => wrongDigests(site, acknowledged)));
  return [...differing, ...wrong.flat()];
}

/** Digests of what a site says of everything, by what it is. */
async function catalogue(url: string): Promise<Record<string, string>> {
  const digestOf = (said: string): string => sha256(Buffer.from(said));
  const digests: Record<string, string> = {
    'the order of /ledger/instances': digestOf(await text(`${url}/ledger/instances`)),
  };
  for (const level of LEVELS) {
    let all = '';
    for (let offset = 0, page = ''; page !== '[]'; offset += PAGE_SIZE) {
      page = await text(`${url}/dicom-web/${level}?includefield=all&limit=${PAGE_SIZE}&offset=${offset}`);
      all += alikeAtSites(url, page);
    }
    digests[`QIDO of ${level}`] = digestOf(all);
  }
  return digests;
}

async function wrongDigests(site: NetworkSite, acknowledged: ReadonlyMap<string, string>): Promise<Wrong[]> {
  const left = [...acknowledged];
  const wrong: Wrong[] = [];
  const worker = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) {
      const [SOPInstanceUID, digest] = next;
      const record = await recordOf(urlOf(site), SOPInstanceUID);
      if (record.state !== 'sealed' || record.sha256?.replace(/^0x/, '') !== digest)
        wrong.push({ site: site.name, SOPInstanceUID, what: `record: ${record.state}` });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return wrong;
}

/** What a site has on record of an instance; the reason instead of its state when it cannot be had. */
async function recordOf(url: string, SOPInstanceUID: string): Promise<{ state: string; sha256?: string }> {
  const record = `${url}/ledger/instances/${SOPInstanceUID}`;
  return text(record).then(
    (json) => JSON.parse(json) as { state: string; sha256: string },
    (error: Error) => ({ state: error.message }),
  );
}
