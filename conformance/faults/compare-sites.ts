import { sha256, text } from './client.mjs';
import { missingAfter } from './whole.mjs';

const levels = ['patients', 'studies', 'series', 'instances'];
const pageSize = 500;
const concurrency = 8;

/**
 * Compares whole sites: the order of sealed instances, every QIDO answer without its URLs, and for each acknowledged image the digest that
 * each site's record has. Resolves with what is wrong still after a while.
 */
export async function compareSites(sites, acknowledged) {
  const differing = await missingAfter(async () => {
    const seen = await Promise.all(sites.map(({ server }) => catalogue(server.url)));
    return Object.keys(seen[0])
      .filter((what) => new Set(seen.map((one) => one[what])).size > 1)
      .map((what) => ({ what: `${what} is not the same at all sites` }));
  });
  const wrong = await Promise.all(sites.map((site) => wrongDigests(site, acknowledged)));
  return [...differing, ...wrong.flat()];
}

async function catalogue(url) {
  const digests = { 'the order of /ledger/instances': sha256(await text(`${url}/ledger/instances`)) };
  for (const level of levels) {
    let all = '';
    for (let offset = 0, page = ''; page !== '[]'; offset += pageSize) {
      page = await text(`${url}/dicom-web/${level}?includefield=all&limit=${pageSize}&offset=${offset}`);
      all += page.replaceAll(url, '');
    }
    digests[`QIDO of ${level}`] = sha256(all);
  }
  return digests;
}

async function wrongDigests({ name, server }, acknowledged) {
  const left = [...acknowledged];
  const wrong = [];
  const worker = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const [SOPInstanceUID, digest] = next;
      const record = await text(`${server.url}/ledger/instances/${SOPInstanceUID}`).then(JSON.parse, (error) => ({
        state: error.message,
      }));
      if (record.state !== 'sealed' || record.sha256.replace(/^0x/, '') !== digest)
        wrong.push({ site: name, SOPInstanceUID, what: `record: ${record.state}` });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return wrong;
}
