import type { Catalog } from '../../catalog/catalog.js';
import type { Archive } from '../archive.js';

type Find = Pick<
  Archive,
  'search' | 'instance' | 'instances' | 'isGone' | 'metadata' | 'images' | 'sealedSOPInstanceUIDs' | 'lastBlock'
>;

/** What the archive finds, answered from the catalogue alone. Lists that can be long come one entry at a time. */
export function createFind({ catalog }: { catalog: Catalog }): Find {
  return {
    search: async (query) => catalog.search(query),
    instance: async (SOPInstanceUID) => catalog.instance(SOPInstanceUID),
    instances: async (uids) => catalog.instances(uids),
    isGone: async (uids) => catalog.isGone(uids),
    metadata: async function* (uids) {
      yield* catalog.metadata(uids);
    },
    images: async function* (PatientID, fileName) {
      yield* catalog.images(PatientID, fileName);
    },
    sealedSOPInstanceUIDs: async function* () {
      yield* catalog.sealedSOPInstanceUIDs();
    },
    lastBlock: async () => catalog.projection.cursor(),
  };
}
