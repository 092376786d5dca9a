import { createCorpus } from '../corpus.js';
import type { Door } from '../door.js';
import { startFuzzedServer } from '../fuzzed-server.js';
import { createInspector } from '../inspector.js';
import { randomAccept } from '../random-accept.js';
import { randomQuery } from '../random-query.js';
import { requireStatus } from '../require-status.js';
import { storeSamples } from '../store-samples.js';

const PATHS = ['/patients', '/studies', '/series', '/instances', '/studies/1.2.3/series', '/studies/1.2.3/instances'];
const STATUSES = [200, 400, 406, 431];
const MAX_FILE_BYTES = 20_000;
const SAMPLES = 20;

interface Search {
  query: string;
  accept: string;
}

/** Searches with hostile keys and Accept headers at a real server. */
export async function openHttpSearchDoor(): Promise<Door> {
  const server = await startFuzzedServer();
  await storeSamples(
    server,
    createCorpus({ of: 'dicom', isWanted: (bytes) => bytes.length < MAX_FILE_BYTES }),
    SAMPLES,
  );
  return {
    lanes: 4,
    make: (random) => {
      const label = random.pick(PATHS);
      const query = randomQuery(random);
      const search: Search = { query, accept: random.once(4) ? randomAccept(random) : '*/*' };
      return { label, bytes: Buffer.from(JSON.stringify(search)) };
    },
    run: async ({ label, bytes }) => {
      const { query, accept } = JSON.parse(bytes.toString()) as Search;
      const path = `/dicom-web${label}?${query}`.replace(/[^\x21-\x7e]/g, '%20');
      const answer = await server.ask({ path, headers: { Accept: accept.replace(/[^\x20-\x7e]/g, '?') } });
      requireStatus(answer, STATUSES, `GET ${path}`);
      if (answer.headers['content-type']?.includes('json')) JSON.parse(answer.bytes.toString());
    },
    inspect: createInspector(server),
    close: () => server.stop(),
  };
}
