import type { ProjectionState } from '../../catalog/catalog.js';
import type { Pseudonyms } from '../pseudonyms.js';
import type { Naming } from './naming.js';

/** Release 1: image and patient keys are pseudonyms, and of all sites one has a UID. Bodies are plain. */
export function nameByPseudonyms({
  pseudonyms,
  projection,
}: {
  pseudonyms: Pseudonyms;
  projection: Pick<ProjectionState, 'image' | 'holder'>;
}): Naming {
  return {
    image: (SOPInstanceUID) => projection.image(pseudonyms.imageKey(SOPInstanceUID)),
    instance: (identity) => {
      const imageKey = pseudonyms.imageKey(identity.SOPInstanceUID);
      return {
        imageId: imageKey,
        image: () => projection.image(imageKey),
        holder: () => projection.holder(imageKey),
        bodyFacts: ({ changesLength }, { bytes }) => (changesLength ? { byteCount: bytes.byteCount } : {}),
        toStore: async ({ header, preview, body: { scheme, stored }, part }) => ({
          imageId: imageKey,
          names: { release: 1, imageKey, patientKey: pseudonyms.patientKey(identity) },
          header,
          preview,
          // SHA-256 of what was given: equal for equal objects, however they are compressed.
          instance: { ...stored, scheme, sha256: `0x${part.sha256}` },
        }),
      };
    },
  };
}
