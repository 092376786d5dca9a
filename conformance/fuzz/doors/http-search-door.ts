import { openCorpus } from '../corpus.mjs';
import { inspector } from '../inspect.mjs';
import { randomQuery } from '../random-query.mjs';
import { requireStatus, startServer } from '../server.mjs';
import { storeSamples } from '../store-samples.mjs';
import { acceptHeader } from './accept.mjs';

const paths = ['/patients', '/studies', '/series', '/instances', '/studies/1.2.3/series', '/studies/1.2.3/instances'];

/** Searches with hostile keys and Accept headers at a real server. */
export async function openDoor() {
  const server = await startServer();
  await storeSamples(server, openCorpus({ of: 'dicom', isWanted: (bytes) => bytes.length < 20_000 }), 20);
  return {
    lanes: 4,
    make: (random) => ({
      label: random.pick(paths),
      bytes: Buffer.from(
        JSON.stringify({ query: randomQuery(random), accept: random.once(4) ? acceptHeader(random) : '*/*' }),
      ),
    }),
    run: async ({ label, bytes }) => {
      const { query, accept } = JSON.parse(bytes);
      const path = `/dicom-web${label}?${query}`.replace(/[^\x21-\x7e]/g, '%20');
      const answer = await server.ask({ path, headers: { Accept: accept.replace(/[^\x20-\x7e]/g, '?') } });
      requireStatus(answer, [200, 400, 406, 431], `GET ${path}`);
      if (answer.headers['content-type']?.includes('json')) JSON.parse(answer.bytes);
    },
    inspect: inspector(server),
    close: () => server.stop(),
  };
}
