import type { CatalogReader } from '../../catalog/catalog.js';
import type { Archive } from '../archive.js';

type Find = Pick<
  Archive,
  'search' | 'instance' | 'instances' | 'isGone' | 'metadata' | 'images' | 'sealedSOPInstanceUIDs'
>;

/** What the archive finds, answered from the catalogue alone. Lists that can be long come one entry at a time. */
export function createFind({ catalog }: { catalog: CatalogReader }): Find {
  return {
    search: (query, options) => catalog.search(query, options),
    instance: (SOPInstanceUID) => catalog.instance(SOPInstanceUID),
    instances: (uids) => catalog.instances(uids),
    isGone: (uids) => catalog.isGone(uids),
    metadata: (uids) => catalog.metadata(uids),
    images: (PatientID, fileName) => catalog.images(PatientID, fileName),
    sealedSOPInstanceUIDs: () => catalog.sealedSOPInstanceUIDs(),
  };
}
