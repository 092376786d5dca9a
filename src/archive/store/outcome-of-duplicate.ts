import type { ProjectedImage } from '../../catalog/catalog.js';
import type { PartContent } from './read-part.js';
import { FAILURE_REASON } from '../../standard/failure-reasons.js';
import type { Outcome } from '../outcome.js';
import type { SpooledPart } from './spool.js';

type Uids = Pick<PartContent['identity'], 'StudyInstanceUID' | 'SeriesInstanceUID' | 'SOPInstanceUID' | 'SOPClassUID'>;

export function storedOutcome(
  { identity, warning }: { identity: Uids } & Pick<PartContent, 'warning'>,
  { sha256, alreadyThere }: { sha256: string; alreadyThere: boolean },
): Outcome {
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID } = identity;
  return {
    kind: 'stored',
    StudyInstanceUID,
    SeriesInstanceUID,
    SOPInstanceUID,
    SOPClassUID,
    sha256,
    alreadyThere,
    ...(warning && { warning }),
  };
}

/** The fate of a part whose instance is on the chain: equal content is success, nothing is written. */
export function outcomeOfDuplicate(there: ProjectedImage, part: SpooledPart, content: PartContent): Outcome {
  const { SOPInstanceUID, SOPClassUID } = content.identity;
  if (there.state === 'retired') {
    const message = 'The instance was retired and cannot be stored again.';
    return { kind: 'refused', reason: FAILURE_REASON.processingFailure, message, SOPInstanceUID, SOPClassUID };
  }
  const same = isSameContent(comparable(there), { sha256: part.sha256, header: content.header });
  const wantedStudy = part.StudyInstanceUID ?? part.image?.StudyInstanceUID;
  if (same && wantedStudy !== undefined && wantedStudy !== there.StudyInstanceUID) {
    const message = `The same image is stored in study ${there.StudyInstanceUID} and can be in one study only.`;
    return { kind: 'refused', reason: FAILURE_REASON.dataSetMismatch, message, SOPInstanceUID, SOPClassUID };
  }
  if (same) return storedOutcome({ ...content, identity: there }, { sha256: part.sha256, alreadyThere: true });
  const message = 'Another content is stored under this SOP Instance UID; give the changed object a UID of its own.';
  return { kind: 'refused', reason: FAILURE_REASON.duplicateSopInstance, message, SOPInstanceUID, SOPClassUID };
}

interface Comparable {
  sha256: string;
  header: Pick<PartContent['header'], 'source' | 'transferSyntaxUID' | 'dataSetSha256'>;
}

function comparable({ mediaType, ...there }: ProjectedImage): Comparable {
  const source = mediaType === 'application/dicom' ? 'part10' : (mediaType as 'image/jpeg' | 'image/png');
  return { sha256: there.sha256, header: { ...there, source } };
}

/** Equal bytes, or equal transfer syntax and data set under another File Meta. */
export function isSameContent(a: Comparable, b: Comparable): boolean {
  return (
    a.sha256 === b.sha256 ||
    (a.header.source === b.header.source &&
      a.header.transferSyntaxUID === b.header.transferSyntaxUID &&
      a.header.dataSetSha256 === b.header.dataSetSha256 &&
      a.header.source === 'part10')
  );
}
