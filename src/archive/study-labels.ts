import { LedgerError } from '../base/errors.js';
import type { Annotations } from '../catalog/annotations.js';
import type { CatalogReader } from '../catalog/catalog.js';
import type { Archive } from './archive.js';

type StudyLabels = Pick<Archive, 'labels' | 'addLabel' | 'removeLabel'>;

/** The labels of studies that are seen; another study has none, since it is not there. */
export function createStudyLabels({
  catalog,
  annotations,
}: {
  catalog: Pick<CatalogReader, 'hasStudy'>;
  annotations: Annotations;
}): StudyLabels {
  const requireStudy = async (StudyInstanceUID: string): Promise<void> => {
    if (await catalog.hasStudy(StudyInstanceUID)) return;
    throw new LedgerError('not-found', `${StudyInstanceUID} is not in this archive; search for it with QIDO-RS.`);
  };
  return {
    labels: async (StudyInstanceUID) => {
      await requireStudy(StudyInstanceUID);
      return annotations.labels(StudyInstanceUID);
    },
    addLabel: async (StudyInstanceUID, label, setBy) => {
      await requireStudy(StudyInstanceUID);
      await annotations.addLabels({ StudyInstanceUID, labels: [label], setBy });
    },
    removeLabel: async (StudyInstanceUID, label) => {
      await requireStudy(StudyInstanceUID);
      if (await annotations.removeLabel(StudyInstanceUID, label)) return;
      throw new LedgerError('not-found', `The study has no label "${label.slice(0, 80)}"; GET its labels first.`);
    },
  };
}
