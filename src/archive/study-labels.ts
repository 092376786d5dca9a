import { LedgerError } from '../base/errors.js';
import type { Annotations, StudyOfSite } from '../catalog/annotations.js';
import type { CatalogReader } from '../catalog/catalog.js';
import type { Archive } from './archive.js';

type StudyLabels = Pick<Archive, 'labels' | 'addLabel' | 'removeLabel'>;

/** The labels of studies that are seen, each of the site whose it is; another study has none, since it is not there. */
export function createStudyLabels({
  catalog,
  annotations,
}: {
  catalog: Pick<CatalogReader, 'siteOfStudy'>;
  annotations: Annotations;
}): StudyLabels {
  const existing = async (StudyInstanceUID: string): Promise<StudyOfSite> => {
    const siteId = await catalog.siteOfStudy(StudyInstanceUID);
    if (siteId !== undefined) return { siteId, StudyInstanceUID };
    throw new LedgerError('not-found', `${StudyInstanceUID} is not in this archive; search for it with QIDO-RS.`);
  };
  return {
    labels: async (StudyInstanceUID) => annotations.labels(await existing(StudyInstanceUID)),
    addLabel: async (StudyInstanceUID, label, setBy) => {
      await annotations.addLabels({ ...(await existing(StudyInstanceUID)), labels: [label], setBy });
    },
    removeLabel: async (StudyInstanceUID, label) => {
      if (await annotations.removeLabel(await existing(StudyInstanceUID), label)) return;
      throw new LedgerError('not-found', `The study has no label "${label.slice(0, 80)}"; GET its labels first.`);
    },
  };
}
