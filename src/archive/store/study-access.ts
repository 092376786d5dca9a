import { createKeyedMutex } from '../../base/keyed-mutex.js';
import type { Catalog, CatalogReader, ProjectedImage } from '../../catalog/catalog.js';
import type { StudyOfSite } from '../../catalog/annotations.js';
import type { Visibility } from '../../catalog/visibility.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Identity } from '../../dicom/data-set/attributes.js';
import { FAILURE_REASON } from '../../standard/failure-reasons.js';
import type { Outcome } from '../outcome.js';
import type { Naming } from './naming.js';

/** On whose behalf a part is stored. */
export interface StoringCaller {
  sees: Visibility;
  /** Set on the study. */
  labels: readonly string[];
  setBy: string;
}

/** Of what is on its way to the chain. */
export interface StudiesInFlight {
  has(StudyInstanceUID: string): boolean;
  /** That of an instance. */
  of(SOPInstanceUID: string): string | undefined;
}

type Part = Pick<Identity, 'StudyInstanceUID' | 'SOPInstanceUID' | 'SOPClassUID' | 'PatientID' | 'IssuerOfPatientID'>;

/**
 * Into which studies somebody may store. What is stored goes into this site's own study, whatever other sites have under its UID. Whoever does not see everything stores only what it sees then. A study that is there and is
 * not seen is not added to, or by its first image it would be seen whole; and an instance of such a study says no more than that.
 */
export interface StudyAccess {
  /** Sets the caller's labels on this site's study, durably, and gives undefined; or a refusal, which is the same whatever it is for. */
  admit(caller: StoringCaller, part: Part, inFlight: StudiesInFlight): Promise<Outcome | undefined>;
  /** What the caller is told of an outcome: nothing of a study that it does not see. */
  conceal(caller: StoringCaller, part: Part, outcome: Outcome): Promise<Outcome>;
  /** Whether somebody sees a study of this site; of one that is not in the catalogue yet, by its labels and its UID. */
  sees(visibility: Visibility, StudyInstanceUID: string): Promise<boolean>;
}

export function createStudyAccess({
  ledger,
  catalog,
  naming,
}: {
  ledger: Pick<Ledger, 'siteId'>;
  catalog: Pick<Catalog, 'seenBy' | 'annotations'>;
  naming: Pick<Naming, 'image'>;
}): StudyAccess {
  const studies = createKeyedMutex<string>();
  const ownSeenBy = (visibility: Visibility): CatalogReader => catalog.seenBy(visibility, ledger.siteId);
  const ownStudy = (StudyInstanceUID: string): StudyOfSite => ({ siteId: ledger.siteId, StudyInstanceUID });
  const labelsOf = async (study: string): Promise<string[]> =>
    (await catalog.annotations.labels(ownStudy(study))).map(({ label }) => label);
  const imageOf = ({ SOPInstanceUID }: Part): ProjectedImage | undefined => naming.image(SOPInstanceUID);
  const ownStudyOf = (part: Part): string | undefined => {
    const image = imageOf(part);
    return image?.siteId === ledger.siteId ? image.StudyInstanceUID : undefined;
  };

  const isSeen: StudyAccess['sees'] = async (visibility, study) => {
    if (visibility === 'everything') return true;
    if (await ownSeenBy('everything').hasStudy(study)) return ownSeenBy(visibility).hasStudy(study);
    return isWithin(visibility, { study, labels: await labelsOf(study), patient: undefined });
  };

  const isAdmitted = async ({ sees, labels }: StoringCaller, part: Part, inFlight: StudiesInFlight) => {
    if (sees === 'everything') return true;
    const { StudyInstanceUID: study, SOPInstanceUID } = part;
    for (const other of [ownStudyOf(part), inFlight.of(SOPInstanceUID)])
      if (other !== undefined && other !== study && !(await isSeen(sees, other))) return false;
    if (await ownSeenBy('everything').hasStudy(study)) return isSeen(sees, study);
    const known = await labelsOf(study);
    const isNew = known.length === 0 && !inFlight.has(study);
    return isWithin(sees, { study, labels: isNew ? labels : known, patient: part });
  };

  return {
    admit: async (caller, part, inFlight) => {
      const { StudyInstanceUID } = part;
      const { labels, setBy } = caller;
      let isRefused = true;
      // Of two who store the first images of one study, the second sees what the first has made of it.
      await studies.take(StudyInstanceUID, async () => {
        isRefused = !(await isAdmitted(caller, part, inFlight));
        if (!isRefused) await catalog.annotations.addLabels({ ...ownStudy(StudyInstanceUID), labels, setBy });
      });
      return isRefused ? refusal(part) : undefined;
    },
    conceal: async ({ sees }, part, outcome) => {
      const image = imageOf(part);
      if (sees === 'everything' || image === undefined) return outcome;
      const isThere = await catalog.seenBy(sees, image.siteId).hasStudy(image.StudyInstanceUID);
      return isThere ? outcome : refusal(part);
    },
    sees: isSeen,
  };
}

/** What `catalog/sqlite/sight.ts` says in SQL, of a study that is not in the catalogue yet. */
function isWithin(
  { labels, studies, patient }: Exclude<Visibility, 'everything'>,
  found: {
    study: string;
    labels: readonly string[];
    patient: Pick<Part, 'PatientID' | 'IssuerOfPatientID'> | undefined;
  },
): boolean {
  const { PatientID, IssuerOfPatientID } = found.patient ?? {};
  return (
    (labels === undefined || labels.some((label) => found.labels.includes(label))) &&
    (studies === undefined || studies.includes(found.study)) &&
    (patient === undefined ||
      (patient.PatientID.trim() === PatientID &&
        PatientID !== '' &&
        (patient.IssuerOfPatientID === undefined || patient.IssuerOfPatientID.trim() === IssuerOfPatientID)))
  );
}

function refusal({ SOPClassUID, SOPInstanceUID }: Part): Outcome {
  const message = 'You may not store into this study; you may store what you may see afterwards.';
  return {
    kind: 'refused',
    reason: FAILURE_REASON.notAuthorized,
    message,
    code: 'forbidden',
    SOPClassUID,
    SOPInstanceUID,
  };
}
