import { TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import { FAILURE_REASON } from '../../standard/failure-reasons.js';
import { LedgerError } from '../../base/errors.js';
import type { ProjectedImage } from '../../catalog/catalog.js';
import { encodingOf } from '../../dicom/data-set/encoding.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import { dataSetContent, hasComparableContent } from '../../dicom/transcode/data-set-content.js';
import { outcomeOfError, type Outcome } from '../outcome.js';
import { storedOutcome } from './outcome-of-duplicate.js';
import type { NamedInstance } from './naming.js';
import type { PartContent } from './read-part.js';
import type { SpooledPart } from './spool.js';

/** What an instance on the chain says, as `dataSetContent` has it; undefined for one that cannot be given out. */
export type StoredContent = (there: ProjectedImage, options: { withVrs: boolean }) => Promise<string | undefined>;

export interface EqualContentDependencies {
  pictures: Pick<PictureWorkers, 'convert'>;
  storedContent: StoredContent;
}

const EXPLICIT_LITTLE_ENDIAN = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;

/**
 * The fate of a part that was refused because other bytes are stored under its UID: success, where they are the same data set written in
 * another way, without loss in either; nothing is written then. Every other outcome stays.
 */
export async function outcomeByContent(
  { pictures, storedContent }: EqualContentDependencies,
  outcome: Outcome,
  { named, part, content }: { named: NamedInstance; part: SpooledPart; content: PartContent },
): Promise<Outcome> {
  if (outcome.kind !== 'refused' || outcome.reason !== FAILURE_REASON.duplicateSopInstance) return outcome;
  const there = named.image();
  const { header } = content;
  if (there?.state !== 'sealed' || there.mediaType !== 'application/dicom' || header.source !== 'part10')
    return outcome;
  if (![there.transferSyntaxUID, header.transferSyntaxUID].every(hasComparableContent)) return outcome;
  // Implicit VR has none to compare.
  const withVrs =
    there.transferSyntaxUID !== TRANSFER_SYNTAXES.ImplicitVRLittleEndian.uid &&
    encodingOf(header.transferSyntaxUID, header.dataSet).explicit;
  const convert = (number: number) => pictures.convert(header, part.bytes, { number, to: EXPLICIT_LITTLE_ENDIAN });
  try {
    const stored = await storedContent(there, { withVrs });
    if (stored === undefined || stored !== (await dataSetContent(part.bytes, header, { convert, withVrs })))
      return outcome;
    return storedOutcome({ ...content, identity: there }, { sha256: part.sha256, alreadyThere: true });
  } catch (error) {
    // What cannot be decoded cannot be told to be the same; what took too long may be the next time.
    if (!(error instanceof LedgerError) || error.code !== 'unavailable') return outcome;
    const { SOPClassUID, SOPInstanceUID } = content.identity;
    return outcomeOfError(error, { SOPClassUID, SOPInstanceUID });
  }
}
