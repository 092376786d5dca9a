import type { Catalog } from '../../catalog/catalog.js';
import type { Archive } from '../archive.js';

type Find = Pick<
  Archive,
  'search' | 'instance' | 'instances' | 'isGone' | 'metadata' | 'images' | 'sealedSOPInstanceUIDs' | 'lastBlock'
>;

/** What the archive finds, answered from the catalogue alone. Lists that can be long come one entry at a time. */
export function createFind({ catalog }: { catalog: Catalog }): Find {
  return {
    search: (query) => catalog.search(query),
    instance: (SOPInstanceUID) => catalog.instance(SOPInstanceUID),
    instances: (uids) => catalog.instances(uids),
    isGone: (uids) => catalog.isGone(uids),
    metadata: (uids) => catalog.metadata(uids),
    images: (PatientID, fileName) => catalog.images(PatientID, fileName),
    sealedSOPInstanceUIDs: () => catalog.sealedSOPInstanceUIDs(),
    lastBlock: async () => catalog.projection.cursor(),
  };
}
