import type { KeyHolder, ProjectedImage } from '../../catalog/catalog.js';
import type { PartContent } from './read-part.js';
import { FAILURE_REASON, type FailureReason } from '../../standard/failure-reasons.js';
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
  if (there.state === 'retired') return outcomeOfRetired(content);
  const same = isSameContent(comparable(there), { sha256: part.sha256, header: content.header });
  const wantedStudy = part.StudyInstanceUID ?? part.image?.StudyInstanceUID;
  if (same && wantedStudy !== undefined && wantedStudy !== there.StudyInstanceUID) {
    const message = `The same image is stored in study ${there.StudyInstanceUID} and can be in one study only.`;
    return refused(content, FAILURE_REASON.dataSetMismatch, message);
  }
  if (same) return storedOutcome({ ...content, identity: there }, { sha256: part.sha256, alreadyThere: true });
  return outcomeOfOther(there.siteId, content);
}

export function outcomeOfRetired(content: PartContent): Outcome {
  return refused(content, FAILURE_REASON.processingFailure, 'The instance was retired and cannot be stored again.');
}

/** Of a part whose UID a site has used for something else. */
export function outcomeOfOther(siteId: number | undefined, content: PartContent, takeoverBlock?: bigint): Outcome {
  const whose = siteId === undefined ? 'Another content' : `Another content of site ${siteId}`;
  const done = takeoverBlock === undefined ? 'stored' : 'announced';
  return refusedAsTaken(content, `${whose} is ${done} under this SOP Instance UID`, takeoverBlock);
}

/** Of a part whose UID stands for something that is kept from all answers here. */
export function outcomeOfHidden({ siteId, hidden }: KeyHolder, content: PartContent, takeoverBlock?: bigint): Outcome {
  const what = `Site ${siteId} uses this SOP Instance UID for something that is in quarantine here (${hidden})`;
  return refusedAsTaken(content, what, takeoverBlock);
}

function refusedAsTaken(content: PartContent, what: string, takeoverBlock: bigint | undefined): Outcome {
  const later =
    takeoverBlock === undefined
      ? ''
      : `, or send it again from block ${takeoverBlock} on, when this site may take the UID over`;
  const message = `${what}; give the object a UID of its own${later}.`;
  return refused(content, FAILURE_REASON.duplicateSopInstance, message);
}

function refused({ identity }: PartContent, reason: FailureReason, message: string): Outcome {
  const { SOPInstanceUID, SOPClassUID } = identity;
  return { kind: 'refused', reason, message, SOPInstanceUID, SOPClassUID };
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
